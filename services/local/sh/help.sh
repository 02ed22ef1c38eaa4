# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The help: all verbs at a glance, and each by itself.

help() {
    cat <<'EOF'
Bandit Router: live traffic between ML models, by what they really earn.

Usage: ./manage.sh VERB [ARGUMENTS]          ./manage.sh VERB --help says more of each

On this machine:
  up [--for 120s] [--profile demo|production] [--detach]
                    install what is missing, build, train, start everything, show it live;
                    Ctrl-C stops it. --for runs unattended that long and exits.
  down              stop everything
  status            processes and routes, once
  watch             the live view of what is running
  predict [ROW]     one request through the gateway, with what the arm answered
  degrade ARM       break an arm: every answer 200 ms late, half of them errors
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
  bench [NAME...] | bench NAME --help
                    run the benchmarks of tests/bench, or one with flags of its own

Examples:
  ./manage.sh up
  ./manage.sh degrade svm && ./manage.sh watch
  BANDIT_PORT_PROMETHEUS=19090 ./manage.sh up --for 3m

Everything that runs keeps its state, sockets and logs under run/ (BANDIT_RUN_DIR moves it).
Each port has a variable: BANDIT_PORT_GATEWAY, BANDIT_PORT_PROMETHEUS, ...; see docs/configuration.md.
EOF
}

# help_of VERB: its own paragraph; 1 where there is no such verb.
help_of() {
    local text
    text=$(verb_texts | awk -v verb="$1" '/^@/ { shown = substr($1, 2) == verb; sub(/^@/, "Usage: ./manage.sh ") } shown')
    [ -n "$text" ] || return 1
    printf '%s\n' "$text"
}

# Each paragraph begins with @ and how the verb is called.
verb_texts() {
    cat <<'EOF'
@up [--for DURATION] [--profile demo|production] [--detach]
Install the Debian packages that are missing, build, train three models, start everything
under a supervisor, and show it live until Ctrl-C stops it. As long as it runs, another `up`
takes up what was changed meanwhile: programs that were built anew are restarted.

  --for DURATION      run unattended that long (120s, 5m, 1h), then stop; fails when no
                      decision was made from rewards in that time
  --profile NAME      demo: decisions each 5 s (the default); production: each 30 s
  --detach            leave it running; ./manage.sh down stops it

What it does to the machine is in docs/troubleshooting.md; what can be moved by variables,
in docs/configuration.md.
@down
Stop everything that `up` started. State and logs stay in run/.
@status
The processes and the routes, once. Ends with 3 when nothing runs.
With --context NAME: routes, pods and autoscalers of a cluster [--dry-run].
@watch [--for DURATION | --once]
The live view of the routes. Ctrl-C ends the view, not what it shows.
With --context NAME: the BanditRoutes of a cluster, as they change [--dry-run].
@predict [ROW] [--url URL] [--dry-run]
Send one row of services/trainer/data/digits.csv (the first one unless ROW says another) as
a request, and print which arm answered, what is true, and the answer as it came.

  --url URL           another gateway than this machine's, http://127.0.0.1:8080
  --dry-run           print the command with curl, to be run or changed by hand
@degrade ARM
Break an arm (logistic-regression, svm or random-forest): every answer comes 200 ms late and
half of them are errors. The route takes its traffic away within a few decisions.
With --context NAME: each pod of the arm on a cluster [--dry-run]; overlays kind and istio.
@heal ARM
End what `degrade` began; the arm earns its way back.
With --context NAME: each pod of the arm on a cluster [--dry-run].
@logs [NAME]
Follow the log of one process, or all logs. LINES_BACK says how many lines of the past are
shown (100). The names are those of ./manage.sh status.
With --context NAME, and a PART: that part's pods on a cluster [--dry-run].
@restart NAME
Restart one process; `all` restarts them all. The names are those of ./manage.sh status.
With --context NAME: replace the pods of a part on a cluster, one by one [--dry-run].
@metrics [REGEX]
Without REGEX: how many families and series each process publishes, and where. With it: the
lines of the exporter that match (grep -E; a REGEX that begins with - is one, too).
With --context NAME: the lines of the exporters of a cluster [--dry-run].
@panels [--minutes N]
Ask the running Prometheus for every dashboard panel, rule, alert and question of the
cookbook, and print which of them had something to show in the last N (15) minutes.
@images [build | list | save [FILE] | push --registry R]
The container images of our programs. docs/images.md has the whole story.

  build               build all five (the default)
  list                names and sizes
  save [FILE]         all of them into one archive, as `kind load image-archive` takes it
  push --registry R   name them R/bandit-router/... and push them

podman is used where there is one, else docker; BANDIT_CONTAINER_ENGINE=docker decides.
@compose up [--profile demo|production] [SERVICE...] | down [--volumes] | ps | logs [SERVICE]
The loop of `up` in containers, from services/compose/compose.yaml. Build the images first
(./manage.sh images build). `down --volumes` also forgets what was learned.
@test [--quick] [REGEX]
Install what the tests need, build, and run every check that CI runs. Ends with a line of
counts; what was skipped says why above it.

  --quick             the release build's tests alone, without those that take long
  REGEX               those whose names match, whatever they take

With --context NAME: the story of test-cluster.
@bench [NAME...] | bench NAME FLAGS...
Run the benchmarks of tests/bench: all, some, or one with flags of its own
(./manage.sh bench serving --help). tests/bench/README.md says what each compares.
@deploy --overlay kind|aks|eks|gke|istio [--registry R] [--with-route] [--context NAME] [--dry-run]
Install or upgrade product and demonstration on a cluster, and wait until they are ready.

  --registry R        pull our images from R/bandit-router/...; aks, eks and gke need it
  --with-route        also apply the route whose weights the operator sets, when it is there

What somebody changed by hand in an object of ours is put back, and said; the lower bounds
that `scale` has set stay.
@delete --overlay kind|aks|eks|gke|istio [--everybodys-routes] [--context NAME] [--dry-run]
Take all of an overlay away, BanditRoutes first, so that their onDelete is honoured. Refuses
while other namespaces have BanditRoutes, unless --everybodys-routes is given.
@scale ARM N [--context NAME] [--dry-run]
Let the autoscaler of an arm have between N and 10 replicas. `deploy` keeps the bound.
@port-forward PART [PORT] [--context NAME] [--dry-run]
Reach a part of a cluster from this machine, at its own port or at PORT.
@test-cluster [--context NAME] [--dry-run]
The whole story on a cluster where the demonstration runs: decisions are made and obeyed,
requests follow them, a weight changed by hand is set right, the leading operator may die, a
broken arm loses its traffic and a mended one gets it back, a deleted route leaves the weights
that its onDelete says. May take an hour, and puts everything back.

Without a terminal, KUBECONFIG=FILE ./manage.sh test-cluster means the current context of
that file; any other verb that changes a cluster wants --context.
EOF
}
