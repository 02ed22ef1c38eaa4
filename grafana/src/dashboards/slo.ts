/* SPDX-License-Identifier: Apache-2.0 */
/* Error budgets of routes, weighted by request. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, row } from '../board';
import { color } from '../colors';
import { rowToRoute, seriesToRoute } from '../links';
import { DASHED, about, figure, lines, rows } from '../panels';
import { ROUTE, worst } from '../queries';

const route = '{{namespace}}/{{route}}';

/* An alert wants both windows above its threshold: the long one shows that it matters, the
 * short one (dashed) that it still goes on. */
interface Burn {
  id: number;
  title: string;
  pairs: { long: string; short: string; limit: number }[];
}

/* The panels of one objective; their ids begin at `id`. */
function section(d: dashboard.DashboardBuilder, id: number, slo: string, good: string, target: string): void {
  const S = `${ROUTE},slo="${slo}"`;
  const burns: Burn[] = [
    { id: id + 2, title: `Fast burn: ${slo}`, pairs: [{ long: '1h', short: '5m', limit: 14.4 }, { long: '6h', short: '30m', limit: 6 }] },
    { id: id + 3, title: `Slow burn: ${slo}`, pairs: [{ long: '1d', short: '2h', limit: 3 }, { long: '3d', short: '6h', limit: 1 }] },
  ];
  d.withRow(row(`${target} of requests ${good}`))
    .withPanel(figure({
      id, title: `Budget left: ${slo}`, unit: 'percentunit', width: 6, height: 8, empty: 'no traffic',
      description: 'What is left of 30 days\' budget: 100 % is all of it, below 0 it is overspent. The ten routes with least.',
      steps: [{ from: null, color: color.bad }, { from: 0, color: color.warning }, { from: 0.25, color: color.good }],
      queries: [{ expr: `bottomk(10, bandit:route_slo_budget:ratio_remaining30d{${S}})`, legend: route }],
    }))
    .withPanel(lines({
      id: id + 1, title: `Bad events: ${slo}`, unit: 'percentunit', min: 0, width: 18, empty: 'no traffic', link: seriesToRoute,
      description: `Share of requests that were not ${good}, over five minutes and over three days (dashed). The ten worst routes.`,
      queries: [
        { expr: worst(`bandit:route_slo_errors:ratio_rate5m{${S}}`), legend: `5m ${route}` },
        { expr: worst(`bandit:route_slo_errors:ratio_rate3d{${S}}`), legend: `3d ${route}`, dash: DASHED },
      ],
    }));
  for (const b of burns) {
    const [one, other] = b.pairs;
    d.withPanel(lines({
      id: b.id, title: b.title, unit: 'none', min: 0, empty: 'no traffic', link: seriesToRoute, limits: b.pairs.map((p) => p.limit).sort((x, y) => x - y),
      description: `How many times faster than allowed the budget is spent. The alert wants ${one.limit} over ${one.long} and over ${one.short}, or ${other.limit} over ${other.long} and over ${other.short}; short windows are dashed. The ten worst routes.`,
      queries: b.pairs.flatMap((p) => [
        { expr: worst(`bandit:route_slo_burn:ratio_rate${p.long}{${S}}`), legend: `${p.long} ${route}` },
        { expr: worst(`bandit:route_slo_burn:ratio_rate${p.short}{${S}}`), legend: `${p.short} ${route}`, dash: DASHED },
      ]),
    }));
  }
}

export function slo(): dashboard.DashboardBuilder {
  const d = board({
    uid: 'bandit-slo',
    title: 'Bandit Router / SLO',
    description: 'Error budgets and burn rates of routes, for success and latency.',
    variables: ['namespace', 'route'],
    from: 'now-6h',
    marks: 'routes',
  }).withPanel(about(1, 'How much room for errors is left. Requests are weighted as they come, whichever arm served them: the split moves, the promise to users does not. Targets are the rules `bandit:slo_objective:ratio`.'));
  section(d, 10, 'success', 'answered without an error', '99 %');
  section(d, 20, 'latency', 'answered within 25 ms', '95 %');
  return d.withRow(row('Volume')).withPanel(rows({
    id: 30, title: 'Events and errors of the last hour', unit: 'short', empty: 'no traffic', by: ['namespace', 'route', 'slo'], height: 6, links: { route: rowToRoute },
    description: 'Absolute numbers: at little traffic a ratio says little. Below a hundred events an hour the fast burn alerts are silent.',
    queries: [
      { expr: `sum by (namespace, route, slo) (bandit:route_slo_events:increase1h{${ROUTE}})` },
      { expr: `sum by (namespace, route, slo) (bandit:route_slo_errors:increase1h{${ROUTE}})` },
    ],
    columns: [{ name: 'Events', unit: 'short' }, { name: 'Errors', unit: 'short' }],
  }));
}
