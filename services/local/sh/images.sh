# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Container images of the programs; what they are made of is in services/images.

# shellcheck disable=SC2034 # the compose verbs use it, too
IMAGES=(operator exporter model-server model-trainer traffic-generator)

project_version() {
    sed -nE 's/^project\(bandit_router VERSION ([0-9.]+) .*/\1/p' "$ROOT/CMakeLists.txt"
}

# The engine, podman or docker; with a preference of the user's.
images_engine() {
    local engine
    for engine in ${BANDIT_CONTAINER_ENGINE:-podman docker}; do
        if command -v "$engine" >/dev/null; then
            echo "$engine"
            return
        fi
    done
    die "no ${BANDIT_CONTAINER_ENGINE:-podman or docker} here; apt-get install podman, or set BANDIT_CONTAINER_ENGINE"
}

# The full name: what Docker and Kubernetes make of bandit-router/NAME, podman likewise.
image_name() {
    echo "${2:-docker.io}/bandit-router/$1:$(project_version)"
}

# What cannot stand in the Dockerfile: which version this is, and of which source.
image_arguments() {
    local revision source
    echo "--build-arg=VERSION=$(project_version)"
    [ -z "${BANDIT_DEBIAN_IMAGE:-}" ] || echo "--build-arg=DEBIAN_IMAGE=$BANDIT_DEBIAN_IMAGE"
    revision=$(git -C "$ROOT" rev-parse HEAD 2>/dev/null) || return 0
    [ -z "$(git -C "$ROOT" status --porcelain --untracked-files=no)" ] || revision+=-modified
    echo "--build-arg=REVISION=$revision"
    source=$(git -C "$ROOT" remote get-url origin 2>/dev/null) || return 0
    [[ $source != https://* || $source == *@* ]] || echo "--label=org.opencontainers.image.source=${source%.git}"
}

images_build() {
    local engine image log arguments
    engine=$(images_engine)
    log=$RUN/log/images.log
    mkdir -p "$RUN/log"
    : >"$log"
    mapfile -t arguments < <(image_arguments)
    # The OCI format has no health checks.
    [ "$engine" != podman ] || arguments+=(--format docker)
    for image in "${IMAGES[@]}"; do
        step "Building $(image_name "$image")"
        "$engine" build --file "$ROOT/services/images/Dockerfile" --target "$image" --tag "$(image_name "$image")" \
            "${arguments[@]}" "$ROOT" >>"$log" 2>&1 ||
            { tail -n 20 "$log" >&2; die "the image of $image was not built; see $log"; }
    done
    images_list
}

images_list() {
    local engine image size
    engine=$(images_engine)
    for image in "${IMAGES[@]}"; do
        size=$("$engine" image inspect --format '{{.Size}}' "$(image_name "$image")" 2>/dev/null) ||
            die "there is no $(image_name "$image"); ./manage.sh images build"
        printf '    %-52s %5.1f MB\n' "$(image_name "$image")" "${size}e-6"
    done
}

# All of them in one file, as `kind load image-archive` and `docker load` take it.
images_save() {
    local engine image names=() file arguments=()
    engine=$(images_engine)
    file=${1:-$ROOT/build/bandit-router-$(project_version).tar}
    for image in "${IMAGES[@]}"; do
        names+=("$(image_name "$image")")
    done
    [ "$engine" != podman ] || arguments+=(--multi-image-archive)
    mkdir -p "$(dirname "$file")"
    rm -f "$file"
    "$engine" save "${arguments[@]}" --output "$file" "${names[@]}" >/dev/null ||
        die "the images were not saved; are they built? ./manage.sh images build"
    step "Saved ${#names[@]} images to $file"
}

images_push() {
    local engine image registry=''
    while [ $# -gt 0 ]; do
        case $1 in
        --registry) registry=${2:?--registry needs a name such as registry.example.com/team}; shift ;;
        --registry=*) registry=${1#*=} ;;
        *) usage_error "images push: unknown argument \"$1\"" ;;
        esac
        shift
    done
    [ -n "$registry" ] || usage_error "images push --registry R: which registry?"
    engine=$(images_engine)
    for image in "${IMAGES[@]}"; do
        step "Pushing $(image_name "$image" "$registry")"
        if ! "$engine" tag "$(image_name "$image")" "$(image_name "$image" "$registry")" ||
            ! "$engine" push "$(image_name "$image" "$registry")"; then
            die "$(image_name "$image" "$registry") was not pushed; is it built, and have you done $engine login ${registry%%/*}?"
        fi
    done
}

verb_images() {
    local action=${1:-build}
    [ $# -eq 0 ] || shift
    case $action in
    build | list) [ $# -eq 0 ] || usage_error "images $action takes no arguments" ;;
    save) [ $# -le 1 ] || usage_error "images save [FILE]" ;;
    push) ;;
    *) usage_error "images: unknown action \"$action\"; there are: build list save push" ;;
    esac
    "images_$action" "$@"
}
