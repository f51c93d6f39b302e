"""Steps of workflows, as data."""

from __future__ import annotations

import re

from actharness import ROOT
from samplebank import CHECKPOINT_KEY, SIGNING_KEY, TRUST

_EXAMPLE = (ROOT / "workflows-examples" / "release.yml").read_text()
CHECKOUT = {"id": "checkout", "uses": re.search(r"actions/checkout@[0-9a-f]{40}", _EXAMPLE)[0]}
PIN = re.search(r"counterseal/counterseal/actions/setup@([0-9a-f]{40})", _EXAMPLE)[1]


def shell(name, command, /, **more):
    """Return a step that runs a command."""
    return {"id": name, "shell": "bash", "run": command, **more}


def action(name, /, *, step=None, when=None, keys=(), **inputs):
    """Return a step that uses one of the suite's actions; `root` is the root action."""
    path = "" if name == "root" else f"/actions/{name}"
    return {
        "id": step or name,
        **({"if": when} if when else {}),
        "uses": f"counterseal/counterseal{path}@{PIN}",
        "with": {key.replace("_", "-"): value for key, value in inputs.items()},
        "env": {key: f"${{{{ secrets.{key} }}}}" for key in keys},
    }


def sign(**more):
    """Return a step that signs everything in `dist`."""
    where = {"artifacts": "dist/*", "bundle": "release/provenance.json", "key": f"env:{SIGNING_KEY}"}
    return action("sign", keys=[SIGNING_KEY], **(where | more))


def verify(**more):
    """Return a step that verifies everything in `dist`."""
    return action("verify", **({"artifacts": "dist/*", "bundles": "release/*.json", "trust": TRUST} | more))


def seal(**more):
    """Return a step that seals and stores the evidence whatever happened before."""
    inputs = {
        "store": "${{ vars.COUNTERSEAL_STORE }}",
        "environment": "production",
        "trust": TRUST,
        "key": f"env:{SIGNING_KEY}",
        "checkpoint-key": f"env:{CHECKPOINT_KEY}",
    }
    return action(
        "evidence-upload",
        step="seal",
        when="${{ always() }}",
        keys=[SIGNING_KEY, CHECKPOINT_KEY],
        **(inputs | more),
    )
