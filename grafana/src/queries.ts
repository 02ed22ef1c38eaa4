/* SPDX-License-Identifier: Apache-2.0 */
/* Words of PromQL that several dashboards use. */
import { State } from './colors';

/* Label matchers for what the variables select. */
export const ROUTE = 'namespace=~"$namespace",route=~"$route"';
export const ARM = `${ROUTE},arm=~"$arm"`;

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
