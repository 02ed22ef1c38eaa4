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

export const verdicts: State[] = [
  { name: 'Switched', color: color.applied },
  { name: 'Adjusted', color: color.observed },
  { name: 'Kept', color: color.good },
  { name: 'Held', color: color.bad },
  { name: 'Pinned', color: color.warning },
  { name: 'Frozen', color: color.warning },
];
