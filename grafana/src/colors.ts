/* SPDX-License-Identifier: Apache-2.0 */
/* One colour per meaning, the same on every dashboard. The palette of Okabe and Ito, which
 * people with the common kinds of colour blindness can tell apart; no meaning rests on red
 * against green. */
export const color = {
  good: '#0072B2', // blue
  warning: '#E69F00', // orange
  bad: '#D55E00', // vermillion
  neutral: '#8E8E8E',
  quiet: '#4A4A4A',
  desired: '#0072B2',
  applied: '#CC79A7', // reddish purple
  observed: '#009E73', // bluish green
  limit: '#D55E00',
  p50: '#56B4E9', // sky blue
  p95: '#0072B2',
  p99: '#CC79A7',
} as const;

/* Names that nobody knows beforehand (arms, routes, pods): the last character of a name gives
 * its colour, so an arm has the same one in every panel of every dashboard, whoever competes
 * with it. Six hues, none of them vermillion: that one stays for limits and bad news. */
export const hues = [
  { color: '#0072B2', ends: 'aknw06' }, // blue
  { color: '#E69F00', ends: 'bgiqr17' }, // orange
  { color: '#009E73', ends: 'cptz28' }, // bluish green
  { color: '#CC79A7', ends: 'dhjsu39' }, // reddish purple
  { color: '#56B4E9', ends: 'emo4' }, // sky blue
  { color: '#F0E442', ends: 'flvxy5' }, // yellow
];

/* Names whose last characters would give two arms that compete one colour. Yours go here. */
export const named = [
  { color: '#0072B2', words: ['baseline', 'stable', 'control', 'champion', 'blue', 'current'] },
  { color: '#E69F00', words: ['canary', 'candidate', 'challenger', 'treatment', 'next'] },
  { color: '#009E73', words: ['green'] },
];

/* What a kind of series means, whichever arm or route it is of. */
export const outcomes = {
  correct: color.good,
  incorrect: color.bad,
  repeated: color.p50,
  forged: '#CC79A7',
  expired: color.warning,
  unknown_label: '#F0E442',
};

export const programs = {
  'bandit-exporter': '#56B4E9',
  'bandit-operator': '#0072B2',
  'model-server': '#009E73',
  'traffic-generator': '#E69F00',
  haproxy: '#CC79A7',
  prometheus: '#F0E442',
  alertmanager: '#F0E442', // the two that are not ours
};

/* What a state is called and looks like; the numbers are those of stateNumber(). */
export interface State {
  name: string;
  color: string;
}

export const armStates: State[] = [
  { name: 'Warmup', color: color.p50 },
  { name: 'Active', color: color.good },
  { name: 'Ejected', color: color.bad },
  { name: 'Reentry', color: color.warning },
  { name: 'NotReady', color: color.quiet },
];

/* Facts, not merits: True is good news of Ready, and bad news of Degraded. */
export const truths: State[] = [
  { name: 'False', color: color.neutral },
  { name: 'Unknown', color: color.warning },
  { name: 'True', color: color.good },
];

export const alertStates: State[] = [
  { name: 'pending', color: color.warning },
  { name: 'fires', color: color.bad },
];

export const modes: State[] = [
  { name: 'Active', color: color.good },
  { name: 'Shadow', color: color.p50 },
  { name: 'Frozen', color: color.warning },
];

export const ready: State[] = [
  { name: 'no', color: color.bad },
  { name: 'yes', color: color.good },
];

export const phases: State[] = [
  { name: 'Pending', color: color.warning },
  { name: 'Running', color: color.good },
  { name: 'Succeeded', color: color.neutral },
  { name: 'Failed', color: color.bad },
  { name: 'Unknown', color: color.p50 },
];

export const verdicts: State[] = [
  { name: 'Switched', color: color.applied },
  { name: 'Adjusted', color: color.observed },
  { name: 'Kept', color: color.good },
  { name: 'Held', color: color.bad },
  { name: 'Pinned', color: color.warning },
  { name: 'Frozen', color: color.warning },
];
