"""Manifests of Kubernetes: claims and volumes as stores, and RBAC as rights.

A manifest does not say where its cluster is; a volume may, by the zones that it is bound to, and the policy
does. How a volume is encrypted stands in its storage class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from counterseal.checks.inventory.documents import Unreadable
from counterseal.checks.placement.found import Found
from counterseal.checks.placement.rights import Judged, grant_at, of_cluster_role, of_rules
from counterseal.checks.placement.store_type import Place, StoreType, region_of, store_of
from counterseal.checks.placement.values import Values, always
from counterseal.policy.placement.resource import Grant, Resource

_WORKLOADS: Final = frozenset({"StatefulSet"})
_REGION_LABELS: Final = (
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
)
# Drivers whose volumes are encrypted unless somebody turns that off: Google's and Azure's disks are always.
_ALWAYS: Final = frozenset(
    {"pd.csi.storage.gke.io", "disk.csi.azure.com", "kubernetes.io/gce-pd", "kubernetes.io/azure-disk"}
)


def read_manifests(
    documents: list[dict[str, Any]], source: str, environment: str | None, region: str | None
) -> Found:
    """Read manifests.

    Args:
        documents: the objects of a file.
        source: the file.
        environment: the environment that they are about.
        region: where the cluster is; None when the policy does not say.

    Raises:
        Unreadable: one is no object of Kubernetes.
    """
    objects = list(_objects(documents))
    encrypted = {_title(one): _is_encrypted(one) for one in objects if one["kind"] == "StorageClass"}
    roles = {
        _title(one): of_rules(one.get("rules")) for one in objects if one["kind"] in ("Role", "ClusterRole")
    }
    stores = [
        _store(place, claim, encrypted)
        for one in objects
        for place, claim in _claims(one, source, environment, region)
    ]
    grants = [grant for one in objects if (grant := _grant(one, source, environment, roles))]
    return Found(tuple(stores), tuple(grants))


def _objects(documents: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield every object, those inside lists too."""
    for one in documents:
        if not isinstance(one, dict) or not one.get("apiVersion") or not one.get("kind"):
            raise Unreadable("not a manifest: it has no apiVersion or no kind")
        if str(one["kind"]).endswith("List") and isinstance(one.get("items"), list):
            yield from _objects(one["items"])
        else:
            yield one


def _title(one: Mapping[str, Any]) -> str:
    return str(one.get("metadata", {}).get("name", ""))


def _claims(
    one: Mapping[str, Any], source: str, environment: str | None, region: str | None
) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Yield each claim or volume of an object, and where it stands."""
    kind, name = str(one["kind"]), _title(one)
    space = one.get("metadata", {}).get("namespace", "default")

    def place(suffix: str = "") -> Place:
        address = f"{space}/{kind}/{name}{suffix}" if kind != "PersistentVolume" else f"{kind}/{name}"
        told = "the policy" if region else None
        return Place(address, kind, "kubernetes", source, environment, "create", region, told)

    if kind in ("PersistentVolumeClaim", "PersistentVolume"):
        yield place(), one.get("spec", {})
    for template in one.get("spec", {}).get("volumeClaimTemplates", []) if kind in _WORKLOADS else ():
        yield place(f"/{_title(template)}"), template.get("spec", {})


def _store(place: Place, claim: Mapping[str, Any], encrypted: Mapping[str, bool | None]) -> Resource:
    from dataclasses import replace

    regions = {region for zone in _zones(claim) if (region := region_of(str(zone)))}
    if len(regions) == 1:
        place = replace(place, region=regions.pop(), region_from="its node affinity")
    elif regions:
        place = replace(place, region=None, region_from=None)  # it may be in any of them
    answer = encrypted.get(str(claim.get("storageClassName", "")))
    known = StoreType(encrypted=always(answer), public=always(False), backups=always(None))
    return store_of(place, known, Values(claim))


def _zones(volume: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the regions and zones that a volume is bound to."""
    terms = volume.get("nodeAffinity", {}).get("required", {}).get("nodeSelectorTerms", [])
    for term in terms:
        for expression in term.get("matchExpressions", []):
            if expression.get("key") in _REGION_LABELS and expression.get("operator") == "In":
                yield from expression.get("values", [])


def _is_encrypted(storage_class: Mapping[str, Any]) -> bool | None:
    """Tell whether the volumes of a storage class are encrypted; None for a driver that is not known here."""
    driver = str(storage_class.get("provisioner", ""))
    if driver in _ALWAYS:
        return True
    if driver in ("ebs.csi.aws.com", "kubernetes.io/aws-ebs", "efs.csi.aws.com"):
        stated = storage_class.get("parameters", {}).get("encrypted")
        return None if stated is None else str(stated).lower() == "true"
    return None


def _grant(
    one: Mapping[str, Any], source: str, environment: str | None, roles: Mapping[str, Judged]
) -> Grant | None:
    """Return the right that a role or a binding gives; None for any other object."""
    kind = str(one["kind"])
    if kind in ("Role", "ClusterRole"):
        judged = (
            (None, "its rules are those of other roles") if "aggregationRule" in one else roles[_title(one)]
        )
        return grant_at(_place_of_right(one, source, environment), None, judged)
    if kind in ("RoleBinding", "ClusterRoleBinding"):
        role = str(one.get("roleRef", {}).get("name", ""))
        judged = of_cluster_role(role) or roles.get(role, (None, f"the role {role} is not here"))
        subjects = ", ".join(str(subject.get("name")) for subject in one.get("subjects", []))
        return grant_at(_place_of_right(one, source, environment), subjects, judged)
    return None


def _place_of_right(one: Mapping[str, Any], source: str, environment: str | None) -> Place:
    space, kind = one.get("metadata", {}).get("namespace"), str(one["kind"])
    address = f"{f'{space}/' if space else ''}{kind}/{_title(one)}"
    return Place(address, kind, "kubernetes", source, environment, "create", None, None)
