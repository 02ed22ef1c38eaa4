/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - what the operator counts, under the names that dashboards of Kubernetes
 * controllers expect, and its own.
 *
 * Events live here as counters; the state of routes is the exporter's to publish. Any
 * thread.
 */
#ifndef CONTROLLER_METRICS_H
#define CONTROLLER_METRICS_H

#include "controller/workqueue.h"
#include "core/decide.h"
#include "metrics/metrics.h"
#include "rewards/rewards.h"

#define OPERATOR_LEASE "bandit-operator" /* its name, also as a label */

/* For --describe-metrics. */
extern const struct metric_table operator_metric_table;

struct operator_metrics;

struct operator_metrics *operator_metrics_new(struct metrics *registry,
                                              const char *prometheus_host,
                                              size_t workers);
void operator_metrics_free(struct operator_metrics *m);
DEFINE_FREEP(struct operator_metrics *, operator_metrics_free)

/* ---- of a route ----------------------------------------------------------------------
 */

/* Its counters are there from now on, at zero. */
void operator_metrics_route_begins(struct operator_metrics *m,
                                   const struct bandit_route *r);
/* All its series go. */
void operator_metrics_route_ends(struct operator_metrics *m,
                                 const struct bandit_route *r);

void operator_metrics_decision(struct operator_metrics *m, const struct bandit_route *r,
                               const struct decision *d, bool leader_changed);
void operator_metrics_drift_repaired(struct operator_metrics *m,
                                     const struct bandit_route *r);

/* ---- of everything else --------------------------------------------------------------
 */

void operator_metrics_query(struct operator_metrics *m,
                            const struct rewards_report *report);

/* A request to the API server; code 0: it got no answer. */
void operator_metrics_rest(struct operator_metrics *m, const char *host,
                           const char *method, int code);

/* An Event for people could not be told: too many waited, or the server did not take it.
 */
void operator_metrics_event_dropped(struct operator_metrics *m, bool full);

/* Is this process the one that decides? It is, until told otherwise. */
void operator_metrics_leader(struct operator_metrics *m, bool leads);

/* What was done to a data plane; rejected and failed are told apart by err. */
void operator_metrics_dataplane_write(struct operator_metrics *m, const char *kind);
void operator_metrics_dataplane_error(struct operator_metrics *m, const char *kind);
void operator_metrics_store_error(struct operator_metrics *m);
void operator_metrics_journal_error(struct operator_metrics *m);

enum reconcile_result {
    RECONCILED,       /* nothing more to do */
    RECONCILED_AFTER, /* and again after a time */
    RECONCILE_FAILED, /* again with back-off */
    RECONCILE_RESULT_COUNT
};

void operator_metrics_reconcile_begins(struct operator_metrics *m, double waited_s);
void operator_metrics_reconcile_ends(struct operator_metrics *m,
                                     enum reconcile_result result, double seconds);

/* Read before each exposition. */
void operator_metrics_queue(struct operator_metrics *m,
                            const struct workqueue_stats *stats);
void operator_metrics_routes(struct operator_metrics *m, size_t routes, size_t invalid);

#endif
