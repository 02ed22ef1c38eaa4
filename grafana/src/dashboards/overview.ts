/* SPDX-License-Identifier: Apache-2.0 */
/* The fleet at a glance: which route needs somebody, who leads, is the data fresh? Nothing here
 * grows with the fleet but two tables; graphs show the worst ten routes. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, row } from '../board';
import { alertStates, armStates, color, verdicts } from '../colors';
import { rowToModels, rowToRoute, rowToRunbook, rowToSlo, seriesToModelsOfRoute, seriesToRoute } from '../links';
import { about, figure, lines, rows, timeline } from '../panels';
import { ARM, ROUTE, age, alertsOfRoutes, labelNumber, perArm, perRoute, stateNumber, worst } from '../queries';

const route = '{{namespace}}/{{route}}';
const desired = perArm('bandit_arm_desired_weight_ratio');
const applied = perArm('bandit_arm_applied_weight_ratio');
const observed = `bandit:arm_traffic_share:ratio_rate1m{${ARM}}`;

/* A number of the leader, without its name. */
const ofLeader = (arms: string): string => `max by (namespace, route) (${arms} and on (namespace, route, arm) ${perArm('bandit_arm_leader')} == 1)`;

export function overview(): dashboard.DashboardBuilder {
  return board({
    uid: 'bandit-overview',
    title: 'Bandit Router / Overview',
    description: 'Every route: who leads, what it earns, whether it is healthy, and whether the data is fresh.',
    variables: ['namespace', 'route', 'arm'],
    from: 'now-15m',
    marks: 'routes',
  })
    .withPanel(
      about(
        1,
        'Arms compete for the traffic of a route; the better an arm does, the more it gets. **Top to bottom:** is all well, which route needs somebody, what do users get, are decisions made and obeyed. Graphs show the ten worst of the selected routes. Click a route in a table or a graph to see why; click an alert to see what to do.',
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
      description: 'Share of requests that arms answered with an error over five minutes. Blue below 1 %, vermillion above 5 %.',
      steps: [{ from: null, color: color.good }, { from: 0.01, color: color.warning }, { from: 0.05, color: color.bad }],
      queries: [{ expr: `sum(bandit:route_failures:rate5m{${ROUTE}}) / (sum(bandit:route_requests:rate5m{${ROUTE}}) > 0)` }],
    }))
    .withPanel(figure({
      id: 6, title: 'Oldest data', unit: 's', decimals: 0, empty: 'never observed',
      description: 'Age of the newest data that the last decision rested on, of the route where it is oldest. Beyond the route\'s maxDataAge decisions are held.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }],
      queries: [{ expr: `max(${age(perRoute('bandit_route_last_observation_timestamp_seconds'))})` }],
    }))
    .withPanel(figure({
      id: 7, title: 'Alerts firing', unit: 'short', decimals: 0, empty: '0',
      description: 'Alerts that fire now: of the selected routes, and of the machinery; without the watchdog and drills.',
      steps: [{ from: null, color: color.good }, { from: 1, color: color.warning }, { from: 3, color: color.bad }],
      queries: [{ expr: `count(${alertsOfRoutes('firing', true)}) or vector(0)` }],
    }))
    .withRow(row('Which route needs somebody?'))
    .withPanel(rows({
      id: 40, title: 'Routes', unit: 'short', empty: 'no route', height: 9,
      by: ['namespace', 'route', 'arm'], titles: { arm: 'leader' },
      links: { route: rowToRoute, leader: rowToModels, 'Budget left': rowToSlo }, sort: { column: 'Failed', desc: true },
      description: 'One row per route, the one with most errors first. Click a route for the whole story, its leader for the model, its budget for the burn.',
      queries: [
        { expr: labelNumber('namespace, route', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts) },
        { expr: `max by (namespace, route, arm) (${observed}) and on (namespace, route, arm) ${perArm('bandit_arm_leader')} == 1` },
        { expr: ofLeader(perArm('bandit_arm_probability_best_ratio')) },
        { expr: `sum by (namespace, route) (bandit:route_requests:rate5m{${ROUTE}})` },
        { expr: `sum by (namespace, route) (bandit:route_failures:ratio_rate5m{${ROUTE}})` },
        { expr: `min by (namespace, route) (bandit:route_slo_budget:ratio_remaining30d{${ROUTE}})` },
        { expr: age(perRoute('bandit_route_last_observation_timestamp_seconds')) },
        { expr: age(perRoute('bandit_route_last_decision_timestamp_seconds')) },
        { expr: age(perRoute('bandit_route_last_leader_change_timestamp_seconds')) },
        { expr: perRoute('bandit_route_exploration_ratio') },
      ],
      columns: [
        { name: 'Verdict', states: verdicts },
        { name: 'Traffic of leader', unit: 'percentunit', bar: true },
        { name: 'Leader is best', unit: 'percentunit' },
        { name: 'Requests', unit: 'reqps' },
        { name: 'Failed', unit: 'percentunit', steps: [{ from: null, color: color.good }, { from: 0.01, color: color.warning }, { from: 0.05, color: color.bad }] },
        { name: 'Budget left', unit: 'percentunit', steps: [{ from: null, color: color.bad }, { from: 0, color: color.warning }, { from: 0.25, color: color.good }] },
        { name: 'Age of data', unit: 's', steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }] },
        { name: 'Last decision', unit: 's' },
        { name: 'Leader since', unit: 's' },
        { name: 'Explored', unit: 'percentunit' },
      ],
    }))
    .withPanel(rows({
      id: 41, title: 'Alerts', unit: 'short', empty: 'nothing fires', by: ['alertname', 'severity', 'namespace', 'route', 'arm'], height: 6, width: 12,
      links: { alertname: rowToRunbook, route: rowToRoute, arm: rowToModels },
      description: 'What fires now: of the selected routes, and of the machinery. Click an alert for its runbook, its route or its arm for what is wrong with it.',
      queries: [{ expr: `group by (alertname, severity, namespace, route, arm) (${alertsOfRoutes('firing')})` }],
      columns: [{ name: 'Firing', states: [{ name: 'fires', color: color.bad }] }],
    }))
    .withPanel(timeline({
      id: 42, title: 'Alerts over time', unit: 'none', empty: 'nothing fired', states: alertStates, height: 6, width: 12,
      description: 'When each alert was pending and when it fired: of the selected routes, and of the machinery.',
      queries: [{
        expr: `max by (alertname, namespace, route, arm) (\n  1 * ${alertsOfRoutes('pending')}\n  or\n  2 * ${alertsOfRoutes('firing')}\n)`,
        legend: `{{alertname}} ${route} {{arm}}`,
      }],
    }))
    .withRow(row('What users get'))
    .withPanel(lines({
      id: 12, title: 'Failed requests by route', unit: 'percentunit', min: 0, width: 8, empty: 'no traffic', link: seriesToModelsOfRoute,
      description: 'Share of the requests of a route that its arms answered with an error, over five minutes. The ten worst.',
      threshold: { value: 0.05, color: color.limit },
      queries: [{ expr: worst(`bandit:route_failures:ratio_rate5m{${ROUTE}}`), legend: route }],
    }))
    .withPanel(lines({
      id: 14, title: 'Errors at the gateway', unit: 'percentunit', min: 0, width: 8, empty: 'no HAProxy', link: seriesToRoute,
      description: 'Share of the answers of a route\'s HAProxy backend that are 5xx, over five minutes: those of its arms, and those that no arm saw (refused, queued too long, timed out). Where this is above the failed requests, the difference is the gateway\'s. The ten worst.',
      threshold: { value: 0.05, color: color.limit },
      queries: [{ expr: worst(`bandit:route_gateway_failures:ratio_rate5m{${ROUTE}}`), legend: route }],
    }))
    .withPanel(lines({
      id: 13, title: 'Time to answer, 95th percentile', unit: 's', min: 0, width: 8, empty: 'nothing answered', link: seriesToRoute,
      description: 'One request in twenty takes a model server longer than this, all arms of a route together, over five minutes. The ten slowest.',
      threshold: { value: 0.25, color: color.limit },
      queries: [{ expr: worst(`bandit:route_prediction_duration_seconds:p95_rate5m{${ROUTE}}`), legend: route }],
    }))
    .withRow(row('Are decisions made, and obeyed?'))
    .withPanel(lines({
      id: 30, title: 'Routes by verdict', unit: 'short', min: 0, width: 8, empty: 'no decision yet',
      description: 'How many routes came to which verdict at their last decision. Held means that nothing could be decided.',
      starts: Object.fromEntries(verdicts.map((v) => [v.name, v.color])),
      queries: [{ expr: `count by (verdict) (group by (namespace, route, verdict) (bandit_route_decision_info{${ROUTE}} == 1))`, legend: '{{verdict}}' }],
    }))
    .withPanel(lines({
      id: 31, title: 'Changes of leader', unit: 'short', min: 0, width: 8, empty: 'none', link: seriesToRoute,
      description: 'Changes of leader in the hour before, of the ten routes where it changes most. More than six is oscillation.',
      threshold: { value: 6, color: color.limit },
      queries: [{ expr: worst(`sum by (namespace, route) (increase(bandit_operator_leader_changes_total{${ROUTE}}[1h]))`), legend: route }],
    }))
    .withPanel(lines({
      id: 32, title: 'Age of the data', unit: 's', min: 0, width: 8, empty: 'never observed', link: seriesToRoute,
      description: 'Age of the newest data that the last decision rested on, of the ten routes where it is oldest.',
      queries: [{ expr: worst(`(${age(perRoute('bandit_route_last_observation_timestamp_seconds'))})`), legend: route }],
    }))
    .withPanel(lines({
      id: 11, title: 'Decided and not applied', unit: 'percentunit', steps: true, min: 0, empty: 'not known', link: seriesToRoute,
      description: 'Largest difference between what was decided for an arm and what the data plane says that it does, of the ten routes where it is largest. In Shadow it is what would be changed.',
      queries: [{ expr: worst(`max by (namespace, route) (abs(${desired} - ${applied}))`), legend: route }],
    }))
    .withPanel(lines({
      id: 33, title: 'Applied and not observed', unit: 'percentunit', min: 0, empty: 'no traffic', link: seriesToRoute,
      description: 'Largest difference between the weight of an arm and its share of the requests over one minute, of the ten routes where it is largest. Little traffic makes it large by chance; the mismatch on the route\'s dashboard tells.',
      queries: [{ expr: worst(`max by (namespace, route) (abs(${applied} - ${observed}))`), legend: route }],
    }))
    .withRow(row('Who gets what'))
    .withPanel(rows({
      id: 10, title: 'Arms', unit: 'percentunit', empty: 'no arm', by: ['namespace', 'route', 'arm'], height: 10,
      links: { route: rowToRoute, arm: rowToModels },
      description: 'One row per arm: the split as it was decided, as it is in force, and as it happens over one minute; the reward that routing goes by, with its standard error, and how likely the arm is best.',
      queries: [
        { expr: stateNumber('namespace, route, arm', 'bandit_arm_state', ARM, armStates) },
        { expr: desired },
        { expr: applied },
        { expr: `max by (namespace, route, arm) (${observed})` },
        { expr: perArm('bandit_arm_reward_ema') },
        { expr: perArm('bandit_arm_reward_standard_error') },
        { expr: perArm('bandit_arm_probability_best_ratio') },
        { expr: perArm('bandit_arm_window_samples') },
      ],
      columns: [
        { name: 'State', states: armStates },
        { name: 'Desired', unit: 'percentunit', bar: true },
        { name: 'Applied', unit: 'percentunit', bar: true },
        { name: 'Observed', unit: 'percentunit', bar: true },
        { name: 'Reward', unit: 'percentunit' },
        { name: 'Standard error', unit: 'percentunit' },
        { name: 'Is best', unit: 'percentunit' },
        { name: 'Samples', unit: 'short' },
      ],
    }));
}
