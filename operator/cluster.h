/* SPDX-License-Identifier: Apache-2.0 */
/* cluster.h - what running on a cluster adds to the operator: requests to the API server
 * are counted and their faults logged, and of several processes one decides. */
#ifndef OPERATOR_CLUSTER_H
#define OPERATOR_CLUSTER_H

#include "controller/events.h"
#include "controller/metrics.h"
#include "kube/lease.h"
#include "store/choice.h"

struct cluster_flags {
    bool elect;
    const char *lease_namespace;
    struct lease_timing timing;
};

/* clang-format off */
#define CLUSTER_FLAGS_INIT {.lease_namespace = "", .timing = LEASE_TIMING_DEFAULT}

#define CLUSTER_FLAGS(f)                                                                 \
    {.name = "leader-elect", .kind = FLAG_SWITCH, .value = &(f).elect,                   \
     .help = "Of several operators, only the one that holds the lease decides."},        \
    {.name = "leader-elect.namespace", .kind = FLAG_STRING,                              \
     .value = &(f).lease_namespace, .argname = "NAME",                                   \
     .help = "Where the lease is; default: our own namespace."},                         \
    {.name = "leader-elect.lease-duration", .kind = FLAG_DURATION,                       \
     .value = &(f).timing.duration_ms, .argname = "DURATION",                            \
     .help = "How long others wait before they take the lease of a silent leader."},     \
    {.name = "leader-elect.renew-deadline", .kind = FLAG_DURATION,                       \
     .value = &(f).timing.renew_deadline_ms, .argname = "DURATION",                      \
     .help = "A leader that could not renew the lease for so long exits."},              \
    {.name = "leader-elect.retry-period", .kind = FLAG_DURATION,                         \
     .value = &(f).timing.retry_ms, .argname = "DURATION",                               \
     .help = "Between two tries to get or to renew the lease."}
/* clang-format on */

bool cluster_check(const struct cluster_flags *flags, const struct store_choice *choice,
                   struct error *err);

struct cluster;

/* Borrows the flags. */
struct cluster *cluster_new(const struct cluster_flags *flags);
void cluster_free(struct cluster *c);
DEFINE_FREEP(struct cluster *, cluster_free)

/* Hooks for store_choice_open(). */
struct store_kube_options cluster_hooks(struct cluster *c);

/* Count here from now on, and tell Events. Before any other thread starts. */
void cluster_begin(struct cluster *c, struct operator_metrics *metrics,
                   const struct store_choice *choice);

/* An events_hook_fn: what people should read of a route, as an Event beside it. */
void cluster_tell(void *cluster, const struct route_event *event);

/* Stand for election, unless there is none. A lease that is won wakes stop_wait_signal()
 * with SIGUSR1; one that is lost ends the process at once with code exit_lost. */
void cluster_elect(struct cluster *c, const struct store_choice *choice, int exit_lost);

/* May this process decide and write? Without an election always. Any thread. */
bool cluster_leads(const struct cluster *c);

/* Give the lease back, when nothing is decided any more, and tell no more Events. */
void cluster_end(struct cluster *c);

#endif
