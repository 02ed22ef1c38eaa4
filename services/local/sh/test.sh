# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Every check that CI runs. Stages are ctest runs of differently built trees; their counts
# are added up at the end.

PASSED=0
FAILED=0
SKIPPED=0

# configure PRESET TARGET...: a tree, all of it or only some targets.
build_tree() {
    local preset=$1 log=$RUN/log/build-$1.log
    shift
    mkdir -p "$RUN/log"
    step "Building the $preset tree"
    (cd "$ROOT" && cmake --preset "$preset" >"$log" 2>&1 && ninja -C "build/$preset" "$@" >>"$log" 2>&1) && return
    grep -E 'error|warning|FAILED' "$log" | head -n 30 >&2
    die "the $preset tree does not build; see $log"
}

# run_ctest NAME PRESET ARGUMENTS...: run, show what failed, count.
run_ctest() {
    local name=$1 preset=$2 log=$RUN/log/test-$1.log total failed skipped
    shift 2
    step "Testing: $name"
    (cd "$ROOT/build/$preset" && ctest --output-on-failure --no-tests=error "$@") >"$log" 2>&1 || true
    grep -vE '^ +Start +[0-9]+:|^Test project|^$' "$log" | sed 's/^/    /'
    total=$(sed -nE 's/^.*tests passed, .* failed out of ([0-9]+)$/\1/p' "$log")
    failed=$(sed -nE 's/^.*tests passed, ([0-9]+) tests? failed out of [0-9]+$/\1/p' "$log")
    skipped=$(grep -cE '\*\*\*(Skipped|Not Run)' "$log" || true)
    if [ -z "$total" ]; then
        warn "$name: ctest ran nothing; see $log"
        FAILED=$((FAILED + 1))
        return
    fi
    FAILED=$((FAILED + failed))
    SKIPPED=$((SKIPPED + skipped))
    PASSED=$((PASSED + total - failed - skipped))
}

# For the tests against a real API server, which say so themselves where there is none.
build_apiserver() {
    local log=$RUN/log/apiserver.log
    step "A real API server to test against (built once, in up to ten minutes)"
    "$ROOT/tests/support/real_apiserver.sh" >"$log" 2>&1 || warn "$(head -n 1 "$log"); its tests are skipped"
}

# Fuzz every target for a bounded time, one on each core.
run_fuzzers() {
    local seconds=$1 log=$RUN/log/fuzz.log
    step "Fuzzing each target for $seconds s"
    mkdir -p "$RUN/fuzz"
    printf '%s\n' "$ROOT"/build/fuzz/bin/fuzz_* |
        xargs -P "$(nproc)" -I{} "$ROOT/tests/fuzz/run.sh" {} "$seconds" "$RUN/fuzz" | tee "$log" | sed 's/^/    /'
    PASSED=$((PASSED + $(grep -c '^ok' "$log" || true)))
    FAILED=$((FAILED + $(grep -c '^FAILED' "$log" || true)))
}

verb_test() {
    local quick='' filter=() began=$SECONDS jobs=$(($(nproc) + 1)) # half of the tests mostly wait
    while [ $# -gt 0 ]; do
        case $1 in
        --quick) quick=yes ;;
        -*) usage_error "test: unknown flag $1; see ./manage.sh help" ;;
        *)
            [ ${#filter[@]} -eq 0 ] || usage_error "test: one REGEX; \"${filter[1]}|$1\" means both"
            filter=(-R "$1")
            ;;
        esac
        shift
    done
    install_packages build run test
    mkdir -p "$RUN/log"
    [ -n "$quick" ] || build_apiserver
    build_tree release
    # What takes long goes first (COST).
    if [ ${#filter[@]} -gt 0 ]; then # what is named is run, whatever it takes
        run_ctest release release -j "$jobs" "${filter[@]}"
    elif [ -n "$quick" ]; then
        run_ctest release release -j "$jobs" -LE 'e2e|slow|images'
    else
        run_ctest release release -j "$jobs" -LE 'e2e|images'
        run_ctest e2e release -L e2e
        install_packages images
        run_ctest images release -L images
        build_tree asan
        run_ctest asan asan -j "$jobs" -L 'unit|integration' -LE 'slow|simulation'
        build_tree tsan
        run_ctest tsan tsan -j "$jobs" -R '^unit\.|integration\.(server|exporter|operator_(life|mesh_fake|torture)|kube_(store|lease|verbs|farewell))' -LE slow
        build_tree fuzz
        run_fuzzers "${BANDIT_FUZZ_SECONDS:-10}"
    fi
    printf '\n%d minutes. Skipped tests say why above.\n' $(((SECONDS - began + 59) / 60))
    printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
    [ "$FAILED" = 0 ]
}

verb_bench() {
    install_packages build run test bench
    build_tree release
    "$ROOT/tests/bench/run.sh" "$@"
}
