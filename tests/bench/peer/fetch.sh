#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches MABWiser, for /usr/bin/python3, into build/tools/mabwiser; the rest that it needs is
# Debian's python3-sklearn. Exits with 77 and the reason where it cannot be had (in CI: 1);
# what is there is not fetched again.
set -euo pipefail
cd "$(dirname "$0")/../../.."

wheels=(mabwiser==2.7.4 pandas==2.2.3 python-dateutil==2.9.0.post0 pytz==2024.2 tzdata==2024.2 six==1.16.0)
tools=$PWD/build/tools
mkdir -p "$tools"
exec 9>"$tools/.mabwiser.lock"
flock 9 # the test and the benchmark may run side by side

skip() {
    echo "skipped: $*"
    [ -z "${CI:-}" ] || exit 1
    exit 77
}

/usr/bin/python3 -c 'import sklearn' 2>/dev/null || skip "MABWiser needs Debian's python3-sklearn"
if ! [ -d "$tools/mabwiser" ]; then
    scratch=$(mktemp -d "$tools/.mabwiser.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    version=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    timeout 120 python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
        --only-binary :all: --python-version "$version" --target "$scratch/site" "${wheels[@]}" >&2 ||
        skip "MABWiser cannot be fetched with pip"
    mv "$scratch/site" "$tools/mabwiser"
fi
