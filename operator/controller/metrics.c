/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "controller/metric_families.h"

static const char controller_name[] = "banditroute";

struct operator_metrics {
    struct metrics *registry;
    char *host; /* of Prometheus */
    struct counter *queries, *status_write_errors, *journal_errors,
        *results[RECONCILE_RESULT_COUNT], *events_dropped[2];
    struct counter *reconcile_errors, *queue_adds, *queue_retries;
    struct histogram *query_duration, *reconcile_time, *queue_duration, *work_duration;
    struct gauge *last_success, *routes, *invalid, *active;
    struct gauge *depth, *unfinished, *longest;
    pthread_mutex_t lock; /* guards what follows */
    uint64_t adds, retries;
};

static const char *const result_names[RECONCILE_RESULT_COUNT] = {
    [RECONCILED] = "success",
    [RECONCILED_AFTER] = "requeue_after",
    [RECONCILE_FAILED] = "error",
};

static struct counter *counter_of(const struct operator_metrics *m, enum metric_family f,
                                  const char *const *values)
{
    return metrics_counter(m->registry, &metric_families[f], values);
}

static struct gauge *gauge_of(const struct operator_metrics *m, enum metric_family f,
                              const char *const *values)
{
    return metrics_gauge(m->registry, &metric_families[f], values);
}

static struct histogram *histogram_of(const struct operator_metrics *m,
                                      enum metric_family f, const char *const *values)
{
    return metrics_histogram(m->registry, &metric_families[f], values);
}

/* Every reason for which a query can fail is there from the start: a rate() over a series
 * that is born at one would miss its first event. */
static void begin_query_errors(const struct operator_metrics *m)
{
    for (enum reason r = REASON_QUERY_WARNING; r <= REASON_BAD_ANSWER; r++)
        (void)counter_of(m, QUERY_ERRORS, (const char *[]){reason_name(r)});
}

static void begin_controller(struct operator_metrics *m, size_t workers)
{
    const char *const name[] = {controller_name};

    for (size_t i = 0; i < RECONCILE_RESULT_COUNT; i++)
        m->results[i] = counter_of(m, RECONCILE_TOTAL,
                                   (const char *[]){controller_name, result_names[i]});
    m->reconcile_errors = counter_of(m, RECONCILE_ERRORS, name);
    m->reconcile_time = histogram_of(m, RECONCILE_TIME, name);
    m->active = gauge_of(m, ACTIVE_WORKERS, name);
    gauge_set(gauge_of(m, MAX_WORKERS, name), (double)workers);
    m->depth = gauge_of(m, QUEUE_DEPTH, name);
    m->queue_adds = counter_of(m, QUEUE_ADDS, name);
    m->queue_retries = counter_of(m, QUEUE_RETRIES, name);
    m->queue_duration = histogram_of(m, QUEUE_DURATION, name);
    m->work_duration = histogram_of(m, QUEUE_WORK_DURATION, name);
    m->unfinished = gauge_of(m, QUEUE_UNFINISHED, name);
    m->longest = gauge_of(m, QUEUE_LONGEST, name);
}

struct operator_metrics *operator_metrics_new(struct metrics *registry,
                                              const char *prometheus_host, size_t workers)
{
    struct operator_metrics *m = mem_alloc(1, sizeof(*m));

    m->registry = registry;
    m->host = mem_strdup(prometheus_host);
    (void)pthread_mutex_init(&m->lock, NULL);
    m->queries = counter_of(m, QUERIES, NULL);
    m->query_duration = histogram_of(m, QUERY_DURATION, NULL);
    m->last_success = gauge_of(m, LAST_QUERY_SUCCESS, NULL);
    m->status_write_errors = counter_of(m, STATUS_WRITE_ERRORS, NULL);
    m->journal_errors = counter_of(m, JOURNAL_ERRORS, NULL);
    m->events_dropped[false] = counter_of(m, EVENTS_DROPPED, (const char *[]){"failed"});
    m->events_dropped[true] = counter_of(m, EVENTS_DROPPED, (const char *[]){"full"});
    m->routes = gauge_of(m, ROUTES, NULL);
    m->invalid = gauge_of(m, INVALID_ROUTES, NULL);
    begin_query_errors(m);
    begin_controller(m, workers);
    operator_metrics_leader(m, true);
    return m;
}

void operator_metrics_free(struct operator_metrics *m)
{
    if (!m)
        return;
    (void)pthread_mutex_destroy(&m->lock);
    free(m->host);
    free(m);
}

/* ---- of a route ----------------------------------------------------------------------
 */

static const enum metric_family route_counters[] = {
    LEADER_CHANGES, ESTIMATED_REGRET, EXPLORATION_COST, REWARD_CLAMPS, DRIFT_REPAIRS};

void operator_metrics_route_begins(struct operator_metrics *m,
                                   const struct bandit_route *r)
{
    for (size_t i = 0; i < ARRAY_LEN(route_counters); i++)
        if (route_counters[i] != REWARD_CLAMPS) /* rare: not worth a series each */
            (void)counter_of(m, route_counters[i],
                             (const char *[]){r->namespace, r->name});
}

void operator_metrics_route_ends(struct operator_metrics *m, const struct bandit_route *r)
{
    const char *const values[] = {r->namespace, r->name, NULL, NULL};

    for (size_t i = 0; i < ARRAY_LEN(route_counters); i++)
        metrics_remove(m->registry, &metric_families[route_counters[i]], values);
    metrics_remove(m->registry, &metric_families[DECISIONS], values);
}

void operator_metrics_decision(struct operator_metrics *m, const struct bandit_route *r,
                               const struct decision *d, bool leader_changed)
{
    const char *const values[] = {r->namespace, r->name, verdict_name(d->verdict),
                                  reason_name(d->reason)};

    counter_inc(counter_of(m, DECISIONS, values));
    counter_add(counter_of(m, ESTIMATED_REGRET, values), d->regret);
    counter_add(counter_of(m, EXPLORATION_COST, values), d->exploration_cost);
    if (d->clamps)
        counter_add(counter_of(m, REWARD_CLAMPS, values), d->clamps);
    if (leader_changed)
        counter_inc(counter_of(m, LEADER_CHANGES, values));
}

void operator_metrics_drift_repaired(struct operator_metrics *m,
                                     const struct bandit_route *r)
{
    counter_inc(counter_of(m, DRIFT_REPAIRS, (const char *[]){r->namespace, r->name}));
}

/* ---- of everything else --------------------------------------------------------------
 */

void operator_metrics_rest(struct operator_metrics *m, const char *host,
                           const char *method, int code)
{
    char text[16] = "<error>"; /* what client-go says of a request without an answer */

    if (code)
        (void)snprintf(text, sizeof(text), "%d", code);
    counter_inc(counter_of(m, REST_REQUESTS, (const char *[]){text, method, host}));
}

void operator_metrics_event_dropped(struct operator_metrics *m, bool full)
{
    counter_inc(m->events_dropped[full]);
}

void operator_metrics_leader(struct operator_metrics *m, bool leads)
{
    gauge_set(gauge_of(m, LEADER_ELECTION, (const char *[]){OPERATOR_LEASE}), leads);
}

void operator_metrics_query(struct operator_metrics *m,
                            const struct rewards_report *report)
{
    operator_metrics_rest(m, m->host, "POST", report->status);
    counter_inc(m->queries);
    histogram_observe(m->query_duration, report->seconds);
    if (report->reason == REASON_NONE)
        gauge_set(m->last_success, (double)clock_wall_ms() / 1000);
    else
        counter_inc(
            counter_of(m, QUERY_ERRORS, (const char *[]){reason_name(report->reason)}));
}

void operator_metrics_dataplane_write(struct operator_metrics *m, const char *kind)
{
    counter_inc(counter_of(m, DATAPLANE_WRITES, (const char *[]){kind}));
}

void operator_metrics_dataplane_error(struct operator_metrics *m, const char *kind)
{
    counter_inc(counter_of(m, DATAPLANE_ERRORS, (const char *[]){kind}));
}

void operator_metrics_store_error(struct operator_metrics *m)
{
    counter_inc(m->status_write_errors);
}

void operator_metrics_journal_error(struct operator_metrics *m)
{
    counter_inc(m->journal_errors);
}

void operator_metrics_reconcile_begins(struct operator_metrics *m, double waited_s)
{
    gauge_add(m->active, 1);
    histogram_observe(m->queue_duration, waited_s);
}

void operator_metrics_reconcile_ends(struct operator_metrics *m,
                                     enum reconcile_result result, double seconds)
{
    gauge_add(m->active, -1);
    histogram_observe(m->reconcile_time, seconds);
    histogram_observe(m->work_duration, seconds);
    counter_inc(m->results[result]);
    if (result == RECONCILE_FAILED)
        counter_inc(m->reconcile_errors);
}

void operator_metrics_queue(struct operator_metrics *m,
                            const struct workqueue_stats *stats)
{
    gauge_set(m->depth, (double)stats->depth);
    gauge_set(m->unfinished, (double)stats->unfinished_ms / 1000);
    gauge_set(m->longest, (double)stats->longest_ms / 1000);
    (void)pthread_mutex_lock(&m->lock);
    if (stats->adds > m->adds) {
        counter_add(m->queue_adds, (double)(stats->adds - m->adds));
        m->adds = stats->adds;
    }
    if (stats->retries > m->retries) {
        counter_add(m->queue_retries, (double)(stats->retries - m->retries));
        m->retries = stats->retries;
    }
    (void)pthread_mutex_unlock(&m->lock);
}

void operator_metrics_routes(struct operator_metrics *m, size_t routes, size_t invalid)
{
    gauge_set(m->routes, (double)routes);
    gauge_set(m->invalid, (double)invalid);
}
