/* SPDX-License-Identifier: Apache-2.0 */
/* Words of PromQL that several dashboards use. */
import { State } from './colors';

/* Label matchers for what the variables select. */
export const ROUTE = 'namespace=~"$namespace",route=~"$route"';
export const ARM = `${ROUTE},arm=~"$arm"`;

/* Alerts about the machinery concern every tenant, wherever it runs; a tenant's own model
 * server that is down is none of the others' business. */
const MACHINERY = 'component=~"operator|exporter|pipeline|dataplane"';
const TENANTS = ['namespace=~"$namespace|",route=~"$route|"', `${MACHINERY},route="",job!="model-server"`];
const NAMESPACES = ['namespace=~"$namespace|"'];

/* Alerts in a state: without the watchdog, and without drills where only `bad` ones count. An
 * empty label is a value like any other, so `|` lets those through that are about no route. */
const alerts = (whose: string[], state: string, bad: boolean): string => {
  const severity = bad ? 'severity=~"critical|warning"' : 'severity!="none"';
  const sets = whose.map((matchers) => `ALERTS{alertstate="${state}",alertname=~"Bandit.+",${severity},${matchers}}`);
  return sets.length > 1 ? `(${sets.join(' or ')})` : sets[0];
};
export const alertsOfRoutes = (state: string, bad = false): string => alerts(TENANTS, state, bad);
export const alertsOfNamespaces = alerts(NAMESPACES, 'firing', true);
export const alertsOfMachinery = alerts([MACHINERY], 'firing', true);

/* The worst ten: of a fleet a graph shows what to look at first. */
export const worst = (expr: string): string => `topk(10, ${expr})`;

/* The exporter may run more than once; an object's value is the same in each of them. */
export const perArm = (metric: string, more = ''): string =>
  `max by (namespace, route, arm) (${metric}{${ARM}${more}})`;
export const perRoute = (metric: string, more = ''): string =>
  `max by (namespace, route) (${metric}{${ROUTE}${more}})`;

/* A state set as a number, 1 for the first state: one line of a state timeline. */
export const stateNumber = (by: string, metric: string, matchers: string, states: State[]): string => {
  const terms = states.map((s, i) => `${i + 1} * (${metric}{${matchers},${metric}="${s.name}"} == 1)`);
  return `max by (${by}) (\n  ${terms.join('\n  or\n  ')}\n)`;
};

/* An info metric's label as a number, in the same way. */
export const labelNumber = (by: string, metric: string, label: string, matchers: string, states: State[]): string => {
  const terms = states.map((s, i) => `${i + 1} * (${metric}{${matchers},${label}="${s.name}"} == 1)`);
  return `max by (${by}) (\n  ${terms.join('\n  or\n  ')}\n)`;
};

export const age = (timestamp: string): string => `time() - ${timestamp}`;

/* Answers a second of the HAProxy backends that routes are programmed into. */
export const gatewayAnswers = (matcher: string, by: string): string =>
  `sum by (${by}) (rate(haproxy_backend_http_responses_total{${matcher}}[$__rate_interval]))\nand on (proxy)\nlabel_replace(bandit_route_info{${ROUTE},target_kind="HAProxyBackend"}, "proxy", "$1", "target_name", "(.+)")`;
