# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Debian packages: the list is services/local/packages.txt.

# The packages of one section of the list.
packages_of() {
    sed -n "/^\[$1\]/,/^\[/p" "$LOCAL/packages.txt" | grep -vE '^(\[|#|$)'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# A package may start its service when it is installed, and at every boot, on the very
# ports we want. Ours run under our own supervisor.
without_services() {
    local policy=/usr/sbin/policy-rc.d made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        made=yes
    fi
    local outcome=0
    "$@" || outcome=$?
    [ -z "$made" ] || as_root rm -f "$policy"
    return "$outcome"
}

disable_services() {
    local package
    [ -d /run/systemd/system ] || return 0
    for package in "$@"; do
        case $package in
        haproxy | prometheus | prometheus-alertmanager | supervisor | etcd | etcd-server)
            as_root systemctl disable --now "${package%-server}" >/dev/null 2>&1 || true
            ;;
        esac
    done
}

# install_packages SECTION...: what is missing of these sections.
install_packages() {
    local section package command missing=()
    for section in "$@"; do
        while IFS=: read -r package command; do
            [ -n "$command" ] && command -v "$command" >/dev/null && continue
            dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
                missing+=("$package")
        done < <(packages_of "$section")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    command -v apt-get >/dev/null ||
        die "this needs Debian's packages: ${missing[*]}"
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        die "packages are missing and this is not root; run: apt-get install ${missing[*]}"
    fi
    step "Installing ${#missing[@]} Debian packages"
    note "${missing[*]}"
    mkdir -p "$RUN/log"
    if ! { as_root apt-get update -qq && without_services as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$RUN/log/apt.log" 2>&1; then
        tail -n 15 "$RUN/log/apt.log" >&2
        die "apt-get failed; the whole output is in $RUN/log/apt.log"
    fi
    disable_services "${missing[@]}"
}
