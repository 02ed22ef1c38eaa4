/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet at a glance: who gets traffic, who leads, is it healthy, is the data fresh? */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board';
import { alertStates, color, verdicts } from '../colors';
import { about, band, figure, lines, rows, timeline } from '../panels';
import { ARM, ROUTE, age, labelNumber, perArm, perRoute } from '../queries';

const row = (title: string) => new dashboard.RowBuilder(title);

const OURS = 'alertname=~"Bandit.+",severity!="none"';

const toRoute = {
  title: 'Open the route',
  url: '/d/bandit-route?var-datasource=${datasource}&var-namespace=${__data.fields.namespace}&var-route=${__data.fields.route}&${__url_time_range}',
};

export function overview(): dashboard.DashboardBuilder {
  return board({
    uid: 'bandit-overview',
    title: 'Bandit Router / Overview',
    description: 'Every route: who gets traffic, who leads, what it earns, and whether the data is fresh.',
    variables: ['namespace', 'route', 'arm'],
    refresh: '5s',
    from: 'now-15m',
    events: true,
  })
    .withPanel(
      about(
        1,
        'Arms compete for the traffic of a route; the better an arm does, the more it gets. **Left to right, top to bottom:** is all well, where does traffic go, what do the arms earn, who decided what. Click a route in the table to see why.',
      ),
    )
    .withPanel(figure({
      id: 2, title: 'Routes', unit: 'short', decimals: 0, empty: '0',
      description: 'BanditRoute objects that the exporter shows.',
      queries: [{ expr: `count(group by (namespace, route) (bandit_route_info{${ROUTE}}))` }],
    }))
    .withPanel(figure({
      id: 3, title: 'Requests', unit: 'reqps', empty: 'no traffic',
      description: 'Valid prediction requests a second, all arms together, over five minutes.',
      queries: [{ expr: `sum(bandit:route_requests:rate5m{${ROUTE}})` }],
    }))
    .withPanel(figure({
      id: 4, title: 'Requests in this time range', unit: 'short', decimals: 0, empty: 'no traffic',
      description: 'Valid prediction requests in the time range of the dashboard.',
      queries: [{ expr: `sum(increase(ml_prediction_requests_total{${ARM}}[$__range]))` }],
    }))
    .withPanel(figure({
      id: 5, title: 'Failed', unit: 'percentunit', decimals: 2, empty: 'no traffic', min: 0,
      description: 'Share of requests answered with an error over five minutes. Blue below 1 %, vermillion above 5 %.',
      steps: [{ from: null, color: color.good }, { from: 0.01, color: color.warning }, { from: 0.05, color: color.bad }],
      queries: [{ expr: `sum(bandit:route_failures:rate5m{${ROUTE}}) / (sum(bandit:route_requests:rate5m{${ROUTE}}) > 0)` }],
    }))
    .withPanel(figure({
      id: 6, title: 'Oldest observation', unit: 's', decimals: 0, empty: 'never observed',
      description: 'Age of the newest data that the last decision rested on, of the route where it is oldest. Beyond the route\'s maxDataAge decisions are held.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }],
      queries: [{ expr: `max(${age(perRoute('bandit_route_last_observation_timestamp_seconds'))})` }],
    }))
    .withPanel(figure({
      id: 7, title: 'Alerts firing', unit: 'short', decimals: 0, empty: '0',
      description: 'Alerts of Bandit Router that fire now, without the watchdog and drills.',
      steps: [{ from: null, color: color.good }, { from: 1, color: color.warning }, { from: 3, color: color.bad }],
      queries: [{ expr: 'count(ALERTS{alertstate="firing",alertname=~"Bandit.+",severity=~"critical|warning"}) or vector(0)' }],
    }))
    .withRow(row('Traffic: what was decided, what is in force, what happens'))
    .withPanel(lines({
      id: 10, title: 'Traffic by arm', unit: 'percentunit', stacked: true, min: 0, max: 1, empty: 'no traffic',
      description: 'Share of the requests of a route that each arm really got, from the arms\' own counters over one minute.',
      queries: [{ expr: `bandit:arm_traffic_share:ratio_rate1m{${ARM}}`, legend: '{{route}} {{arm}}' }],
    }))
    .withPanel(lines({
      id: 11, title: 'Weights: desired, applied, observed', unit: 'percentunit', steps: true, min: 0, max: 1, empty: 'no decision yet',
      description: 'Desired is what the operator decided, applied what it read back from the data plane, observed what the arms counted. The three should lie on each other.',
      queries: [
        { expr: perArm('bandit_arm_desired_weight_ratio'), legend: '{{route}} {{arm}} desired' },
        { expr: perArm('bandit_arm_applied_weight_ratio'), legend: '{{route}} {{arm}} applied' },
        { expr: `bandit:arm_traffic_share:ratio_rate1m{${ARM}}`, legend: '{{route}} {{arm}} observed' },
      ],
    }))
    .withPanel(lines({
      id: 12, title: 'Failed requests by route', unit: 'percentunit', min: 0, empty: 'no traffic',
      description: 'Share of the requests of a route that were answered with an error, over five minutes: what its users see.',
      threshold: { value: 0.05, color: color.limit },
      queries: [{ expr: `bandit:route_failures:ratio_rate5m{${ROUTE}}`, legend: '{{namespace}}/{{route}}' }],
    }))
    .withPanel(lines({
      id: 13, title: 'Time to answer', unit: 's', min: 0, empty: 'nothing answered',
      description: 'Quantiles of the time a model server takes to answer, all arms of a route together, over five minutes.',
      threshold: { value: 0.25, color: color.limit },
      queries: [
        { expr: `bandit:route_prediction_duration_seconds:p50_rate5m{${ROUTE}}`, legend: '{{route}} p50' },
        { expr: `bandit:route_prediction_duration_seconds:p95_rate5m{${ROUTE}}`, legend: '{{route}} p95' },
        { expr: `bandit:route_prediction_duration_seconds:p99_rate5m{${ROUTE}}`, legend: '{{route}} p99' },
      ],
    }))
    .withRow(row('Rewards: what the arms earn'))
    .withPanel(band({
      id: 20, title: 'Reward of $arm', unit: 'percentunit', min: 0, max: 1, repeat: 'arm', width: 8, empty: 'no reward yet',
      description: 'The smoothed reward (EMA) that routing goes by, with a band of two standard errors of the last window: where bands of arms overlap, nobody knows which is better.',
      queries: [
        { expr: `${perArm('bandit_arm_reward_ema')} + 2 * ${perArm('bandit_arm_reward_standard_error')}`, legend: 'upper' },
        { expr: perArm('bandit_arm_reward_ema'), legend: 'reward', color: color.good },
        { expr: `${perArm('bandit_arm_reward_ema')} - 2 * ${perArm('bandit_arm_reward_standard_error')}`, legend: 'lower' },
      ],
    }))
    .withRow(row('Decisions: who leads, and what was decided'))
    .withPanel(timeline({
      id: 30, title: 'Leader', unit: 'none', empty: 'no leader yet', states: [{ name: 'leads', color: color.good }],
      description: 'The arm that leads each route. A gap means that no arm leads.',
      queries: [{ expr: `${perArm('bandit_arm_leader')} == 1`, legend: '{{route}} {{arm}}' }],
    }))
    .withPanel(timeline({
      id: 31, title: 'Verdict of the last decision', unit: 'none', empty: 'no decision yet', states: verdicts, height: 5,
      description: 'What each decision came to. Held means that nothing could be decided; the route\'s dashboard says for which reason.',
      queries: [{ expr: labelNumber('namespace, route', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts), legend: '{{namespace}}/{{route}}' }],
    }))
    .withPanel(rows({
      id: 40, title: 'Routes', unit: 'short', empty: 'no route', by: ['namespace', 'route'], link: toRoute,
      description: 'One row per route. Click its name for the whole story.',
      queries: [
        { expr: labelNumber('namespace, route', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts) },
        { expr: `sum by (namespace, route) (bandit:route_requests:rate5m{${ROUTE}})` },
        { expr: `sum by (namespace, route) (bandit:route_failures:ratio_rate5m{${ROUTE}})` },
        { expr: perRoute('bandit_route_exploration_ratio') },
        { expr: age(perRoute('bandit_route_last_decision_timestamp_seconds')) },
        { expr: age(perRoute('bandit_route_last_leader_change_timestamp_seconds')) },
      ],
      columns: [
        { name: 'Verdict', states: verdicts },
        { name: 'Requests', unit: 'reqps' },
        { name: 'Failed', unit: 'percentunit', steps: [{ from: null, color: color.good }, { from: 0.01, color: color.warning }, { from: 0.05, color: color.bad }] },
        { name: 'Explored', unit: 'percentunit' },
        { name: 'Last decision', unit: 's' },
        { name: 'Leader since', unit: 's' },
      ],
    }))
    .withPanel(rows({
      id: 41, title: 'Alerts', unit: 'short', empty: 'nothing fires', by: ['alertname', 'severity', 'namespace', 'route', 'arm'], height: 6,
      description: 'What fires now. docs/runbooks has a page for each, named as the alert.',
      queries: [{ expr: 'group by (alertname, severity, namespace, route, arm) (ALERTS{alertstate="firing",alertname=~"Bandit.+",severity!="none"})' }],
      columns: [{ name: 'Firing', states: [{ name: 'fires', color: color.bad }] }],
    }))
    .withPanel(timeline({
      id: 42, title: 'Alerts over time', unit: 'none', empty: 'nothing fired', states: alertStates, height: 8,
      description: 'When each alert was pending and when it fired, whatever route it is about.',
      queries: [{ expr: `max by (alertname, namespace, route, arm) (\n  1 * ALERTS{alertstate="pending",${OURS}}\n  or\n  2 * ALERTS{alertstate="firing",${OURS}}\n)`, legend: '{{alertname}} {{route}} {{arm}}' }],
    }));
}
