#!/bin/sh
# Resolve every lock anew. Locks carry names, versions and hashes, and never the address of an index.
# Usage: lock.sh UV
set -eu
uv=$1
cd "$(dirname "$0")/.."

compile() {
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url "$@"
}

compile pyproject.toml -o locks/core.txt
compile pyproject.toml --extra aws -c locks/core.txt -o locks/aws.txt
compile pyproject.toml --extra sigstore -c locks/core.txt -o locks/sigstore.txt
compile pyproject.toml --all-extras --group dev -o locks/dev.txt
compile examples/payments-service/requirements-release.in -c locks/dev.txt \
    -o examples/payments-service/requirements-release.txt
echo uv | compile - -o locks/uv.txt
