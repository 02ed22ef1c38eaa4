/* SPDX-License-Identifier: Apache-2.0 */
/* Error budgets of routes, weighted by request. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board';
import { color } from '../colors';
import { about, figure, lines, rows } from '../panels';
import { ROUTE } from '../queries';

const row = (title: string) => new dashboard.RowBuilder(title);

/* The panels of one objective; their ids begin at `id`. */
function section(d: dashboard.DashboardBuilder, id: number, slo: string, good: string, target: string): void {
  const S = `${ROUTE},slo="${slo}"`;
  d.withRow(row(`${target} of requests ${good}`))
    .withPanel(figure({
      id, title: `Budget left: ${slo}`, unit: 'percentunit', width: 8, height: 8, empty: 'no traffic',
      description: 'What is left of 30 days\' budget: 100 % is all of it, below 0 it is overspent.',
      steps: [{ from: null, color: color.bad }, { from: 0, color: color.warning }, { from: 0.25, color: color.good }],
      queries: [{ expr: `bandit:route_slo_budget:ratio_remaining30d{${S}}`, legend: '{{namespace}}/{{route}}' }],
    }))
    .withPanel(lines({
      id: id + 1, title: `Bad events: ${slo}`, unit: 'percentunit', min: 0, width: 8, empty: 'no traffic',
      description: `Share of requests that were not ${good}, over five minutes and over three days.`,
      queries: [
        { expr: `bandit:route_slo_errors:ratio_rate5m{${S}}`, legend: '{{route}} 5m' },
        { expr: `bandit:route_slo_errors:ratio_rate3d{${S}}`, legend: '{{route}} 3d' },
      ],
    }))
    .withPanel(lines({
      id: id + 2, title: `Burn rate: ${slo}`, unit: 'none', min: 0, width: 8, empty: 'no traffic',
      description: 'How many times faster than allowed the budget is spent, in four windows. A page needs 14.4 in the hour (with the five minutes) or 6 in six hours, a ticket 3 in a day or 1 in three.',
      threshold: { value: 14.4, color: color.limit },
      queries: ['5m', '1h', '6h', '3d'].map((w) => ({ expr: `bandit:route_slo_burn:ratio_rate${w}{${S}}`, legend: `{{route}} ${w}` })),
    }));
}

export function slo(): dashboard.DashboardBuilder {
  const d = board({
    uid: 'bandit-slo',
    title: 'Bandit Router / SLO',
    description: 'Error budgets and burn rates of routes, for success and latency.',
    variables: ['namespace', 'route'],
    refresh: '30s',
    from: 'now-6h',
    events: true,
  }).withPanel(about(1, 'How much room for errors is left. Requests are weighted as they come, whichever arm served them: the split moves, the promise to users does not. Targets are the rules `bandit:slo_objective:ratio`.'));
  section(d, 10, 'success', 'answered without an error', '99 %');
  section(d, 20, 'latency', 'answered within 25 ms', '95 %');
  return d.withRow(row('Volume')).withPanel(rows({
    id: 30, title: 'Events and errors of the last hour', unit: 'short', empty: 'no traffic', by: ['namespace', 'route', 'slo'], height: 6,
    description: 'Absolute numbers: at little traffic a ratio says little. Below a hundred events an hour the fast burn alerts are silent.',
    queries: [
      { expr: `sum by (namespace, route, slo) (bandit:route_slo_events:increase1h{${ROUTE}})` },
      { expr: `sum by (namespace, route, slo) (bandit:route_slo_errors:increase1h{${ROUTE}})` },
    ],
    columns: [{ name: 'Events', unit: 'short' }, { name: 'Errors', unit: 'short' }],
  }));
}
