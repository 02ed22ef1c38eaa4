#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The root file system of a runtime image: one program and what it needs to run, nothing
# else. No shell, no package manager, no setuid file.
#
# Usage: assemble.sh FOLDER PROGRAM...
#
# FOLDER/system gets what comes from Debian, FOLDER/program the programs: two layers, so
# that a new build of ours does not move the libraries again. What came from which package
# is noted in var/lib/dpkg/status.d, where scanners for known holes look for it in images
# without a package manager, and its licence lies under usr/share/doc.
set -euo pipefail

folder=$1
shift
system=$folder/system
triplet=$(gcc -print-multiarch)
mkdir -p "$system"/{etc/ssl/certs,tmp,usr/bin,"usr/lib/$triplet",usr/lib64,var/lib/dpkg/status.d} "$folder/program/usr/bin"
ln -s usr/bin "$system/bin"
ln -s usr/lib "$system/lib"
ln -s usr/lib64 "$system/lib64"
chmod 1777 "$system/tmp"

declare -A packages=([base-files]=1 [ca-certificates]=1)

# The package that a file came from; it may know the file by its name from before /usr was
# merged.
package_of() {
    { dpkg-query -S "$1" || dpkg-query -S "${1#/usr}" || dpkg-query -S "/usr$1"; } 2>/dev/null |
        head -n 1 | cut -d: -f1
}

# copy_library PATH: as its soname, since that is the name it is looked for by.
copy_library() {
    local path=$1 real package
    real=$(realpath "$path")
    package=$(package_of "$real")
    [ -n "$package" ] || {
        echo "assemble.sh: $path belongs to no package" >&2
        exit 1
    }
    packages[$package]=1
    case $path in
    /lib64/*) install -D -m 755 "$real" "$system/usr$path" ;;
    *) install -D -m 755 "$real" "$system/usr/lib/$triplet/${path##*/}" ;;
    esac
}

for program in "$@"; do
    install -m 755 "$program" "$folder/program/usr/bin/"
    while read -r library; do
        copy_library "$library"
    done < <(ldd "$program" | grep -oE '/[^ ]+')
done
# glibc loads this one at run time, to unwind a thread that ends itself.
copy_library "$(gcc -print-file-name=libgcc_s.so.1)"

# Whom HTTPS clients trust, names of users and hosts, and which system this is.
cp /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/"
cp -L /etc/os-release "$system/usr/lib/os-release"
ln -s ../usr/lib/os-release "$system/etc/os-release"
printf '%s\n' 'root:x:0:0:root:/:/nonexistent' 'nonroot:x:65532:65532:nonroot:/:/nonexistent' >"$system/etc/passwd"
printf '%s\n' 'root:x:0:' 'nonroot:x:65532:' >"$system/etc/group"
echo 'hosts: files dns' >"$system/etc/nsswitch.conf"

install -D -m 644 "$(dirname "$0")/../../LICENSE" "$folder/program/usr/share/doc/bandit-router/LICENSE"
for package in "${!packages[@]}"; do
    dpkg-query -s "$package" >"$system/var/lib/dpkg/status.d/$package"
    install -D -m 644 "/usr/share/doc/$package/copyright" "$system/usr/share/doc/$package/copyright"
done
find "$folder" -exec touch -h -d "@${SOURCE_DATE_EPOCH:-0}" {} +
