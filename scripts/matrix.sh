#!/bin/sh
# Run the unit and conformance tests on every supported interpreter that this machine has, and name the others.
# Usage: matrix.sh UV FOLDER
set -eu
uv=$1
folder=$2
cd "$(dirname "$0")/.."
missing=
for version in 3.11 3.12 3.13 3.14; do
    if ! python=$("$uv" python find --no-python-downloads --no-project "$version" 2>/dev/null); then
        missing="$missing $version"
        continue
    fi
    venv=$folder/$version
    "$uv" venv --quiet --clear --seed --python "$python" "$venv"
    "$uv" pip install --quiet --python "$venv/bin/python" --require-hashes --no-deps -r locks/uv.txt
    "$uv" pip sync --quiet --python "$venv/bin/python" --require-hashes locks/dev.txt
    echo "$PWD/src" >"$venv/lib/python$version/site-packages/counterseal-src.pth"
    echo "Python $version"
    "$venv/bin/python" -m pytest -q -n 2 -p no:cacheprovider tests/unit tests/conformance
done
[ -z "$missing" ] || echo "not run, because the interpreter is not here:$missing"
