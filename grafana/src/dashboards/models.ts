/* SPDX-License-Identifier: Apache-2.0 */
/* The arms as services: rate, errors, duration; then what they predict, and how well. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, row } from '../board';
import { color, outcomes } from '../colors';
import { rowToRoute, seriesToRoute } from '../links';
import { DASHED, DOTTED, about, figure, lines, rows } from '../panels';
import { ARM, perArm } from '../queries';

/* The name comes last, since it gives the colour. */
const arm = '{{namespace}}/{{route}} {{arm}}';
const R = '$__rate_interval';
const quantile = (q: number, histogram: string) =>
  `histogram_quantile(${q}, sum by (namespace, route, arm, le) (rate(${histogram}_bucket{${ARM}}[${R}])))`;
const duration = (q: number) => quantile(q, 'ml_prediction_duration_seconds');

/* Of the predictions of a time, the share of each class. */
const classShare = (range: string) =>
  `sum by (namespace, route, arm, class) (rate(ml_predictions_total{${ARM}}[${range}]))\n/ ignoring (class) group_left () (sum by (namespace, route, arm) (rate(ml_predictions_total{${ARM}}[${range}])) > 0)`;

export function models(): dashboard.DashboardBuilder {
  return board({
    uid: 'bandit-models',
    title: 'Bandit Router / Models',
    description: 'The arms as services: rate, errors, duration, predictions, confidence, feedback and drift.',
    variables: ['namespace', 'routes', 'arm'],
    from: 'now-15m',
    marks: 'routes',
  })
    .withPanel(about(1, 'What the models do, arm by arm. **Rate and errors left, duration right;** below, what they predict, how sure they are, how often they were right, and whether their input still looks like the training data.'))
    .withPanel(rows({
      id: 2, title: 'Models', unit: 'short', empty: 'no model', by: ['namespace', 'route', 'arm', 'model', 'version', 'kind', 'dataset'], height: 6,
      links: { route: rowToRoute },
      description: 'Which model and version each arm serves and on how many replicas: two rows of one arm are a rollout. Accuracy on rows kept out of training, where the model file tells.',
      queries: [
        { expr: `count by (namespace, route, arm, model, version, kind, dataset) (ml_model_info{${ARM}})` },
        { expr: `max by (namespace, route, arm, model, version) (ml_model_accuracy{${ARM}})` },
        { expr: perArm('bandit_arm_applied_weight_ratio') },
      ],
      columns: [{ name: 'Replicas', unit: 'short' }, { name: 'Accuracy in training', unit: 'percentunit' }, { name: 'Weight', unit: 'percentunit', bar: true }],
    }))
    .withRow(row('Rate, errors, duration'))
    .withPanel(lines({
      id: 10, title: 'Requests', unit: 'reqps', min: 0, empty: 'no traffic', link: seriesToRoute,
      description: 'Valid prediction requests a second, by arm.',
      queries: [{ expr: `sum by (namespace, route, arm) (rate(ml_prediction_requests_total{${ARM}}[${R}]))`, legend: arm }],
    }))
    .withPanel(lines({
      id: 12, title: 'Time to answer, 95th percentile', unit: 's', min: 0, empty: 'nothing answered',
      description: 'One request in twenty takes longer than this. Whole handling, of requests answered without an error; the latency objective asks for 25 ms.',
      threshold: { value: 0.025, color: color.limit },
      queries: [{ expr: duration(0.95), legend: arm, exemplar: true }],
    }))
    .withPanel(lines({
      id: 11, title: 'Failed requests', unit: 'percentunit', min: 0, empty: 'no traffic', link: seriesToRoute,
      description: 'Share of valid requests that the arm answered with an error.',
      queries: [{
        expr: `sum by (namespace, route, arm) (rate(ml_prediction_failures_total{${ARM}}[${R}]))\n/ (sum by (namespace, route, arm) (rate(ml_prediction_requests_total{${ARM}}[${R}])) > 0)`,
        legend: arm, exemplar: true,
      }],
    }))
    .withPanel(lines({
      id: 13, title: 'Time to answer, median and 99th percentile', unit: 's', min: 0, empty: 'nothing answered',
      description: 'The middle (dotted) and the slow end (dashed) of the same requests.',
      queries: [{ expr: duration(0.5), legend: `p50 ${arm}`, dash: DOTTED }, { expr: duration(0.99), legend: `p99 ${arm}`, dash: DASHED }],
    }))
    .withPanel(lines({
      id: 14, title: 'Errors by type', unit: 'ops', min: 0, empty: 'no errors',
      description: 'Every kind of error, those of clients as well: requests refused for what they are do not count against the arm.',
      queries: [{ expr: `sum by (namespace, route, arm, type) (rate(ml_errors_total{${ARM}}[${R}])) > 0`, legend: `{{type}} ${arm}` }],
    }))
    .withPanel(lines({
      id: 15, title: 'Requests in flight', unit: 'short', min: 0, empty: 'none',
      description: 'Requests that are being handled. A growing number means that the arm cannot keep up.',
      queries: [{ expr: `sum by (namespace, route, arm) (ml_active_requests{${ARM}})`, legend: arm }],
    }))
    .withRow(row('What clients see: the traffic generators, through the gateway'))
    .withPanel(lines({
      id: 60, title: 'Requests wanted and sent', unit: 'reqps', min: 0, width: 8, empty: 'no traffic generator',
      description: 'What the traffic pattern asks for now (dashed), and what was sent. A generator that cannot keep up says nothing about the arms.',
      queries: [
        { expr: 'sum by (instance) (traffic_target_rate)', legend: 'wanted by {{instance}}', dash: DASHED },
        { expr: `sum by (instance) (rate(traffic_requests_total[${R}]))`, legend: 'sent by {{instance}}' },
      ],
    }))
    .withPanel(lines({
      id: 61, title: 'Answers by arm and code', unit: 'reqps', min: 0, width: 8, empty: 'no answers',
      description: 'Answers as clients got them; all codes but 200 are dashed. `gateway` answered where no arm did.',
      queries: [
        { expr: `sum by (arm, code) (rate(traffic_responses_total{arm=~"$arm|gateway",code="200"}[${R}]))`, legend: '{{code}} {{arm}}' },
        { expr: `sum by (arm, code) (rate(traffic_responses_total{arm=~"$arm|gateway",code!="200"}[${R}]))`, legend: 'not {{code}} {{arm}}', dash: DASHED },
      ],
    }))
    .withPanel(lines({
      id: 62, title: 'Waiting time of clients, 95th percentile', unit: 's', min: 0, width: 8, empty: 'no answers',
      description: 'From when a request was due to when its answer was there: the way through the gateway and every queue included.',
      queries: [{ expr: `histogram_quantile(0.95, sum by (arm, le) (rate(traffic_request_duration_seconds_bucket{arm=~"$arm|gateway"}[${R}])))`, legend: '{{arm}}', exemplar: true }],
    }))
    .withPanel(lines({
      id: 63, title: 'Requests without a good answer', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Requests a second that got no good answer, by reason.',
      queries: [{ expr: `sum by (type) (rate(traffic_errors_total[${R}]))`, legend: '{{type}}' }],
    }))
    .withPanel(lines({
      id: 64, title: 'Feedback sent', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'True labels a second that the generators sent back, by what became of them.',
      queries: [{ expr: `sum by (result) (rate(traffic_feedback_total[${R}]))`, legend: '{{result}}' }],
    }))
    .withPanel(lines({
      id: 65, title: 'Requests waiting for an answer', unit: 'short', min: 0, width: 8, empty: 'none',
      description: 'Requests sent whose answer is not there yet, feedback included.',
      queries: [{ expr: 'sum by (instance) (traffic_in_flight_requests)', legend: '{{instance}}' }],
    }))
    .withRow(row('Predictions'))
    .withPanel(lines({
      id: 21, title: 'Confidence', unit: 'percentunit', min: 0, max: 1, width: 8, empty: 'no predictions',
      description: 'Mean probability of the predicted class. It is an estimate of accuracy only where a model is calibrated.',
      queries: [{ expr: `sum by (namespace, route, arm) (rate(ml_prediction_confidence_ratio_sum{${ARM}}[${R}]))\n/ (sum by (namespace, route, arm) (rate(ml_prediction_confidence_ratio_count{${ARM}}[${R}])) > 0)`, legend: arm }],
    }))
    .withPanel(lines({
      id: 23, title: 'Confidence of the least sure tenth', unit: 'percentunit', min: 0, max: 1, width: 8, empty: 'no predictions',
      description: 'One prediction in ten is no surer than this. It falls before the mean does when a part of the input is new to the model.',
      queries: [{ expr: quantile(0.1, 'ml_prediction_confidence_ratio'), legend: arm }],
    }))
    .withPanel(lines({
      id: 22, title: 'Shift of the predicted classes', unit: 'percentunit', min: 0, max: 1, width: 8, empty: 'no predictions',
      description: 'How much of the mix of predicted classes of five minutes is different from that of the hour before them (total variation): 0 is the same mix, 100 % other classes altogether. With few requests chance moves it.',
      queries: [{ expr: `0.5 * sum by (namespace, route, arm) (abs(\n${classShare('5m')}\n- ${classShare('1h')}\n))`, legend: arm }],
    }))
    .withRow(row('Predicted classes, arm by arm'))
    .withPanel(lines({
      id: 20, title: 'Classes that $arm predicts', unit: 'percentunit', stacked: true, min: 0, repeat: 'arm', width: 8, empty: 'no predictions',
      description: 'Shares of the classes among the predictions of this arm. A shift that the other arms do not have is the model\'s; one that they share is the world\'s.',
      queries: [{ expr: classShare(R), legend: '{{namespace}}/{{route}} {{class}}' }],
    }))
    .withRow(row('Feedback: how often they were right'))
    .withPanel(lines({
      id: 30, title: 'Accuracy from feedback', unit: 'percentunit', min: 0, max: 1, width: 8, empty: 'no labels yet',
      description: 'Share of labelled predictions that were right, over thirty minutes, credited to the arm that predicted.',
      queries: [{ expr: `bandit:arm_objective:ratio_increase30m{${ARM},objective="accuracy"}`, legend: arm }],
    }))
    .withPanel(lines({
      id: 31, title: 'Feedback by outcome', unit: 'ops', min: 0, width: 8, empty: 'no feedback',
      description: 'Labels that came back: right, wrong, or refused (repeated, forged, expired, unknown label).',
      queries: [{ expr: `sum by (namespace, route, outcome) (rate(ml_feedback_total{${ARM}}[${R}]))`, legend: '{{outcome}} {{namespace}}/{{route}}' }],
      starts: outcomes,
    }))
    .withPanel(lines({
      id: 32, title: 'Labels per request', unit: 'percentunit', min: 0, width: 8, empty: 'no traffic',
      description: 'How many of the requests get their true label, by arm. Accuracy rests on these alone.',
      queries: [{ expr: `bandit:arm_objective_events:increase30m{${ARM},objective="accuracy"} / ignoring (objective) (bandit:arm_objective_events:increase30m{${ARM},objective="success"} > 0)`, legend: arm }],
    }))
    .withRow(row('Drift: does the input still look like the training data?'))
    .withPanel(lines({
      id: 40, title: 'Features that drift most', unit: 'none', min: 0, width: 20, empty: 'no requests in the last hour',
      description: 'Population stability index of the last hour over the value that chance alone would reach at this number of requests. Above 1 chance does not explain it.',
      threshold: { value: 1, color: color.limit },
      queries: [{ expr: `topk(10, bandit:feature:psi1h{${ARM}} / bandit:feature:psi1h_critical{${ARM}})`, legend: `{{feature}} ${arm}` }],
    }))
    .withPanel(figure({
      id: 41, title: 'Features that drift', unit: 'short', decimals: 0, width: 4, height: 8, empty: '0',
      description: 'Features whose index is above 0.2 and above chance.',
      steps: [{ from: null, color: color.good }, { from: 1, color: color.warning }],
      queries: [{ expr: `count(bandit:feature:psi1h{${ARM}} > 0.2 and bandit:feature:psi1h{${ARM}} > bandit:feature:psi1h_critical{${ARM}}) or vector(0)` }],
    }))
    .withRow(row('Changes and drills'))
    .withPanel(lines({
      id: 16, title: 'Model loads', unit: 'short', min: 0, empty: 'none',
      description: 'Model files that were loaded (ok) or refused (failed, dashed) while the server ran, in the hour before. A refused file leaves the old model serving.',
      queries: [
        { expr: `sum by (namespace, route, arm, result) (increase(ml_model_reloads_total{${ARM},result!="failed"}[1h]))`, legend: `{{result}} ${arm}` },
        { expr: `sum by (namespace, route, arm) (increase(ml_model_reloads_total{${ARM},result="failed"}[1h]))`, legend: `failed ${arm}`, dash: DASHED },
      ],
    }))
    .withPanel(lines({
      id: 50, title: 'Injected faults', unit: 'none', steps: true, min: 0, max: 1, empty: 'none',
      description: 'Faults that somebody switched on for a drill. 1 is on.',
      queries: [{ expr: `max by (namespace, route, arm, fault) (ml_fault_injection{${ARM}})`, legend: `{{fault}} ${arm}` }],
    }));
}
