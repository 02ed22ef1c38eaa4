# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What every verb of manage.sh shares: where things are, which ports, how to speak.

LOCAL=$ROOT/services/local
RUN=${BANDIT_RUN_DIR:-$ROOT/run}
BUILD=${BANDIT_BUILD_DIR:-$ROOT/build/release}
# shellcheck disable=SC2034 # the other parts use it
BIN=$BUILD/bin

# variable | default: each can be moved with BANDIT_<variable>
PORT_TABLE='
PORT_GATEWAY 8080
PORT_LOGISTIC_REGRESSION 8081
PORT_SVM 8082
PORT_RANDOM_FOREST 8083
PORT_HAPROXY_METRICS 8404
PORT_EXPORTER 9870
PORT_OPERATOR 9871
PORT_TRAFFIC 9872
PORT_PROMETHEUS 9090
PORT_ALERTMANAGER 9093
PORT_NOTIFICATIONS 9099
PORT_GRAFANA 3000
'
while read -r name value; do
    [ -n "$name" ] || continue
    override=BANDIT_$name
    declare -g "$name=${!override:-$value}"
done <<<"$PORT_TABLE"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\e[1m' GREEN=$'\e[32m' YELLOW=$'\e[33m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
    BOLD='' GREEN='' YELLOW='' RED='' DIM='' PLAIN=''
fi

step() { printf '%s==>%s %s\n' "$GREEN$BOLD" "$PLAIN" "$*"; }
note() { printf '    %s%s%s\n' "$DIM" "$*" "$PLAIN"; }
warn() { printf '%swarning:%s %s\n' "$YELLOW" "$PLAIN" "$*" >&2; }
die() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}
usage_error() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 2
}

# command_line WORDS...: as a person would type it.
command_line() {
    local word line=()
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]] || word=${word@Q}
        line+=("$word")
    done
    printf '%s\n' "${line[*]}"
}

# no_more_than N USAGE ARGUMENTS...: a stray argument is a slip that should be told.
no_more_than() {
    local most=$1 usage=$2
    shift 2
    [ $# -le "$most" ] || usage_error "$usage: what is \"${!#}\" for?"
}

# The settings of the profile: PROFILE, then what run/ was last started with, then demo.
load_profile() {
    if [ -z "${PROFILE:-}" ]; then
        PROFILE=$(cat "$RUN/etc/profile" 2>/dev/null || echo demo)
    fi
    [ -f "$LOCAL/profiles/$PROFILE.env" ] ||
        usage_error "no profile \"$PROFILE\"; there are: $(cd "$LOCAL/profiles" && echo *.env | sed 's/\.env//g')"
    # shellcheck source=services/local/profiles/demo.env
    . "$LOCAL/profiles/$PROFILE.env"
    TRAFFIC_RATE=${BANDIT_TRAFFIC_RATE:-$TRAFFIC_RATE}
}

supervisor() {
    /usr/bin/supervisorctl -c "$RUN/etc/supervisord.conf" "$@"
}

is_up() {
    [ -S "$RUN/supervisor.sock" ] && [ -f "$RUN/supervisord.pid" ] &&
        kill -0 "$(cat "$RUN/supervisord.pid")" 2>/dev/null
}

need_up() {
    is_up || die "nothing is running; start it with ./manage.sh up"
}
