"""The recipe: how a reader verifies a release with nothing but openssl, sed and coreutils.

The commands rebuild the pre-authentication encoding of DSSE (protocol.md, "Signature Definition") from the
sealed bundle, verify its signature, and then take every further digest from the payload that the signature
covers, so that the page which shows the recipe need not be trusted. A bundle is canonical JSON on one line,
in which a quotation mark inside text is always escaped: no name chosen by a stranger can imitate the members
that the expressions look for.
"""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote

from counterseal.errors import MalformedError
from counterseal.seal.pem import is_blocks

PAYLOAD_TYPE = "application/vnd.in-toto+json"

_VERIFY = {
    "ecdsa-p256-sha256": (
        'openssl dgst -sha256 -verify "$work/key.pem" -signature "$work/signature" "$work/pae"',
        "Verified OK",
    ),
    "ed25519": (
        """openssl pkeyutl -verify -rawin -pubin -inkey "$work/key.pem" \\
  -sigfile "$work/signature" -in "$work/pae\"""",
        "Signature Verified Successfully",
    ),
}

# What an OpenSSH fingerprint is taken of: names and key, each with its length (RFC 4253, RFC 5656, RFC 8709).
_BLOB = {
    "ecdsa-p256-sha256": r"""{ printf '\0\0\0\023ecdsa-sha2-nistp256\0\0\0\010nistp256\0\0\0\101'
  tail -c 65 "$work/key.der"; }""",
    "ed25519": r"""{ printf '\0\0\0\013ssh-ed25519\0\0\0\040'; tail -c 32 "$work/key.der"; }""",
}

# What a public key of each kind begins with, and how many hexadecimal digits it has (RFC 5480, RFC 8410): a
# key of another kind may end in the same bytes.
_KIND = {
    "ecdsa-p256-sha256": ("3059301306072a8648ce3d020106082a8648ce3d03010703420004", 182),
    "ed25519": ("302a300506032b6570032100", 88),
}


@dataclass(frozen=True)
class SealingKey:
    """The public key that a seal verifies with.

    Attributes:
        keyid: its OpenSSH fingerprint.
        algorithm: `ecdsa-p256-sha256` or `ed25519`.
        pem: the key itself.
    """

    keyid: str
    algorithm: str
    pem: str


@dataclass(frozen=True)
class Authorities:
    """Whose time stamps are believed.

    Attributes:
        roots: their root certificates, PEM, one after the other.
        intermediates: further certificates of their chains, PEM; may be empty.
    """

    roots: str
    intermediates: str


@dataclass(frozen=True)
class Sealed:
    """What there is to verify.

    Attributes:
        entry: where the release lies in the store.
        payload_digest: SHA-256 of its manifest's payload.
        key: the key that sealed it; see `can_recite`.
        files: whether the manifest lists any file.
        previous: where the release before lies, None for the first.
        stamped_at: the trusted time in seconds since 1970, None when the seal has no stamp.
        authorities: whose stamps are believed.
    """

    entry: str
    payload_digest: str
    key: SealingKey
    files: bool = True
    previous: str | None = None
    stamped_at: int | None = None
    authorities: Authorities | None = None


@dataclass(frozen=True)
class Step:
    """One step of the recipe.

    Attributes:
        title: what the step does.
        text: why, in plain words.
        code: commands for bash, or for sh.
        expect: what the reader sees when all is well.
    """

    title: str
    text: str
    code: str
    expect: str


def recipe(sealed: Sealed) -> tuple[Step, ...]:
    """Return the steps that verify one release, to be run in order in the directory of the store.

    Raises:
        MalformedError: when a key or certificate is anything else than PEM blocks: it would be run.
    """
    steps = [_take_key(sealed.entry, sealed.key), _unwrap(sealed.payload_digest), _verify(sealed.key)]
    if sealed.files:
        steps.append(_files())
    if sealed.previous is not None:
        steps.append(_chain(sealed.previous))
    if sealed.stamped_at is not None and sealed.authorities is not None:
        steps.append(_stamp(sealed.stamped_at, sealed.authorities))
    return tuple(steps)


def can_recite(key: SealingKey) -> bool:
    """Tell whether there is a recipe for seals of this key."""
    return key.algorithm in _VERIFY


def _take_key(entry: str, key: SealingKey) -> Step:
    begins, digits = _KIND[key.algorithm]
    code = f"""entry={quote(entry)}
work=$(mktemp -d)
{_document("key.pem", key.pem)}
openssl pkey -pubin -in "$work/key.pem" -outform DER -out "$work/key.der"
{_BLOB[key.algorithm]} > "$work/key.blob"
fingerprint=SHA256:$(openssl dgst -sha256 -binary "$work/key.blob" | base64 | tr -d =)
hex=$(od -An -v -tx1 "$work/key.der" | tr -d ' \\n')
[ "${{#hex}}" -eq {digits} ] && [ "${{hex#{begins}}}" != "$hex" ] &&
  [ "$fingerprint" = {quote(key.keyid)} ] && echo "$fingerprint: OK\""""
    return Step(
        "Put down the public key and compare its identifier",
        "The identifier is the OpenSSH fingerprint of the key. Compare it with the one that the firm has "
        "published somewhere else: this page cannot vouch for its own key.",
        code,
        f"{key.keyid}: OK",
    )


def _unwrap(payload_digest: str) -> Step:
    code = f"""{_member("payload", '"$entry"')} | base64 -d > "$work/payload.json"
{_member("sig", '"$entry"')} | base64 -d > "$work/signature"
{_check(payload_digest, "$work/payload.json")}"""
    return Step(
        "Take the manifest and its signature out of the bundle",
        "The first line of the entry is a Sigstore bundle: both are base64 inside it.",
        code,
        "payload.json: OK",
    )


def _verify(key: SealingKey) -> Step:
    command, answer = _VERIFY[key.algorithm]
    code = f"""{{ printf 'DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} %d ' "$(wc -c < "$work/payload.json")"
  cat "$work/payload.json"; }} > "$work/pae"
{command}"""
    return Step(
        "Verify the signature",
        "What is signed is the payload behind its type and both lengths (DSSE, pre-authentication encoding).",
        code,
        answer,
    )


def _files() -> Step:
    code = r"""tr '{' '\n' < "$work/payload.json" |
  sed -n 's/^"sha256":"\([0-9a-f]\{64\}\)"},"mediaType".*/\1/p' | sort -u |
  sed 's,^\(..\).*,&  blobs/sha256/\1/&,' | sha256sum -c"""
    return Step(
        "Compare every evidence file with the manifest",
        "The digests come from the payload that has just been verified, not from this page.",
        code,
        "one OK for each file, and no FAILED",
    )


def _chain(previous: str) -> Step:
    code = rf"""{_member("payload", quote(previous))} | base64 -d > "$work/previous.json"
named=$(sed -n 's/.*"previous":{{"sha256":"\([0-9a-f]\{{64\}}\)"}}.*/\1/p' "$work/payload.json")
printf '%s  %s\n' "$named" "$work/previous.json" | sha256sum -c"""
    return Step(
        "Compare the release before with the chain",
        "The manifest names the digest of the manifest before it, so an older release cannot be exchanged.",
        code,
        "previous.json: OK",
    )


def _stamp(stamped_at: int, authorities: Authorities) -> Step:
    chain = ' -untrusted "$work/chain.pem"' if authorities.intermediates else ""
    code = f"""{_member("signedTimestamp", '"$entry"')} | base64 -d > "$work/stamp"
{_document("roots.pem", authorities.roots)}
{_document("chain.pem", authorities.intermediates) if chain else ""}
openssl ts -verify -in "$work/stamp" -data "$work/signature" -attime {stamped_at} \\
  -CAfile "$work/roots.pem"{chain}
openssl ts -reply -in "$work/stamp" -text | sed -n 's/^Time stamp: //p'"""
    return Step(
        "Verify the time stamp",
        "The stamp is the authority's signature over ours, with its own time (RFC 3161). As with the key, "
        "compare the root certificate with the one that the authority publishes.",
        code.replace("\n\n", "\n"),
        "Verification: OK, and the time",
    )


def _document(name: str, text: str) -> str:
    if not is_blocks(text):
        raise MalformedError("not PEM blocks with nothing around them", where=name)
    # No line of PEM is the word that ends the text: base64 has no full stop.
    return f"""cat > "$work/{name}" <<'END.'
{text.strip()}
END."""


def _member(name: str, file: str) -> str:
    return rf"""sed -n '1s/.*"{name}":"\([^"]*\)".*/\1/p' {file}"""


def _check(digest: str, file: str) -> str:
    return f"""printf '%s  %s\\n' {quote(digest)} "{file}" | sha256sum -c"""
