#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The one command of this repository. Each verb is a function in services/local/sh.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common help install build grafana processes render up predict panels test images compose \
    cluster cluster_look cluster_deploy cluster_test cluster_story; do
    # shellcheck source=/dev/null
    . "$ROOT/services/local/sh/$part.sh"
done

verb=${1:-help}
[ $# -eq 0 ] || shift
# Who asks for help gets that, and nothing else happens.
for argument in "$@"; do
    case $argument in
    --) break ;;
    --help | -h)
        case $verb in
        cluster) cluster_help && exit ;;
        bench) [ $# -gt 1 ] || { help_of bench && exit; } ;; # `bench NAME --help` is the benchmark's own
        *) help_of "$verb" && exit ;;
        esac
        ;;
    esac
done
# With --context, the verbs that both know mean the cluster.
case $verb in
status | watch | logs | restart | metrics | degrade | heal | test)
    if [[ " $* " == *" --context"[\ =]* ]]; then
        set -- "$verb" "$@"
        verb=cluster
    fi
    ;;
esac
case $verb in
help | --help | -h)
    [ $# -gt 0 ] || { help && exit; }
    help_of "$1" || usage_error "there is no verb \"$1\"; see ./manage.sh help"
    ;;
up | down | status | watch | predict | degrade | heal | logs | restart | metrics | panels | test | bench | images | compose | cluster)
    "verb_$verb" "$@"
    ;;
deploy | scale | port-forward | delete) verb_cluster "$verb" "$@" ;;
test-cluster) verb_cluster test "$@" ;;
*)
    printf 'error: unknown verb "%s"\n\n' "$verb" >&2
    help >&2
    exit 2
    ;;
esac
