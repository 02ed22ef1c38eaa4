#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The one command of this repository. Each verb is a function in services/local/sh.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in common install build grafana processes render up panels test images compose cluster cluster_deploy cluster_test; do
    # shellcheck source=/dev/null
    . "$ROOT/services/local/sh/$part.sh"
done

help() {
    cat <<'EOF'
Bandit Router: live traffic between ML models, by what they really earn.

Usage: ./manage.sh VERB [ARGUMENTS]

On this machine:
  up [--for 120s] [--profile demo|production] [--detach]
                    install what is missing, build, train, start everything, show it live;
                    Ctrl-C stops it. --for runs unattended that long and exits.
  down              stop everything
  status            processes and routes, once
  watch             the live view of what is running
  degrade ARM       break an arm: half of its requests fail, the rest come late
  heal ARM          mend it
  logs [NAME]       follow the logs, of one process or of all
  restart NAME      restart one process
  metrics [REGEX]   what each process publishes, or the exporter's lines that match
  panels            what every dashboard panel, alert and cookbook query had to show in the
                    last 15 minutes, as a table (--minutes N looks further back)

In containers:
  images [build | list | save [FILE] | push --registry R]
                    build the images of our programs; list, save or push them
  compose up [--profile demo|production] [SERVICE...]
                    the same loop, from our images and the official ones of HAProxy,
                    Prometheus, Alertmanager and Grafana
  compose down [--volumes] | ps | logs [SERVICE]
                    stop it; look at it

On a Kubernetes cluster (./manage.sh cluster help has them all):
  deploy --overlay kind|aks|eks|gke|istio --context NAME
                    install or upgrade everything; delete takes it away again
  scale, port-forward, test-cluster, cluster dashboard
                    and status, watch, logs, restart, metrics, degrade, heal with --context NAME

Checking:
  test [--quick] [REGEX]
                    install what the tests need and run every check, as CI does
  bench [NAME]      run the benchmarks of tests/bench

Examples:
  ./manage.sh up
  ./manage.sh degrade svm && ./manage.sh watch
  BANDIT_PORT_PROMETHEUS=19090 ./manage.sh up --for 3m

Everything that runs keeps its state, sockets and logs under run/ (BANDIT_RUN_DIR moves it).
Each port has a variable: BANDIT_PORT_GATEWAY, BANDIT_PORT_PROMETHEUS, ...; see docs/configuration.md.
EOF
}

verb=${1:-help}
[ $# -eq 0 ] || shift
# With --context, the verbs that both know mean the cluster.
case $verb in
status | watch | logs | restart | metrics | degrade | heal)
    if [[ " $* " == *" --context"[\ =]* ]]; then
        set -- "$verb" "$@"
        verb=cluster
    fi
    ;;
esac
case $verb in
help | --help | -h) help ;;
up | down | status | watch | degrade | heal | logs | restart | metrics | panels | test | bench | images | compose | cluster)
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
