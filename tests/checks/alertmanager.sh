#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who gets which alert: both Alertmanager configurations are valid, agree on grouping and
# inhibition, and route by the tables below.
set -euo pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

sed -E 's/@(GROUP_WAIT|GROUP_INTERVAL|REPEAT_INTERVAL)@/30s/; s/@PORT_[A-Z_]+@/9099/' \
    prometheus/alertmanager.yml >"$scratch/local.yml"
cp prometheus/alertmanager.production.yml "$scratch/production.yml"
for name in local production; do
    amtool check-config "$scratch/$name.yml" >"$scratch/out" 2>&1 || {
        cat "$scratch/out"
        failed=1
    }
done

# configuration | labels of an alert | receivers
table='
local      | alertname=BanditArmFailing severity=critical component=arm           | notification-log
local      | alertname=BanditWatchdog severity=none                               | notification-log
production | alertname=BanditArmFailing severity=critical component=arm           | pager,channel,mail
production | alertname=BanditErrorBudgetFastBurn severity=critical component=slo  | pager,channel,mail
production | alertname=BanditErrorBudgetSlowBurn severity=warning component=slo   | channel,mail
production | alertname=BanditJobDown severity=critical component=pipeline         | pager,channel,mail
production | alertname=BanditTargetDown severity=warning component=pipeline       | channel,mail
production | alertname=BanditDecisionOverdue severity=critical component=decision | pager,channel,mail
production | alertname=BanditDecisionsHeld severity=warning component=decision    | channel,mail
production | alertname=BanditWeightsNotApplied severity=critical component=dataplane | pager,channel,mail
production | alertname=BanditExporterShardMissing severity=critical component=exporter | pager,channel,mail
production | alertname=BanditPodRestarting severity=warning component=cluster     | channel,mail
production | alertname=BanditFaultInjectionActive severity=info component=arm     | log
production | alertname=BanditWatchdog severity=none component=pipeline            | heartbeat
production | alertname=SomebodyElses severity=page                                | mail
'
while IFS='|' read -r config labels receivers; do
    [ -n "${config// /}" ] || continue
    # shellcheck disable=SC2086 # labels are separate arguments
    got=$(amtool config routes test --config.file="$scratch/${config// /}.yml" $labels 2>/dev/null)
    if [ "$got" != "${receivers// /}" ]; then
        echo "prometheus/alertmanager*.yml: $config:$labels goes to $got, not to${receivers}"
        failed=1
    fi
done <<<"$table"

section() { sed -n "/^inhibit_rules:/,/^receivers:/p" "$1"; }
if ! diff <(section prometheus/alertmanager.yml) <(section prometheus/alertmanager.production.yml); then
    echo "prometheus/alertmanager.production.yml: its inhibit_rules are not those of alertmanager.yml"
    failed=1
fi
grep -hE '^  group_by:' prometheus/alertmanager.yml prometheus/alertmanager.production.yml | uniq | wc -l |
    grep -qx 1 || {
    echo "prometheus/alertmanager.production.yml: the root route groups by other labels than alertmanager.yml"
    failed=1
}
exit "$failed"
