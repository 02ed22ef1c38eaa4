# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# One request by hand, as a client of the route would send it.

verb_predict() {
    local data=$ROOT/services/trainer/data/digits.csv row='' url=http://127.0.0.1:$PORT_GATEWAY dry_run='' cells arm answer
    while [ $# -gt 0 ]; do
        case $1 in
        --url) url=${2:?--url needs the address of a gateway}; shift ;;
        --url=*) url=${1#*=} ;;
        --dry-run) dry_run=yes ;;
        -*) usage_error "predict: unknown flag $1; see ./manage.sh predict --help" ;;
        *)
            [ -z "$row" ] || usage_error "predict [ROW]: one row"
            row=$1
            ;;
        esac
        shift
    done
    row=${row:-1}
    [[ $row =~ ^[1-9][0-9]*$ ]] || usage_error "predict $row: ROW is a number, from 1"
    cells=$(sed -n "$((row + 1))p" "$data") # the first line has the columns' names
    [ -n "$cells" ] || usage_error "predict $row: $data has $(($(wc -l <"$data") - 1)) rows"

    # The last column is the truth.
    set -- -sS --max-time 10 -H 'Content-Type: application/json' -d "{\"features\":[${cells%,*}]}" "${url%/}/predict"
    if [ -n "$dry_run" ]; then
        command_line curl "$@"
        return
    fi
    answer=$(curl -D - "$@") || die "there is no answer from $url; is the loop up? ./manage.sh status"
    arm=$(sed -nE 's/^x-bandit-arm: *([^[:space:]]*).*/\1/Ip' <<<"$answer")
    step "Row $row, in truth ${cells##*,}, answered by ${arm:-somebody who does not say which arm}"
    sed '1,/^\r*$/d' <<<"$answer"
    [[ $answer =~ ^HTTP/[0-9.]+\ 200 ]] || return 1
}
