/* SPDX-License-Identifier: Apache-2.0 */
/* controller.h - the threads around reconcile(): one watches the store, some work, one
 * looks whether the data plane was started anew.
 *
 *     store --watch thread--> cache + work queue --workers--> reconcile()
 */
#ifndef CONTROLLER_CONTROLLER_H
#define CONTROLLER_CONTROLLER_H

#include "base/stop.h"
#include "controller/reconcile.h"
#include "store/store.h"

struct controller_options {
    struct store *store;
    const struct dataplane_kind *kinds;
    size_t kind_count;
    struct rewards *rewards;
    struct operator_metrics *metrics;
    struct cache *cache;
    struct journal *journal;    /* or NULL */
    double status_writes_per_s; /* 0: every status is written */
    may_write_fn *may_write;    /* asked before each write to a data plane; or NULL */
    void *may_write_arg;
    size_t workers;
    struct stop *stop;
    events_hook_fn *on_event; /* gets every event, too; or NULL */
    void *on_event_arg;
};

struct controller;

/* Everything in options is borrowed until controller_join(). */
struct controller *controller_start(const struct controller_options *options);

/* After stop was requested: wait for all threads, then release. False when the watch
 * ended by itself, with the reason in *err. */
bool controller_join(struct controller *c, struct error *err);

/* True when the store has told all it has. Any thread. */
bool controller_synced(struct controller *c);

/* Bring gauges of queue and cache up to date. Any thread. */
void controller_refresh(struct controller *c);

#endif
