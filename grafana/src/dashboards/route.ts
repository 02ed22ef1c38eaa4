/* SPDX-License-Identifier: Apache-2.0 */
/* One route: who gets traffic, why, since when, how sure are we, what did exploring cost,
 * and did the data plane obey? */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board';
import { armStates, color, modes, truths, verdicts } from '../colors';
import { about, band, figure, lines, rows, timeline } from '../panels';
import { ARM, ROUTE, age, labelNumber, perArm, perRoute, stateNumber } from '../queries';

const row = (title: string) => new dashboard.RowBuilder(title);
const arm = '{{route}} {{arm}}';

/* A number of the specification, beside the words of it. */
const setting = (metric: string): string =>
  `${perRoute(metric)} * on (namespace, route) group_right () max by (namespace, route, policy, target_kind, target_name, window, baseline) (bandit_route_info{${ROUTE}})`;

export function route(): dashboard.DashboardBuilder {
  return board({
    uid: 'bandit-route',
    title: 'Bandit Router / Route',
    description: 'The whole decision of a route: weights, rewards, certainty, verdicts, and what exploring cost.',
    variables: ['namespace', 'route', 'arm'],
    refresh: '5s',
    from: 'now-15m',
    events: true,
  })
    .withPanel(about(1, 'One route, from decision to effect. **Weights:** did the data plane and the traffic obey? **Rewards:** why is the split as it is, and how sure is that? **Decisions:** what was decided when. Changes of leader are marked in every graph.'))
    .withPanel(figure({
      id: 2, title: 'Leader', unit: 'none', name: true, empty: 'none',
      description: 'The arm that the route follows now.',
      queries: [{ expr: `${perArm('bandit_arm_leader')} == 1`, legend: '{{arm}}' }],
    }))
    .withPanel(figure({
      id: 3, title: 'Verdict', unit: 'none', states: verdicts, empty: 'none yet',
      description: 'What the last decision came to.',
      queries: [{ expr: labelNumber('namespace, route', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts), legend: '{{route}}' }],
    }))
    .withPanel(figure({
      id: 4, title: 'Age of the data', unit: 's', decimals: 0, empty: 'never observed',
      description: 'Age of the newest scrape that the last decision rested on. Beyond maxDataAge decisions are held.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }],
      queries: [{ expr: age(perRoute('bandit_route_last_observation_timestamp_seconds')), legend: '{{route}}' }],
    }))
    .withPanel(figure({
      id: 5, title: 'Explored', unit: 'percentunit', min: 0, max: 1, empty: 'not known',
      description: 'Share of the traffic that does not follow the best arm, on purpose: the price of knowing.',
      queries: [{ expr: perRoute('bandit_route_exploration_ratio'), legend: '{{route}}' }],
    }))
    .withPanel(figure({
      id: 6, title: 'Requests', unit: 'reqps', empty: 'no traffic',
      description: 'Valid prediction requests a second over five minutes.',
      queries: [{ expr: `bandit:route_requests:rate5m{${ROUTE}}`, legend: '{{route}}' }],
    }))
    .withPanel(figure({
      id: 7, title: 'Mode', unit: 'none', states: modes, empty: 'not known',
      description: 'Active decides and writes; Shadow decides only, and the weights in force are somebody else\'s; Frozen measures only.',
      queries: [{ expr: stateNumber('namespace, route', 'bandit_route_mode', ROUTE, modes), legend: '{{route}}' }],
    }))
    .withRow(row('Weights: decided, in force, happening'))
    .withPanel(lines({
      id: 10, title: 'Desired weights', unit: 'percentunit', stacked: true, steps: true, min: 0, max: 1, width: 8, empty: 'no decision yet',
      description: 'The split that the operator decided.',
      queries: [{ expr: perArm('bandit_arm_desired_weight_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 11, title: 'Applied weights', unit: 'percentunit', stacked: true, steps: true, min: 0, max: 1, width: 8, empty: 'not read back yet',
      description: 'The split as read back from the data plane.',
      queries: [{ expr: perArm('bandit_arm_applied_weight_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 12, title: 'Observed shares', unit: 'percentunit', stacked: true, min: 0, max: 1, width: 8, empty: 'no traffic',
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
      queries: [{ expr: `bandit:route_share_mismatch:chi_square5m{${ROUTE}} / bandit:route_share_mismatch:chi_square_critical{${ROUTE}}`, legend: '{{route}}' }],
    }))
    .withPanel(lines({
      id: 15, title: 'What the decided split would earn more', unit: 'percentunit', steps: true, centered: true, width: 8, empty: 'not known',
      description: 'Reward of a request under the decided weights less that under the weights in force, from the smoothed rewards. In Shadow: what it would gain to make the route Active, as far as rewards do not depend on load. In Active it is near zero.',
      queries: [{ expr: `sum by (namespace, route) (\n  (${perArm('bandit_arm_desired_weight_ratio')} - ${perArm('bandit_arm_applied_weight_ratio')})\n  * ${perArm('bandit_arm_reward_ema')}\n)`, legend: '{{route}}' }],
    }))
    .withRow(row('Rewards: why the split is as it is, and how sure that is'))
    .withPanel(lines({
      id: 20, title: 'Smoothed rewards', unit: 'percentunit', min: 0, max: 1, empty: 'no reward yet',
      description: 'The moving average (EMA) of each arm\'s reward, which routing goes by.',
      queries: [{ expr: perArm('bandit_arm_reward_ema'), legend: arm }],
    }))
    .withPanel(lines({
      id: 21, title: 'Probability of being the best', unit: 'percentunit', min: 0, max: 1, empty: 'not known yet',
      description: 'How likely each arm is to have the highest reward, given the samples of the window.',
      queries: [{ expr: perArm('bandit_arm_probability_best_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 22, title: 'Objectives', unit: 'percentunit', min: 0, max: 1, empty: 'no events yet',
      description: 'The parts that the reward is made of: good events over all events of the window, for each objective.',
      queries: [{ expr: `max by (namespace, route, arm, objective) (bandit_arm_objective_ratio{${ARM}})`, legend: '{{arm}} {{objective}}' }],
    }))
    .withPanel(lines({
      id: 23, title: 'Samples in the window', unit: 'short', min: 0, empty: 'no samples',
      description: 'Events that each arm\'s reward rests on. Below the warm-up an arm cannot lead.',
      queries: [{ expr: perArm('bandit_arm_window_samples'), legend: arm }],
    }))
    .withPanel(band({
      id: 24, title: 'Reward of $arm', unit: 'percentunit', min: 0, max: 1, repeat: 'arm', width: 8, empty: 'no reward yet',
      description: 'Reward of the last window (dots of the raw value join to the thin line), its moving average, and a band of two standard errors.',
      queries: [
        { expr: `${perArm('bandit_arm_reward_ema')} + 2 * ${perArm('bandit_arm_reward_standard_error')}`, legend: 'upper' },
        { expr: perArm('bandit_arm_reward_ema'), legend: 'smoothed', color: color.good },
        { expr: `${perArm('bandit_arm_reward_ema')} - 2 * ${perArm('bandit_arm_reward_standard_error')}`, legend: 'lower' },
        { expr: perArm('bandit_arm_reward'), legend: 'last window', color: color.neutral },
      ],
    }))
    .withRow(row('Decisions: what was decided when'))
    .withPanel(timeline({
      id: 30, title: 'Leader', unit: 'none', empty: 'no leader yet', states: [{ name: 'leads', color: color.good }],
      description: 'The arm that leads, over time.',
      queries: [{ expr: `${perArm('bandit_arm_leader')} == 1`, legend: arm }],
    }))
    .withPanel(timeline({
      id: 31, title: 'Verdicts and reasons', unit: 'none', empty: 'no decision yet', states: verdicts, height: 8,
      description: 'What each decision came to and why; a line per reason.',
      queries: [{ expr: labelNumber('namespace, route, reason', 'bandit_route_decision_info', 'verdict', ROUTE, verdicts), legend: '{{route}} {{reason}}' }],
    }))
    .withPanel(timeline({
      id: 32, title: 'States of the arms', unit: 'none', empty: 'not known', states: armStates,
      description: 'Warm-up, active, ejected (an objective fell below its minimum), re-entering with a bounded share, or without a live backend.',
      queries: [{ expr: stateNumber('namespace, route, arm', 'bandit_arm_state', ARM, armStates), legend: arm }],
    }))
    .withPanel(timeline({
      id: 35, title: 'Conditions', unit: 'none', empty: 'none yet', states: truths, height: 8,
      description: 'What the operator says of the route, as in its status. True is good news of Ready, MetricsAvailable and RouteProgrammed, and bad news of Degraded.',
      queries: [{ expr: labelNumber('namespace, route, condition', 'bandit_route_condition', 'status', ROUTE, truths.map((t) => ({ ...t, name: t.name.toLowerCase() }))), legend: '{{route}} {{condition}}' }],
    }))
    .withPanel(lines({
      id: 33, title: 'Decisions', unit: 'ops', min: 0, empty: 'no decisions',
      description: 'Decisions a second by verdict, as the operator counts them.',
      queries: [{ expr: `sum by (verdict) (rate(bandit_operator_decisions_total{${ROUTE}}[$__rate_interval]))`, legend: '{{verdict}}' }],
    }))
    .withPanel(lines({
      id: 34, title: 'Changes of leader', unit: 'short', min: 0, empty: 'none',
      description: 'Changes of leader in the hour before. More than six is oscillation.',
      threshold: { value: 6, color: color.limit },
      queries: [{ expr: `sum by (namespace, route) (increase(bandit_operator_leader_changes_total{${ROUTE}}[1h]))`, legend: '{{route}}' }],
    }))
    .withRow(row('The price: what was lost by not knowing better'))
    .withPanel(lines({
      id: 40, title: 'Estimated regret', unit: 'none', min: 0, empty: 'none yet',
      description: 'Reward lost a second against always choosing the arm that now looks best; an estimate from the rewards and the split.',
      queries: [{ expr: `sum by (namespace, route) (rate(bandit_operator_estimated_regret_total{${ROUTE}}[$__rate_interval]))`, legend: '{{route}}' }],
    }))
    .withPanel(lines({
      id: 41, title: 'Cost of exploring', unit: 'none', min: 0, empty: 'none yet',
      description: 'The part of the regret that exploring on purpose explains, in reward a second.',
      queries: [{ expr: `sum by (namespace, route) (rate(bandit_operator_exploration_cost_total{${ROUTE}}[$__rate_interval]))`, legend: '{{route}}' }],
    }))
    .withRow(row('What the route is told to do'))
    .withPanel(rows({
      id: 50, title: 'Settings', unit: 'none', empty: 'no route', by: ['namespace', 'route', 'policy', 'target_kind', 'target_name', 'window', 'baseline'], height: 5,
      description: 'The specification in force: policy, target, window and baseline, and the limits that it sets. Where the two generations differ, a change has not been taken up yet.',
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
        { name: 'Oldest data', unit: 's' },
        { name: 'Floor', unit: 'percentunit' },
        { name: 'Generation' },
        { name: 'Taken up' },
        { name: 'Status lags by', unit: 's' },
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
      id: 52, title: 'Rewards that had to be cut', unit: 'ops', min: 0, height: 6, empty: 'none',
      description: 'Ratios above 1 or below 0 a second: an objective of yours that counts more good events than events. Should be zero.',
      queries: [{ expr: `sum by (namespace, route) (rate(bandit_operator_reward_clamps_total{${ROUTE}}[$__rate_interval]))\nor\n0 * ${perRoute('bandit_route_info')}`, legend: '{{route}}' }],
    }));
}
