/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/metric_families.h"

#include "controller/metrics.h"

/* The bounds that controller-runtime and client-go use, so that queries written for other
 * controllers hold here. */
static const double reconcile_bounds[] = {
    0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
    0.7,   0.8,  0.9,   1,    1.25, 1.5,  1.75, 2,    2.5, 3,    3.5, 4,    4.5, 5,
    6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
static const double queue_bounds[] = {1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3,
                                      1e-2, 0.1,  1,    10,   100,  1000};
static const double query_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                      0.25,  0.5,    1,     2.5,  5,     10,   30};

/* clang-format off */
#define ROUTE_LABELS  {"namespace", "route"}
#define BOUNDS(array) .buckets = (array), .bucket_count = ARRAY_LEN(array)

const struct metric_desc metric_families[METRIC_FAMILY_COUNT] = {
    [DECISIONS] = {
        .name = "bandit_operator_decisions", .type = METRIC_COUNTER,
        .help = "Decisions about a route, by what they came to and why.",
        .labels = {"namespace", "route", "verdict", "reason"},
        .example = "sum by (namespace, route, reason) "
                   "(rate(bandit_operator_decisions_total{verdict=\"Held\"}[5m]))"},
    [LEADER_CHANGES] = {
        .name = "bandit_operator_leader_changes", .type = METRIC_COUNTER,
        .help = "Times another arm became the leader of the route.",
        .labels = ROUTE_LABELS,
        .example = "increase(bandit_operator_leader_changes_total[1h]) > 6"},
    [ESTIMATED_REGRET] = {
        .name = "bandit_operator_estimated_regret", .type = METRIC_COUNTER,
        .help = "Reward lost against the best arm, as estimated: reward units, summed over "
                "requests.",
        .labels = ROUTE_LABELS,
        .example = "rate(bandit_operator_estimated_regret_total[1h])"},
    [EXPLORATION_COST] = {
        .name = "bandit_operator_exploration_cost", .type = METRIC_COUNTER,
        .help = "The part of the estimated regret that exploring explains.",
        .labels = ROUTE_LABELS,
        .example = "rate(bandit_operator_exploration_cost_total[1h])"},
    [REWARD_CLAMPS] = {
        .name = "bandit_operator_reward_clamps", .type = METRIC_COUNTER,
        .help = "Ratios outside 0 to 1 that were cut: more good events than events.",
        .labels = ROUTE_LABELS,
        .example = "increase(bandit_operator_reward_clamps_total[1h]) > 10"},
    [DRIFT_REPAIRS] = {
        .name = "bandit_operator_drift_repairs", .type = METRIC_COUNTER,
        .help = "Times the data plane had other weights than it was given, and was set "
                "right.",
        .labels = ROUTE_LABELS,
        .example = "increase(bandit_operator_drift_repairs_total[1h]) > 0"},
    [QUERIES] = {
        .name = "bandit_operator_prometheus_queries", .type = METRIC_COUNTER,
        .help = "Queries sent to Prometheus.",
        .example = "rate(bandit_operator_prometheus_queries_total[5m])"},
    [QUERY_ERRORS] = {
        .name = "bandit_operator_prometheus_query_errors", .type = METRIC_COUNTER,
        .help = "Queries without a usable answer, by reason.",
        .labels = {"reason"},
        .example = "sum by (reason) "
                   "(increase(bandit_operator_prometheus_query_errors_total[5m])) > 0"},
    [QUERY_DURATION] = {
        .name = "bandit_operator_prometheus_query_duration_seconds",
        .type = METRIC_HISTOGRAM, .unit = "seconds",
        .help = "How long queries took, answered or not.",
        BOUNDS(query_bounds),
        .example = "histogram_quantile(0.99, sum by (le) "
                   "(rate(bandit_operator_prometheus_query_duration_seconds_bucket[5m])))"},
    [LAST_QUERY_SUCCESS] = {
        .name = "bandit_operator_prometheus_last_success_timestamp_seconds",
        .type = METRIC_GAUGE, .unit = "seconds",
        .help = "When Prometheus last gave a usable answer; 0 before the first.",
        .example = "time() - bandit_operator_prometheus_last_success_timestamp_seconds > 60"},
    [DATAPLANE_WRITES] = {
        .name = "bandit_operator_dataplane_writes", .type = METRIC_COUNTER,
        .help = "Times weights were written to a data plane and accepted.",
        .labels = {"kind"},
        .example = "rate(bandit_operator_dataplane_writes_total[5m])"},
    [DATAPLANE_ERRORS] = {
        .name = "bandit_operator_dataplane_errors", .type = METRIC_COUNTER,
        .help = "Reads and writes of weights that a data plane refused or did not answer.",
        .labels = {"kind"},
        .example = "increase(bandit_operator_dataplane_errors_total[5m]) > 0"},
    [STATUS_WRITE_ERRORS] = {
        .name = "bandit_operator_status_write_errors", .type = METRIC_COUNTER,
        .help = "Statuses that the store did not take; they are written again.",
        .example = "increase(bandit_operator_status_write_errors_total[5m]) > 0"},
    [JOURNAL_ERRORS] = {
        .name = "bandit_operator_journal_errors", .type = METRIC_COUNTER,
        .help = "Decisions that --decisions.log could not take.",
        .example = "increase(bandit_operator_journal_errors_total[10m]) > 0"},
    [EVENTS_DROPPED] = {
        .name = "bandit_operator_events_dropped", .type = METRIC_COUNTER,
        .help = "Kubernetes Events about routes that were not told: too many waited (full), "
                "or the API server did not take them (failed).",
        .labels = {"reason"},
        .example = "sum by (reason) "
                   "(increase(bandit_operator_events_dropped_total[10m])) > 0"},
    [ROUTES] = {
        .name = "bandit_operator_routes", .type = METRIC_GAUGE,
        .help = "Routes that are looked after.",
        .example = "sum(bandit_operator_routes)"},
    [INVALID_ROUTES] = {
        .name = "bandit_operator_invalid_routes", .type = METRIC_GAUGE,
        .help = "Objects that stand in the store and cannot be understood.",
        .example = "bandit_operator_invalid_routes > 0"},
    [RECONCILE_TOTAL] = {
        .name = "controller_runtime_reconcile", .type = METRIC_COUNTER,
        .help = "Reconciliations, by result.",
        .labels = {"controller", "result"},
        .example = "sum by (result) (rate(controller_runtime_reconcile_total[5m]))"},
    [RECONCILE_ERRORS] = {
        .name = "controller_runtime_reconcile_errors", .type = METRIC_COUNTER,
        .help = "Reconciliations that failed and are tried again.",
        .labels = {"controller"},
        .example = "rate(controller_runtime_reconcile_errors_total[5m])"},
    [RECONCILE_TIME] = {
        .name = "controller_runtime_reconcile_time_seconds",
        .type = METRIC_HISTOGRAM, .unit = "seconds",
        .help = "How long a reconciliation took.",
        .labels = {"controller"},
        BOUNDS(reconcile_bounds),
        .example = "histogram_quantile(0.99, sum by (le) "
                   "(rate(controller_runtime_reconcile_time_seconds_bucket[5m])))"},
    [ACTIVE_WORKERS] = {
        .name = "controller_runtime_active_workers", .type = METRIC_GAUGE,
        .help = "Workers that are reconciling now.",
        .labels = {"controller"},
        .example = "controller_runtime_active_workers / "
                   "controller_runtime_max_concurrent_reconciles"},
    [MAX_WORKERS] = {
        .name = "controller_runtime_max_concurrent_reconciles", .type = METRIC_GAUGE,
        .help = "Workers that there are.",
        .labels = {"controller"},
        .example = "controller_runtime_active_workers / "
                   "controller_runtime_max_concurrent_reconciles"},
    [QUEUE_DEPTH] = {
        .name = "workqueue_depth", .type = METRIC_GAUGE,
        .help = "Routes that wait to be worked on.",
        .labels = {"name"},
        .example = "max_over_time(workqueue_depth[5m])"},
    [QUEUE_ADDS] = {
        .name = "workqueue_adds", .type = METRIC_COUNTER,
        .help = "Times a route became due.",
        .labels = {"name"},
        .example = "rate(workqueue_adds_total[5m])"},
    [QUEUE_RETRIES] = {
        .name = "workqueue_retries", .type = METRIC_COUNTER,
        .help = "Times a route was put back after a failure.",
        .labels = {"name"},
        .example = "rate(workqueue_retries_total[5m]) / rate(workqueue_adds_total[5m])"},
    [QUEUE_DURATION] = {
        .name = "workqueue_queue_duration_seconds",
        .type = METRIC_HISTOGRAM, .unit = "seconds",
        .help = "How long a route waited once it was due.",
        .labels = {"name"},
        BOUNDS(queue_bounds),
        .example = "histogram_quantile(0.99, sum by (le) "
                   "(rate(workqueue_queue_duration_seconds_bucket[5m])))"},
    [QUEUE_WORK_DURATION] = {
        .name = "workqueue_work_duration_seconds",
        .type = METRIC_HISTOGRAM, .unit = "seconds",
        .help = "How long a route was worked on.",
        .labels = {"name"},
        BOUNDS(queue_bounds),
        .example = "histogram_quantile(0.99, sum by (le) "
                   "(rate(workqueue_work_duration_seconds_bucket[5m])))"},
    [QUEUE_UNFINISHED] = {
        .name = "workqueue_unfinished_work_seconds", .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "Time spent so far on routes that are being worked on.",
        .labels = {"name"},
        .example = "workqueue_unfinished_work_seconds > 30"},
    [QUEUE_LONGEST] = {
        .name = "workqueue_longest_running_processor_seconds", .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "How long the slowest worker has been at its route.",
        .labels = {"name"},
        .example = "workqueue_longest_running_processor_seconds > 60"},
    [REST_REQUESTS] = {
        .name = "rest_client_requests", .type = METRIC_COUNTER,
        .help = "HTTP requests sent, by status code (\"<error>\": none), method and host.",
        .labels = {"code", "method", "host"},
        .example = "sum by (code, host) (rate(rest_client_requests_total[5m]))"},
    [LEADER_ELECTION] = {
        .name = "leader_election_master_status", .type = METRIC_GAUGE,
        .help = "1 while this process is the one that decides.",
        .labels = {"name"},
        .example = "sum(leader_election_master_status) != 1"},
};
/* clang-format on */

const struct metric_table operator_metric_table = {metric_families, METRIC_FAMILY_COUNT};
