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
# The extra tiers are installed beside the core, so they hold only what it lacks.
core=$(sed -n 's/^\([a-zA-Z0-9._-]*\)==.*/--no-emit-package \1/p' locks/core.txt)
for tier in aws code index rego report sandbox sigstore; do
    # shellcheck disable=SC2086 - a list of words
    compile pyproject.toml --extra "$tier" -c locks/core.txt $core -o "locks/$tier.txt"
done
compile pyproject.toml --all-extras --group dev -o locks/dev.txt
compile examples/payments-service/requirements-release.in -c locks/dev.txt \
    -o examples/payments-service/requirements-release.txt
echo uv | compile - -o locks/uv.txt
echo zizmor | compile - -c locks/dev.txt -o locks/zizmor.txt
echo checkov | compile - -o locks/checkov.txt
