/* SPDX-License-Identifier: Apache-2.0 */
/* Words of PromQL that several dashboards use. */
import { State } from './colors';

/* Label matchers for what the variables select. */
export const ROUTE = 'namespace=~"$namespace",route=~"$route"';
export const ARM = `${ROUTE},arm=~"$arm"`;

/* Alerts of the chosen routes and namespaces, and those that are about no route or namespace
 * at all: an empty label is a value like any other. */
const OURS = 'alertname=~"Bandit.+",severity!="none"';
export const ALERTS = `${OURS},namespace=~"$namespace|",route=~"$route|"`;
export const ALERTS_OF_NAMESPACE = `${OURS},namespace=~"$namespace|"`;
export const ALERTS_OF_MACHINERY = `${OURS},component=~"operator|exporter|pipeline|dataplane"`;

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
