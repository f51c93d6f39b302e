#!/bin/sh
# Make the development environment from nothing: an interpreter of a supported version, the locked tools, and the
# packages of the JavaScript verifier. Usage: environment.sh VENV
set -eu
venv=$1
root=$(cd "$(dirname "$0")/.." && pwd)

[ -d "$venv" ] || echo "setting up: interpreter, locked tools, JavaScript verifier (once)"

supported() {
    "$1" -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

python=
for candidate in "${PYTHON:-python3}" python3.12 python3.13 python3.14 python3.11 /usr/bin/python3; do
    if supported "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "counterseal needs Python 3.11 to 3.14; set PYTHON to one" >&2
    exit 2
fi

if ! "$python" -I -m venv --clear "$venv" >/dev/null 2>&1; then
    # Debian keeps ensurepip in a package of its own.
    version=$("$python" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "$python cannot make virtual environments; on Debian: apt-get install python$version-venv" >&2
        exit 2
    fi
    echo "installing Debian's python$version-venv"
    apt-get update -qq && apt-get install -y -qq "python$version-venv"
    "$python" -I -m venv --clear "$venv"
fi

cd "$root"
"$venv/bin/python" -I -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r locks/uv.txt
"$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes locks/dev.txt
"$venv/bin/python" -I - "$root" <<'END'
import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "counterseal-src.pth").write_text(sys.argv[1] + "/src\n")
END

if command -v npm >/dev/null 2>&1; then
    (cd tests/interop && npm ci --silent --ignore-scripts --no-audit --no-fund)
else
    echo "npm is missing: the JavaScript verifier is left out of the tests" >&2
fi

# What draws PDF reports: libraries of the system. Without them, those tests say so and are skipped.
if ! "$venv/bin/python" -I -W ignore -c 'import weasyprint' >/dev/null 2>&1; then
    libraries="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        # shellcheck disable=SC2086 - a list of words
        apt-get update -qq && apt-get install -y -qq $libraries || true
    fi
    "$venv/bin/python" -I -W ignore -c 'import weasyprint' >/dev/null 2>&1 ||
        echo "Pango is missing: PDF reports are left out of the tests; on Debian: apt-get install $libraries" >&2
fi
