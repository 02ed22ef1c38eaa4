/* SPDX-License-Identifier: Apache-2.0 */
/* One route, or some side by side: who gets traffic, why, since when, how sure are we, what
 * did exploring cost, and did the data plane obey? */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, row } from '../board';
import { armStates, color, modes, truths, verdicts } from '../colors';
import { seriesToModels, seriesToModelsOfRoute } from '../links';
import { DASHED, DOTTED, about, band, figure, lines, rows, timeline } from '../panels';
import { ARM, ROUTE, age, gatewayAnswers, labelNumber, perArm, perRoute, stateNumber } from '../queries';

const route = '{{namespace}}/{{route}}';
/* In rows that stand once for each route; one of the same name may be in two namespaces. */
const arm = '{{namespace}} {{arm}}';

/* A band is drawn between two series, so there may be no more: of one arm of one route. */
const alone = `and on () count(group by (namespace, route) (bandit_route_info{${ROUTE}})) == 1`;
const ema = perArm('bandit_arm_reward_ema');
const error = perArm('bandit_arm_reward_standard_error');

/* A number of the specification, beside the words of it. */
const setting = (metric: string): string =>
  `${perRoute(metric)} * on (namespace, route) group_right () max by (namespace, route, policy, target_kind, target_name, window, baseline) (bandit_route_info{${ROUTE}})`;

function now(d: dashboard.DashboardBuilder): void {
  d
    .withPanel(figure({
      id: 2, title: 'Leader', unit: 'none', name: true, empty: 'none',
      description: 'The arm that the route follows now.',
      queries: [{ expr: `${perArm('bandit_arm_leader')} == 1`, legend: `${route} {{arm}}` }],
    }))
    .withPanel(figure({
      id: 3, title: 'Verdict', unit: 'none', states: verdicts, empty: 'none yet',
      description: 'What the last decision came to.',
      queries: [{ expr: labelNumber('namespace, route', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts), legend: route }],
    }))
    .withPanel(figure({
      id: 4, title: 'Age of the data', unit: 's', decimals: 0, empty: 'never observed',
      description: 'Age of the newest scrape that the last decision rested on. Beyond maxDataAge decisions are held.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }],
      queries: [{ expr: age(perRoute('bandit_route_last_observation_timestamp_seconds')), legend: route }],
    }))
    .withPanel(figure({
      id: 5, title: 'Explored', unit: 'percentunit', min: 0, max: 1, empty: 'not known',
      description: 'Share of the traffic that does not follow the best arm, on purpose: the price of knowing.',
      queries: [{ expr: perRoute('bandit_route_exploration_ratio'), legend: route }],
    }))
    .withPanel(figure({
      id: 6, title: 'Requests', unit: 'reqps', empty: 'no traffic',
      description: 'Valid prediction requests a second over five minutes.',
      queries: [{ expr: `bandit:route_requests:rate5m{${ROUTE}}`, legend: route }],
    }))
    .withPanel(figure({
      id: 7, title: 'Mode', unit: 'none', states: modes, empty: 'not known',
      description: 'Active decides and writes; Shadow decides only, and the weights in force are somebody else\'s; Frozen measures only.',
      queries: [{ expr: stateNumber('namespace, route', 'bandit_route_mode', ROUTE, modes), legend: route }],
    }));
}

function weights(d: dashboard.DashboardBuilder): void {
  d
    .withRow(row('Weights of $route: decided, in force, happening', 'route'))
    .withPanel(lines({
      id: 10, title: 'Desired weights', unit: 'percentunit', stacked: true, steps: true, min: 0, width: 8, empty: 'no decision yet', link: seriesToModels,
      description: 'The split that the operator decided.',
      queries: [{ expr: perArm('bandit_arm_desired_weight_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 11, title: 'Applied weights', unit: 'percentunit', stacked: true, steps: true, min: 0, width: 8, empty: 'not read back yet', link: seriesToModels,
      description: 'The split as read back from the data plane.',
      queries: [{ expr: perArm('bandit_arm_applied_weight_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 12, title: 'Observed shares', unit: 'percentunit', stacked: true, min: 0, width: 8, empty: 'no traffic', link: seriesToModels,
      description: 'The split of the requests that the arms counted, over one minute.',
      queries: [{ expr: `bandit:arm_traffic_share:ratio_rate1m{${ARM}}`, legend: arm }],
    }))
    .withPanel(lines({
      id: 13, title: 'Desired minus applied', unit: 'percentunit', steps: true, centered: true, width: 8, empty: 'not known',
      description: 'Where this is not near zero for longer than one interval, the data plane does not carry what was decided. In Shadow it is what would be changed.',
      queries: [{ expr: `${perArm('bandit_arm_desired_weight_ratio')} - ${perArm('bandit_arm_applied_weight_ratio')}`, legend: arm }],
    }))
    .withPanel(lines({
      id: 14, title: 'Mismatch of shares, against chance', unit: 'none', min: 0, width: 8, empty: 'no traffic',
      description: 'Chi-square of the observed shares against the applied weights over five minutes, divided by its critical value at one in ten thousand. Above 1 chance does not explain it; a change of weights may lift it for as long as the window.',
      threshold: { value: 1, color: color.limit },
      queries: [{ expr: `bandit:route_share_mismatch:chi_square5m{${ROUTE}} / bandit:route_share_mismatch:chi_square_critical{${ROUTE}}`, legend: route }],
    }))
    .withPanel(lines({
      id: 15, title: 'What the decided split would earn more', unit: 'percentunit', steps: true, centered: true, width: 8, empty: 'not known',
      description: 'Reward of a request under the decided weights less that under the weights in force, from the smoothed rewards. In Shadow: what it would gain to make the route Active, as far as rewards do not depend on load. In Active it is near zero.',
      queries: [{ expr: `sum by (namespace, route) (\n  (${perArm('bandit_arm_desired_weight_ratio')} - ${perArm('bandit_arm_applied_weight_ratio')})\n  * ${ema}\n)`, legend: route }],
    }));
}

function rewards(d: dashboard.DashboardBuilder): void {
  d
    .withRow(row('Rewards of $route: why the split is as it is, and how sure that is', 'route'))
    .withPanel(lines({
      id: 20, title: 'Smoothed rewards', unit: 'percentunit', min: 0, max: 1, empty: 'no reward yet', link: seriesToModels,
      description: 'The moving average (EMA) of each arm\'s reward, which routing goes by.',
      queries: [{ expr: ema, legend: arm }],
    }))
    .withPanel(lines({
      id: 21, title: 'Probability of being the best', unit: 'percentunit', min: 0, max: 1, empty: 'not known yet', link: seriesToModels,
      description: 'How likely each arm is to have the highest reward, given the samples of the window.',
      queries: [{ expr: perArm('bandit_arm_probability_best_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 22, title: 'Objectives', unit: 'percentunit', min: 0, max: 1, empty: 'no events yet', link: seriesToModels,
      description: 'The parts that the reward is made of: good events over all events of the window, for each objective. Latency is dashed, accuracy dotted.',
      queries: [
        { expr: `max by (namespace, route, arm, objective) (bandit_arm_objective_ratio{${ARM},objective!~"latency|accuracy"})`, legend: `{{objective}} ${arm}` },
        { expr: `max by (namespace, route, arm) (bandit_arm_objective_ratio{${ARM},objective="latency"})`, legend: `latency ${arm}`, dash: DASHED },
        { expr: `max by (namespace, route, arm) (bandit_arm_objective_ratio{${ARM},objective="accuracy"})`, legend: `accuracy ${arm}`, dash: DOTTED },
      ],
    }))
    .withPanel(lines({
      id: 23, title: 'Samples in the window', unit: 'short', min: 0, empty: 'no samples', link: seriesToModels,
      description: 'Events that each arm\'s reward rests on. Below the warm-up an arm cannot lead.',
      queries: [{ expr: perArm('bandit_arm_window_samples'), legend: arm }],
    }));
}

function decisions(d: dashboard.DashboardBuilder): void {
  d
    .withRow(row('Decisions of $route: what was decided when', 'route'))
    .withPanel(timeline({
      id: 30, title: 'Leader', unit: 'none', empty: 'no leader yet', states: [{ name: 'leads', color: color.good }],
      description: 'The arm that leads, over time. A gap means that none does.',
      queries: [{ expr: `${perArm('bandit_arm_leader')} == 1`, legend: arm }],
    }))
    .withPanel(timeline({
      id: 31, title: 'Verdicts and reasons', unit: 'none', empty: 'no decision yet', states: verdicts, height: 8,
      description: 'What each decision came to and why; a line per reason.',
      queries: [{ expr: labelNumber('namespace, route, reason', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts), legend: '{{namespace}} {{reason}}' }],
    }))
    .withPanel(timeline({
      id: 32, title: 'States of the arms', unit: 'none', empty: 'not known', states: armStates,
      description: 'Warm-up, active, ejected (an objective fell below its minimum), re-entering with a bounded share, or without a live backend.',
      queries: [{ expr: stateNumber('namespace, route, arm', 'bandit_arm_state', ARM, armStates), legend: arm }],
    }))
    .withPanel(timeline({
      id: 35, title: 'Conditions', unit: 'none', empty: 'none yet', states: truths, height: 8,
      description: 'What the operator says of the route, as in its status. True is good news of Ready, MetricsAvailable and RouteProgrammed, and bad news of Degraded.',
      queries: [{ expr: labelNumber('namespace, route, condition', 'bandit_route_condition', 'status', ROUTE, truths.map((t) => ({ ...t, name: t.name.toLowerCase() }))), legend: '{{namespace}} {{condition}}' }],
    }))
    .withPanel(lines({
      id: 33, title: 'Decisions', unit: 'ops', min: 0, empty: 'no decisions',
      description: 'Decisions a second by verdict, as the operator counts them.',
      starts: Object.fromEntries(verdicts.map((v) => [v.name, v.color])),
      queries: [{ expr: `sum by (namespace, route, verdict) (rate(bandit_operator_decisions_total{${ROUTE}}[$__rate_interval]))`, legend: '{{verdict}} {{namespace}}' }],
    }))
    .withPanel(lines({
      id: 34, title: 'Changes of leader', unit: 'short', min: 0, empty: 'none',
      description: 'Changes of leader in the hour before. More than six is oscillation.',
      threshold: { value: 6, color: color.limit },
      queries: [{ expr: `sum by (namespace, route) (increase(bandit_operator_leader_changes_total{${ROUTE}}[1h]))`, legend: route }],
    }));
}

function users(d: dashboard.DashboardBuilder): void {
  const quantile = (q: string) => `bandit:route_prediction_duration_seconds:${q}_rate5m{${ROUTE}}`;
  d
    .withRow(row('What users of $route get', 'route'))
    .withPanel(lines({
      id: 16, title: 'Time to answer', unit: 's', min: 0, width: 8, empty: 'nothing answered', link: seriesToModelsOfRoute,
      description: 'Median (dotted), 95th and 99th (dashed) percentile of the time a model server takes to answer, all arms together, over five minutes.',
      threshold: { value: 0.25, color: color.limit },
      queries: [
        { expr: quantile('p50'), legend: `p50 ${route}`, dash: DOTTED, color: color.p50 },
        { expr: quantile('p95'), legend: `p95 ${route}`, color: color.p95 },
        { expr: quantile('p99'), legend: `p99 ${route}`, dash: DASHED, color: color.p99 },
      ],
    }))
    .withPanel(lines({
      id: 17, title: 'Failed requests by arm', unit: 'percentunit', min: 0, width: 8, empty: 'no traffic', link: seriesToModels,
      description: 'Share of the requests of each arm that it answered with an error, over five minutes.',
      threshold: { value: 0.05, color: color.limit },
      queries: [{ expr: `bandit:arm_failures:ratio_rate5m{${ARM}}`, legend: arm }],
    }))
    .withPanel(lines({
      id: 18, title: 'Answers of the gateway', unit: 'reqps', min: 0, width: 8, empty: 'no HAProxy',
      description: 'Answers a second of the HAProxy backend that this route is programmed into, by class of code: those of the arms, and those that no arm saw (refused, queued too long, timed out).',
      starts: { '2xx': color.good, '3xx': color.p50, '4xx': color.warning, '5xx': color.bad },
      queries: [{ expr: gatewayAnswers('code=~"[2-5]xx"', 'proxy, code'), legend: '{{code}} {{proxy}}' }],
    }));
}

function price(d: dashboard.DashboardBuilder): void {
  const rate = (counter: string) => `sum by (namespace, route) (rate(${counter}{${ROUTE}}[$__rate_interval]))`;
  d
    .withRow(row('The price: what was lost by not knowing better'))
    .withPanel(lines({
      id: 40, title: 'Estimated regret', unit: 'suffix: reward/s', min: 0, empty: 'none yet',
      description: 'Reward lost a second against always choosing the arm that now looks best; an estimate from the rewards and the split.',
      queries: [{ expr: rate('bandit_operator_estimated_regret_total'), legend: route }],
    }))
    .withPanel(lines({
      id: 41, title: 'Cost of exploring', unit: 'suffix: reward/s', min: 0, empty: 'none yet',
      description: 'The part of the regret that exploring on purpose explains.',
      queries: [{ expr: rate('bandit_operator_exploration_cost_total'), legend: route }],
    }));
}

function settings(d: dashboard.DashboardBuilder): void {
  d
    .withRow(row('Specification in force'))
    .withPanel(rows({
      id: 50, title: 'Settings', unit: 'none', empty: 'no route', by: ['namespace', 'route', 'policy', 'target_kind', 'target_name', 'window', 'baseline'], height: 5,
      description: 'Policy, target, window and baseline, and the limits that the specification sets. Where the two generations differ, a change has not been taken up yet.',
      queries: [
        { expr: setting('bandit_route_interval_seconds') },
        { expr: setting('bandit_route_max_data_age_seconds') },
        { expr: setting('bandit_route_min_weight_ratio') },
        { expr: setting('bandit_route_generation') },
        { expr: setting('bandit_route_observed_generation') },
        { expr: setting('bandit_route_status_max_lag_seconds') },
      ],
      columns: [
        { name: 'Interval', unit: 's' },
        { name: 'Maximum data age', unit: 's' },
        { name: 'Minimum weight', unit: 'percentunit' },
        { name: 'Generation' },
        { name: 'Observed generation' },
        { name: 'Status lag', unit: 's' },
      ],
    }))
    .withPanel(rows({
      id: 51, title: 'Objectives', unit: 'none', empty: 'no objective', by: ['namespace', 'route', 'objective'], height: 6, width: 12,
      description: 'What the reward is made of: the share of each objective in it, and the ratio below which an arm is ejected, where one is set.',
      queries: [
        { expr: `max by (namespace, route, objective) (bandit_route_objective_weight_ratio{${ROUTE}})` },
        { expr: `max by (namespace, route, objective) (bandit_route_objective_min_ratio{${ROUTE}})` },
      ],
      columns: [{ name: 'Share', unit: 'percentunit', bar: true }, { name: 'Minimum', unit: 'percentunit' }],
    }))
    .withPanel(lines({
      id: 52, title: 'Objectives outside 0 to 1', unit: 'ops', min: 0, height: 6, empty: 'none',
      description: 'Ratios a second that were above 1 or below 0 and had to be cut: an objective of yours counts more good events than events. Should be zero.',
      queries: [{ expr: `sum by (namespace, route) (rate(bandit_operator_reward_clamps_total{${ROUTE}}[$__rate_interval]))\nor\n0 * ${perRoute('bandit_route_info')}`, legend: route }],
    }));
}

export function routeBoard(): dashboard.DashboardBuilder {
  const d = board({
    uid: 'bandit-route',
    title: 'Bandit Router / Route',
    description: 'The whole decision of a route: weights, rewards, certainty, verdicts, and what exploring cost.',
    variables: ['namespace', 'routes', 'arm'],
    from: 'now-15m',
    marks: 'routes',
  }).withPanel(about(1, 'One route, from decision to effect; choose more than one, and each has rows of its own. **Weights:** did the data plane and the traffic obey? **Rewards:** why is the split as it is, and how sure is that? **Decisions:** what was decided when. Changes of leader are marked in every graph. Click an arm to see what its model does.'));
  now(d);
  weights(d);
  rewards(d);
  d.withRow(row('Each arm: its reward, and how far that is known')).withPanel(band({
    id: 24, title: 'Reward of $arm', unit: 'percentunit', min: 0, max: 1, repeat: 'arm', width: 8, empty: 'no reward yet, or more than one route is chosen',
    description: 'Reward of the last window (grey), its moving average, and a band of two standard errors: where bands of arms overlap, nobody knows which is better. Of one route; choose it.',
    queries: [
      { expr: `${ema} + 2 * ${error} ${alone}`, legend: 'upper', color: color.good },
      { expr: `${ema} ${alone}`, legend: 'smoothed', color: color.good },
      { expr: `${ema} - 2 * ${error} ${alone}`, legend: 'lower', color: color.good },
      { expr: `${perArm('bandit_arm_reward')} ${alone}`, legend: 'last window', color: color.neutral },
    ],
  }));
  decisions(d);
  users(d);
  price(d);
  settings(d);
  return d;
}
