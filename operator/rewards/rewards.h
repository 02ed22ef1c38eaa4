/* SPDX-License-Identifier: Apache-2.0 */
/* rewards.h - the fleet's rewards from Prometheus: asked once, used by every route.
 *
 * For each window three instant queries (good events, events, last scrape) answer for all
 * routes at once. The result, good or bad, is a snapshot that is shared until it is older
 * than its user wants; whoever comes while it is being fetched waits for it. Any thread.
 */
#ifndef REWARDS_REWARDS_H
#define REWARDS_REWARDS_H

#include "base/buf.h"
#include "base/stop.h"
#include "rewards/table.h"

/* What became of one query, for metrics. */
struct rewards_report {
    enum reason reason; /* REASON_NONE: answered */
    int status;         /* of HTTP; 0 when there was no answer */
    double seconds;
};

typedef void rewards_report_fn(void *arg, const struct rewards_report *report);

struct rewards_options {
    const char *url;           /* of Prometheus, such as "http://127.0.0.1:9090" */
    int64_t timeout_ms;        /* of each query */
    struct stop *stop;         /* asked to stop, a running query ends at once */
    rewards_report_fn *report; /* called by the thread that asked; or NULL */
    void *report_arg;
};

struct rewards;

struct rewards *rewards_new(const struct rewards_options *options);
void rewards_free(struct rewards *r);
DEFINE_FREEP(struct rewards *, rewards_free)

/* What Prometheus answered, or why it did not. */
struct rewards_snapshot {
    enum reason problem; /* REASON_NONE: the table is there */
    char detail[160];
    int64_t asked_ms; /* wall time at which the queries were evaluated */
    int64_t mono_ms;
    struct rewards_table *table;
    int references; /* guarded by the owner */
};

/* A snapshot not older than max_age_ms, asked for if need be; NULL when asked to stop.
 * Hand it back with rewards_put(). Queries are evaluated at at_ms, the moment of the
 * decision, and not whenever Prometheus gets to them: so that whoever asks again later
 * for the same moment gets the same answer. */
struct rewards_snapshot *rewards_get(struct rewards *r, enum route_window window,
                                     int64_t max_age_ms, int64_t at_ms);

/* The last snapshot, however old, or NULL; hand it back too. Never waits. */
struct rewards_snapshot *rewards_last(struct rewards *r, enum route_window window);

void rewards_put(struct rewards *r, struct rewards_snapshot *s);

/* Fill in what the snapshot knows of the route: problem and detail, or each arm's
 * newest_ms and objectives; and asked_ms. */
void rewards_observe(const struct rewards_snapshot *s, const struct bandit_route *route,
                     struct observation *seen);

/* The PromQL that is asked, in a static buffer of its own for each query and window. */
const char *rewards_query_text(enum rewards_query query, enum route_window window);

#endif
