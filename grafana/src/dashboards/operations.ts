/* SPDX-License-Identifier: Apache-2.0 */
/* The machinery: is everything scraped, does the operator get its work done, is the exporter
 * true, do alerts get out? */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { board } from '../board';
import { color } from '../colors';
import { about, figure, lines, rows, timeline } from '../panels';

const row = (title: string) => new dashboard.RowBuilder(title);
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
    refresh: '5s',
    from: 'now-15m',
  })
    .withPanel(about(1, 'The machinery behind the routes. **Exporter:** is what it shows true and cheap? **Operator:** does it see, decide, write? **Pipeline:** is everything scraped, do notifications get out?'))
    .withRow(row('Pipeline'))
    .withPanel(timeline({
      id: 40, title: 'Targets', unit: 'none', empty: 'no target', height: 8,
      states: [{ name: 'down', color: color.bad }, { name: 'up', color: color.good }],
      description: 'Whether Prometheus could scrape each program.',
      queries: [{ expr: `1 + max by (job, instance) (up{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 41, title: 'Failed rule evaluations', unit: 'short', min: 0, width: 8, empty: 'none',
      description: 'Rules of ours that Prometheus could not evaluate in five minutes. Rewards are rules, so this must be zero.',
      queries: [{ expr: 'sum by (rule_group) (increase(prometheus_rule_evaluation_failures_total{rule_group=~".*bandit-.*"}[5m]))', legend: '{{rule_group}}' }],
    }))
    .withPanel(lines({
      id: 50, title: 'Notifications', unit: 'ops', min: 0, width: 8, empty: 'none sent',
      description: 'Notifications that Alertmanager tried to deliver, and those that failed, by the way they took.',
      queries: [
        { expr: `sum by (integration) (rate(alertmanager_notifications_total[${R}])) > 0`, legend: '{{integration}} tried' },
        { expr: `sum by (integration) (rate(alertmanager_notifications_failed_total[${R}])) and on (integration) sum by (integration) (alertmanager_notifications_total) > 0`, legend: '{{integration}} failed' },
      ],
    }))
    .withPanel(lines({
      id: 42, title: 'Time a scrape takes', unit: 's', min: 0, width: 8, empty: 'no scrape',
      description: 'How long Prometheus waits for each program\'s metrics.',
      queries: [{ expr: `max by (job, instance) (scrape_duration_seconds{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withRow(row('Operator'))
    .withPanel(lines({
      id: 20, title: 'Decisions', unit: 'ops', min: 0, width: 8, empty: 'no decisions',
      description: 'Decisions a second over the whole fleet, by verdict.',
      queries: [{ expr: `sum by (verdict) (rate(bandit_operator_decisions_total[${R}]))`, legend: '{{verdict}}' }],
    }))
    .withPanel(lines({
      id: 21, title: 'Reconciliations', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Runs of the controller by what they came to.',
      queries: [{ expr: `sum by (controller, result) (rate(controller_runtime_reconcile_total{${OPERATOR}}[${R}]))`, legend: '{{controller}} {{result}}' }],
    }))
    .withPanel(lines({
      id: 22, title: 'Time to reconcile', unit: 's', min: 0, width: 8, empty: 'none',
      description: 'Half, and 99 in 100, of the reconciliations take no longer than this.',
      queries: [
        { expr: `histogram_quantile(0.5, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'p50', color: color.p50 },
        { expr: `histogram_quantile(0.99, sum by (le) (rate(controller_runtime_reconcile_time_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'p99', color: color.p99 },
      ],
    }))
    .withPanel(lines({
      id: 23, title: 'Work queue', unit: 'short', min: 0, width: 8, empty: 'empty',
      description: 'Routes that wait for the operator, and the seconds that the longest running one has taken.',
      queries: [
        { expr: `sum by (name) (workqueue_depth{${OPERATOR}})`, legend: '{{name}} waiting' },
        { expr: `max by (name) (workqueue_longest_running_processor_seconds{${OPERATOR}})`, legend: '{{name}} longest running (s)' },
      ],
    }))
    .withPanel(lines({
      id: 24, title: 'Calls to the API server', unit: 'reqps', min: 0, width: 8, empty: 'none: the folder store makes none',
      description: 'Calls a second by answer and verb. With the folder store there are none.',
      queries: [{ expr: `sum by (method, code) (rate(rest_client_requests_total{${OPERATOR}}[${R}]))`, legend: '{{method}} {{code}}' }],
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
        { expr: `sum by (reason) (rate(bandit_operator_prometheus_query_errors_total[${R}])) > 0`, legend: 'failed: {{reason}}' },
      ],
    }))
    .withPanel(figure({
      id: 31, title: 'Last answer from Prometheus', unit: 's', decimals: 0, width: 8, height: 8, empty: 'never',
      description: 'Seconds since a query of the operator was answered.',
      steps: [{ from: null, color: color.good }, { from: 60, color: color.warning }, { from: 120, color: color.bad }],
      queries: [{ expr: 'time() - max(bandit_operator_prometheus_last_success_timestamp_seconds)' }],
    }))
    .withPanel(lines({
      id: 32, title: 'Writes to the data plane', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Weights written, writes that failed, and weights that had to be put back because somebody else had changed them.',
      queries: [
        { expr: `sum by (kind) (rate(bandit_operator_dataplane_writes_total[${R}]))`, legend: '{{kind}} written' },
        { expr: `sum by (kind) (rate(bandit_operator_dataplane_errors_total[${R}]))`, legend: '{{kind}} failed' },
        { expr: `sum(rate(bandit_operator_drift_repairs_total[${R}]))`, legend: 'put back', color: color.warning },
      ],
    }))
    .withPanel(lines({
      id: 26, title: 'Routes of the operator', unit: 'short', min: 0, width: 8, empty: 'none',
      description: 'Routes that the operator looks after, and objects that it cannot understand.',
      queries: [
        { expr: `max(bandit_operator_routes{${OPERATOR}})`, legend: 'looked after', color: color.good },
        { expr: `max(bandit_operator_invalid_routes{${OPERATOR}})`, legend: 'invalid', color: color.bad },
      ],
    }))
    .withPanel(lines({
      id: 27, title: 'Time in the queue and at work', unit: 's', min: 0, width: 8, empty: 'none',
      description: '99 in 100 routes wait no longer than this once they are due, and are worked on no longer than that.',
      queries: [
        { expr: `histogram_quantile(0.99, sum by (le) (rate(workqueue_queue_duration_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'waiting p99', color: color.p50 },
        { expr: `histogram_quantile(0.99, sum by (le) (rate(workqueue_work_duration_seconds_bucket{${OPERATOR}}[${R}])))`, legend: 'worked on p99', color: color.p99 },
        { expr: `max(workqueue_unfinished_work_seconds{${OPERATOR}})`, legend: 'unfinished', color: color.warning },
      ],
    }))
    .withPanel(lines({
      id: 28, title: 'Routes that became due, and tries again', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Routes a second that were put into the queue; those put back after a failure; reconciliations that failed.',
      queries: [
        { expr: `sum(rate(workqueue_adds_total{${OPERATOR}}[${R}]))`, legend: 'due', color: color.good },
        { expr: `sum(rate(workqueue_retries_total{${OPERATOR}}[${R}]))`, legend: 'again', color: color.warning },
        { expr: `sum(rate(controller_runtime_reconcile_errors_total{${OPERATOR}}[${R}]))`, legend: 'failed', color: color.bad },
      ],
    }))
    .withPanel(lines({
      id: 29, title: 'Workers at work', unit: 'percentunit', min: 0, max: 1, width: 8, empty: 'none',
      description: 'Share of the workers that reconcile just now. At 1 for long, the operator needs more of them.',
      queries: [{ expr: `sum by (instance) (controller_runtime_active_workers{${OPERATOR}}) / sum by (instance) (controller_runtime_max_concurrent_reconciles{${OPERATOR}})`, legend: '{{instance}}' }],
    }))
    .withPanel(lines({
      id: 33, title: 'Time of a query to Prometheus', unit: 's', min: 0, width: 8, empty: 'none asked',
      description: 'Half, and 99 in 100, of the operator\'s queries take no longer than this, answered or not.',
      queries: [
        { expr: `histogram_quantile(0.5, sum by (le) (rate(bandit_operator_prometheus_query_duration_seconds_bucket[${R}])))`, legend: 'p50', color: color.p50 },
        { expr: `histogram_quantile(0.99, sum by (le) (rate(bandit_operator_prometheus_query_duration_seconds_bucket[${R}])))`, legend: 'p99', color: color.p99 },
      ],
    }))
    .withPanel(lines({
      id: 34, title: 'Statuses and journal lines that were not taken', unit: 'ops', min: 0, width: 8, empty: 'none',
      description: 'Statuses a second that the store refused; they are written again. Conflicts with another writer are among them. Decisions a second that the journal (--decisions.log) could not take.',
      queries: [
        { expr: `sum(rate(bandit_operator_status_write_errors_total[${R}]))`, legend: 'statuses', color: color.bad },
        { expr: `sum(rate(bandit_operator_journal_errors_total[${R}]))`, legend: 'journal', color: color.warning },
      ],
    }))
    .withRow(row('Exporter'))
    .withPanel(lines({
      id: 10, title: 'Objects', unit: 'short', min: 0, width: 8, empty: 'none',
      description: 'Routes that the exporter shows, and objects that are invalid as they are now.',
      queries: [
        { expr: 'max by (instance) (bandit_exporter_objects)', legend: '{{instance}} shown' },
        { expr: 'max by (instance) (bandit_exporter_invalid_objects)', legend: '{{instance}} invalid' },
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
      id: 12, title: 'Series a scrape', unit: 'short', min: 0, width: 8, empty: 'no scrape',
      description: 'Samples that Prometheus takes from the exporter at each scrape.',
      queries: [{ expr: `max by (instance) (scrape_samples_scraped{${EXPORTER}})`, legend: '{{instance}}' }],
    }))
    .withPanel(figure({
      id: 13, title: 'Age of the exporter\'s picture', unit: 's', decimals: 0, width: 8, height: 8, empty: 'never in step',
      description: 'Seconds since the exporter was last in step with its store.',
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
      id: 14, title: 'CPU', unit: 'short', min: 0, width: 8, empty: 'not known',
      description: 'Cores that each program uses.',
      queries: [{ expr: `sum by (job, instance) (rate(process_cpu_seconds_total{${OURS}}[${R}]))`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 15, title: 'Memory', unit: 'bytes', min: 0, width: 8, empty: 'not known',
      description: 'Resident memory of each program.',
      queries: [{ expr: `max by (job, instance) (process_resident_memory_bytes{${OURS}})`, legend: '{{job}} {{instance}}' }],
    }))
    .withPanel(lines({
      id: 18, title: 'File descriptors', unit: 'percentunit', min: 0, width: 8, empty: 'not known',
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
