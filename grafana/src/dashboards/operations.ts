/* SPDX-License-Identifier: Apache-2.0 */
/* The machinery: is everything scraped, does the operator get its work done, is the exporter
 * true, do alerts get out? */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board, row } from '../board';
import { color, programs, verdicts } from '../colors';
import { seriesToProcess } from '../links';
import { DASHED, about, figure, lines, rows, timeline } from '../panels';
import { worst } from '../queries';

const R = '$__rate_interval';
const OPERATOR = 'job="bandit-operator"';
const EXPORTER = 'job="bandit-exporter"';
const OURS = 'job=~"$job",instance=~"$instance"';

/* A number of each process, beside what it was built from. */
const built = (expr: string): string =>
  `(${expr}) * on (job, instance) group_right () max by (job, instance, version, compiler) ({__name__=~"(bandit_exporter|bandit_operator|ml_server|traffic_generator)_build_info"})`;

export function operations(): dashboard.DashboardBuilder {
  return board({
    uid: 'bandit-operations',
    title: 'Bandit Router / Operator and exporter',
    description: 'Health and cost of the operator, the exporter, and the pipeline of metrics and alerts.',
    variables: ['job', 'instance'],
    from: 'now-15m',
    marks: 'machinery',
  })
    .withPanel(about(1, 'The machinery behind the routes. **Exporter:** is what it shows true and cheap? **Operator:** does it see, decide, write? **Pipeline:** is everything scraped, do notifications get out?'))
    .withRow(row('Pipeline of metrics and alerts'))
    .withPanel(timeline({
      id: 40, title: 'Targets', unit: 'none', empty: 'no target', height: 8, link: seriesToProcess,
      states: [{ name: 'down', color: color.bad }, { name: 'up', color: color.good }],
      description: 'Whether Prometheus could scrape each program. Click one for its process alone.',
      queries: [{ expr: `1 + max by (job, instance) (up{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 42, title: 'Scrape duration', unit: 's', min: 0, width: 6, empty: 'no scrape', link: seriesToProcess, starts: programs,
      description: 'How long Prometheus waits for each program\'s metrics.',
      queries: [{ expr: `max by (job, instance) (scrape_duration_seconds{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 41, title: 'Rule evaluations failed and missed', unit: 'short', min: 0, width: 6, empty: 'none',
      description: 'Rules of ours that Prometheus could not evaluate in five minutes, and evaluations of a whole group that it missed because the one before was still at work (dashed). Rewards are rules, so both must be zero.',
      queries: [
        { expr: 'sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{rule_group=~".*bandit-.*"}[5m]))', legend: 'failed {{rule_group}}' },
        { expr: 'sum by (rule_group) (increase(prometheus_rule_group_iterations_missed_total{rule_group=~".*bandit-.*"}[5m]))', legend: 'missed {{rule_group}}', dash: DASHED },
      ],
    }))
    .withPanel(lines({
      id: 43, title: 'Evaluation time of rule groups', unit: 'percentunit', min: 0, width: 6, empty: 'no rules',
      description: 'How long Prometheus takes to evaluate a group of ours, as a share of the time until the next evaluation. At 100 % rewards come late. The ten slowest.',
      threshold: { value: 0.8, color: color.limit },
      queries: [{ expr: worst('max by (rule_group) (prometheus_rule_group_last_duration_seconds{rule_group=~".*bandit-.*"} / prometheus_rule_group_interval_seconds{rule_group=~".*bandit-.*"})'), legend: '{{rule_group}}' }],
    }))
    .withPanel(lines({
      id: 50, title: 'Notifications', unit: 'ops', min: 0, width: 6, empty: 'none sent',
      description: 'Notifications a second that Alertmanager tried to deliver, and those that failed (dashed), by integration.',
      queries: [
        { expr: `sum by (integration) (rate(alertmanager_notifications_total[${R}])) > 0`, legend: 'tried {{integration}}' },
        { expr: `sum by (integration) (rate(alertmanager_notifications_failed_total[${R}])) and on (integration) sum by (integration) (alertmanager_notifications_total) > 0`, legend: 'failed {{integration}}', dash: DASHED },
      ],
    }))
    .withRow(row('Operator'))
    .withPanel(lines({
      id: 20, title: 'Decisions', unit: 'ops', min: 0, width: 8, empty: 'no decisions',
      description: 'Decisions a second over the whole fleet, by verdict.',
      starts: Object.fromEntries(verdicts.map((v) => [v.name, v.color])),
      queries: [{ expr: `sum by (verdict) (rate(bandit_operator_decisions_total[${R}]))`, legend: '{{verdict}}' }],
    }))
    .withPanel(lines({
      id: 21, title: 'Reconciliations', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Runs of the controller by what they came to.',
      queries: [{ expr: `sum by (controller, result) (rate(controller_runtime_reconcile_total{${OPERATOR}}[${R}]))`, legend: '{{result}} {{controller}}' }],
      starts: { success: color.good, requeue: color.p50, requeue_after: color.p50, error: color.bad },
    }))
    .withPanel(lines({
      id: 22, title: 'Reconcile duration', unit: 's', min: 0, width: 8, empty: 'none',
      description: 'Half, and 99 in 100, of the reconciliations take no longer than this.',
      queries: [
        { expr: `histogram_quantile(0.5, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'p50', color: color.p50 },
        { expr: `histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'p99', color: color.p99 },
      ],
    }))
    .withPanel(lines({
      id: 27, title: 'Work queue', unit: 'short', min: 0, width: 8, empty: 'empty',
      description: 'Routes that wait for the operator.',
      queries: [{ expr: `sum by (name) (workqueue_depth{${OPERATOR}})`, legend: '{{name}}' }],
    }))
    .withPanel(lines({
      id: 24, title: 'API server requests', unit: 'reqps', min: 0, width: 8, empty: 'none: the folder store makes none',
      description: 'Calls a second by answer and verb. With the folder store there are none.',
      queries: [{ expr: `sum by (method, code) (rate(rest_client_requests_total{${OPERATOR}}[${R}]))`, legend: '{{code}} {{method}}' }],
      starts: { '4[0-9]+': color.warning, '5[0-9]+': color.bad },
    }))
    .withPanel(timeline({
      id: 25, title: 'Who leads', unit: 'none', empty: 'nobody', width: 8, height: 8,
      states: [{ name: 'stands by', color: color.quiet }, { name: 'leads', color: color.good }],
      description: 'Which replica of the operator holds the lease. Exactly one should.',
      queries: [{ expr: `1 + max by (instance, name) (leader_election_master_status{${OPERATOR}})`, legend: '{{instance}}' }],
    }))
    .withPanel(lines({
      id: 30, title: 'Queries to Prometheus', unit: 'reqps', min: 0, width: 8, empty: 'none',
      description: 'Queries of the operator a second, and those that failed, by reason.',
      queries: [
        { expr: `sum(rate(bandit_operator_prometheus_queries_total[${R}]))`, legend: 'asked', color: color.good },
        { expr: `sum by (reason) (rate(bandit_operator_prometheus_query_errors_total[${R}])) > 0`, legend: 'failed: {{reason}}', color: color.bad },
      ],
    }))
    .withPanel(figure({
      id: 31, title: 'Prometheus last answered', unit: 's', decimals: 0, width: 8, height: 8, empty: 'never',
      description: 'Seconds since a query of the operator was answered.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }],
      queries: [{ expr: 'time() - max(bandit_operator_prometheus_last_success_timestamp_seconds)' }],
    }))
    .withPanel(lines({
      id: 32, title: 'Writes to the data plane', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Weights written, writes that failed, and weights that had to be put back because somebody else had changed them.',
      queries: [
        { expr: `sum by (kind) (rate(bandit_operator_dataplane_writes_total[${R}]))`, legend: 'written {{kind}}' },
        { expr: `sum by (kind) (rate(bandit_operator_dataplane_errors_total[${R}]))`, legend: 'failed {{kind}}', color: color.bad },
        { expr: `sum(rate(bandit_operator_drift_repairs_total[${R}]))`, legend: 'put back', color: color.warning },
      ],
    }))
    .withPanel(lines({
      id: 26, title: 'Routes managed', unit: 'short', min: 0, width: 8, empty: 'none',
      description: 'Routes that the operator looks after, and objects that it cannot understand.',
      queries: [
        { expr: `max(bandit_operator_routes{${OPERATOR}})`, legend: 'looked after', color: color.good },
        { expr: `max(bandit_operator_invalid_routes{${OPERATOR}})`, legend: 'invalid', color: color.bad },
      ],
    }))
    .withPanel(lines({
      id: 23, title: 'Queue and work duration', unit: 's', min: 0, width: 8, empty: 'none',
      description: '99 in 100 routes wait no longer than this once they are due, and are worked on no longer than that; and how long the one that takes longest has been worked on.',
      queries: [
        { expr: `histogram_quantile(0.99, sum by (le) (rate(workqueue_queue_duration_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'waiting p99', color: color.p50 },
        { expr: `histogram_quantile(0.99, sum by (le) (rate(workqueue_work_duration_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'worked on p99', color: color.p99 },
        { expr: `max(workqueue_unfinished_work_seconds{${OPERATOR}})`, legend: 'unfinished, all together', color: color.warning },
        { expr: `max(workqueue_longest_running_processor_seconds{${OPERATOR}})`, legend: 'longest running', color: color.bad },
      ],
    }))
    .withPanel(lines({
      id: 28, title: 'Queue additions and retries', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Routes a second that were put into the queue; those put back after a failure; reconciliations that failed.',
      queries: [
        { expr: `sum(rate(workqueue_adds_total{${OPERATOR}}[${R}]))`, legend: 'due', color: color.good },
        { expr: `sum(rate(workqueue_retries_total{${OPERATOR}}[${R}]))`, legend: 'again', color: color.warning },
        { expr: `sum(rate(controller_runtime_reconcile_errors_total{${OPERATOR}}[${R}]))`, legend: 'failed', color: color.bad },
      ],
    }))
    .withPanel(lines({
      id: 29, title: 'Busy workers', unit: 'percentunit', min: 0, max: 1, width: 8, empty: 'none',
      description: 'Share of the workers that reconcile just now. At 1 for long, the operator needs more of them.',
      queries: [{ expr: `sum by (instance) (controller_runtime_active_workers{${OPERATOR}}) / sum by (instance) (controller_runtime_max_concurrent_reconciles{${OPERATOR}})`, legend: '{{instance}}' }],
    }))
    .withPanel(lines({
      id: 33, title: 'Query latency', unit: 's', min: 0, width: 8, empty: 'none asked',
      description: 'Half, and 99 in 100, of the operator\'s queries take no longer than this, answered or not.',
      queries: [
        { expr: `histogram_quantile(0.5, sum by (le) (rate(bandit_operator_prometheus_query_duration_seconds_bucket[${R}])))`, legend: 'p50', color: color.p50 },
        { expr: `histogram_quantile(0.99, sum by (le) (rate(bandit_operator_prometheus_query_duration_seconds_bucket[${R}])))`, legend: 'p99', color: color.p99 },
      ],
    }))
    .withPanel(lines({
      id: 34, title: 'Failed writes: status, journal, events', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Statuses a second that the store refused; they are written again. Conflicts with another writer are among them. Decisions a second that the journal (--decisions.log) could not take. Kubernetes events a second that were dropped: the queue was full, or the API server refused them; nothing depends on them.',
      queries: [
        { expr: `sum(rate(bandit_operator_status_write_errors_total[${R}]))`, legend: 'statuses', color: color.bad },
        { expr: `sum(rate(bandit_operator_journal_errors_total[${R}]))`, legend: 'journal', color: color.warning },
        { expr: `sum by (reason) (rate(bandit_operator_events_dropped_total[${R}]))`, legend: 'events: {{reason}}', color: color.p50 },
      ],
    }))
    .withRow(row('Exporter'))
    .withPanel(lines({
      id: 10, title: 'Objects', unit: 'short', min: 0, width: 8, empty: 'none',
      description: 'Routes that each exporter shows, and objects that are invalid as they are now (dashed).',
      queries: [
        { expr: 'max by (instance) (bandit_exporter_objects)', legend: 'shown {{instance}}' },
        { expr: 'max by (instance) (bandit_exporter_invalid_objects)', legend: 'invalid {{instance}}', dash: DASHED },
      ],
    }))
    .withPanel(lines({
      id: 11, title: 'Lists and watches', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'How often the exporter lists and watches the objects, and how often that fails.',
      queries: [
        { expr: `sum(rate(bandit_exporter_list_total[${R}]))`, legend: 'lists', color: color.good },
        { expr: `sum(rate(bandit_exporter_list_errors_total[${R}]))`, legend: 'failed lists', color: color.bad },
        { expr: `sum(rate(bandit_exporter_watch_total[${R}]))`, legend: 'watches', color: color.p50 },
        { expr: `sum(rate(bandit_exporter_watch_errors_total[${R}]))`, legend: 'failed watches', color: color.warning },
      ],
    }))
    .withPanel(lines({
      id: 12, title: 'Series per scrape', unit: 'short', min: 0, width: 8, empty: 'no scrape',
      description: 'Samples that Prometheus takes from the exporter at each scrape.',
      queries: [{ expr: `max by (instance) (scrape_samples_scraped{${EXPORTER}})`, legend: '{{instance}}' }],
    }))
    .withPanel(figure({
      id: 13, title: 'Since last sync', unit: 's', decimals: 0, width: 8, height: 8, empty: 'never in step',
      description: 'Time since the exporter was last in step with its store, of the one that lags most. Beyond five minutes what it shows is old.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 300, color: color.bad }],
      queries: [{ expr: 'time() - min(bandit_exporter_last_sync_timestamp_seconds)' }],
    }))
    .withPanel(lines({
      id: 16, title: 'Shards', unit: 'short', min: 0, width: 8, empty: 'not known',
      description: 'How many exporters share the objects: the number that each was told, and how many different shards answer. They must agree.',
      queries: [
        { expr: `max(bandit_exporter_shards{${EXPORTER}})`, legend: 'told', color: color.desired },
        { expr: `count(count_values("shard", bandit_exporter_shard{${EXPORTER}}))`, legend: 'answering', color: color.observed },
      ],
    }))
    .withPanel(figure({
      id: 17, title: 'Web configuration', unit: 'none', states: [{ name: 'refused', color: color.bad }, { name: 'in force', color: color.good }], width: 8, height: 8, empty: 'no file',
      description: 'Whether the exporter could read its web configuration (TLS, users) the last time; when not, the one before stays in force.',
      queries: [{ expr: '1 + min(bandit_exporter_config_last_reload_successful)' }],
    }))
    .withRow(row('Processes'))
    .withPanel(lines({
      id: 14, title: 'CPU', unit: 'short', min: 0, width: 8, empty: 'not known', link: seriesToProcess, starts: programs,
      description: 'Cores that each program uses.',
      queries: [{ expr: `sum by (job, instance) (rate(process_cpu_seconds_total{${OURS}}[${R}]))`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 15, title: 'Memory', unit: 'bytes', min: 0, width: 8, empty: 'not known', link: seriesToProcess, starts: programs,
      description: 'Resident memory of each program.',
      queries: [{ expr: `max by (job, instance) (process_resident_memory_bytes{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 18, title: 'File descriptors', unit: 'percentunit', min: 0, width: 8, empty: 'not known', link: seriesToProcess, starts: programs,
      description: 'Open file descriptors of each program, as a share of what it may open.',
      threshold: { value: 0.8, color: color.limit },
      queries: [{ expr: `max by (job, instance) (process_open_fds{${OURS}} / process_max_fds{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(rows({
      id: 19, title: 'Versions', unit: 'none', empty: 'not known', by: ['job', 'instance', 'version', 'compiler'], height: 7,
      description: 'What runs where: version and compiler of each program, how long it has run, and its threads.',
      queries: [
        { expr: built(`time() - max by (job, instance) (process_start_time_seconds{${OURS}})`) },
        { expr: built(`max by (job, instance) (process_threads{${OURS}})`) },
      ],
      columns: [{ name: 'Runs for', unit: 's' }, { name: 'Threads' }],
    }));
}
