/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/own.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
    OBJECTS,
    INVALID,
    LISTS,
    LIST_ERRORS,
    WATCHES,
    WATCH_ERRORS,
    LAST_SYNC,
    SHARD,
    SHARDS,
    RELOAD,
    RELOAD_TIME,
};

/* clang-format off */
static const struct metric_desc rows[] = {
    [OBJECTS] = {
        .name = "bandit_exporter_objects",
        .type = METRIC_GAUGE,
        .help = "BanditRoute objects that this exporter publishes.",
        .example = "sum(bandit_exporter_objects)",
    },
    [INVALID] = {
        .name = "bandit_exporter_invalid_objects",
        .type = METRIC_GAUGE,
        .help = "BanditRoute objects that are there and cannot be understood.",
        .example = "bandit_exporter_invalid_objects > 0",
    },
    [LISTS] = {
        .name = "bandit_exporter_list",
        .type = METRIC_COUNTER,
        .help = "Looks at the whole object store that succeeded.",
        .example = "rate(bandit_exporter_list_total[5m])",
    },
    [LIST_ERRORS] = {
        .name = "bandit_exporter_list_errors",
        .type = METRIC_COUNTER,
        .help = "Looks at the whole object store that failed.",
        .example = "rate(bandit_exporter_list_errors_total[5m]) > 0",
    },
    [WATCHES] = {
        .name = "bandit_exporter_watch",
        .type = METRIC_COUNTER,
        .help = "Changes, or watches for changes, that the object store delivered.",
        .example = "rate(bandit_exporter_watch_total[5m])",
    },
    [WATCH_ERRORS] = {
        .name = "bandit_exporter_watch_errors",
        .type = METRIC_COUNTER,
        .help = "Watches for changes of the object store that failed.",
        .example = "rate(bandit_exporter_watch_errors_total[5m]) > 0",
    },
    [LAST_SYNC] = {
        .name = "bandit_exporter_last_sync_timestamp_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "When the object store was last seen as a whole.",
        .example = "time() - bandit_exporter_last_sync_timestamp_seconds > 300",
    },
    [SHARD] = {
        .name = "bandit_exporter_shard",
        .type = METRIC_GAUGE,
        .help = "Number of this exporter's shard, from 0.",
        .example = "count(count_values(\"shard\", bandit_exporter_shard)) < "
                   "max(bandit_exporter_shards)",
    },
    [SHARDS] = {
        .name = "bandit_exporter_shards",
        .type = METRIC_GAUGE,
        .help = "How many shards this exporter takes the objects to be split into.",
        .example = "count(count_values(\"total\", bandit_exporter_shards)) > 1",
    },
    [RELOAD] = {
        .name = "bandit_exporter_config_last_reload_successful",
        .type = METRIC_GAUGE,
        .help = "Whether the web configuration could be read the last time; when not, the "
                "one before stays in force.",
        .example = "bandit_exporter_config_last_reload_successful == 0",
    },
    [RELOAD_TIME] = {
        .name = "bandit_exporter_config_last_reload_success_timestamp_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "When the web configuration was last read with success.",
        .example = "bandit_exporter_config_last_reload_success_timestamp_seconds",
    },
};
/* clang-format on */

const struct metric_table own_table = {rows, ARRAY_LEN(rows)};

struct own {
    struct metrics *metrics;
    struct fleet *fleet;
    struct store *store;
    pthread_mutex_t lock;
    struct store_stats told; /* what the counters hold already */
};

static struct gauge *gauge(const struct own *o, size_t row)
{
    return metrics_gauge(o->metrics, &rows[row], NULL);
}

static void count_up(const struct own *o, size_t row, uint64_t now, uint64_t told)
{
    counter_add(metrics_counter(o->metrics, &rows[row], NULL), (double)(now - told));
}

static void refresh(void *arg)
{
    struct own *o = arg;
    struct store_stats now;

    (void)pthread_mutex_lock(&o->lock);
    store_stats(o->store, &now);
    count_up(o, LISTS, now.list_success, o->told.list_success);
    count_up(o, LIST_ERRORS, now.list_errors, o->told.list_errors);
    count_up(o, WATCHES, now.watch_success, o->told.watch_success);
    count_up(o, WATCH_ERRORS, now.watch_errors, o->told.watch_errors);
    o->told = now;
    (void)pthread_mutex_unlock(&o->lock);
    gauge_set(gauge(o, OBJECTS), (double)fleet_count(o->fleet));
    if (now.last_sync_ms)
        gauge_set(gauge(o, LAST_SYNC), (double)now.last_sync_ms / 1000);
}

struct own *own_new(struct fleet *fleet, struct store *store, const struct shard *shard)
{
    struct own *o = mem_alloc(1, sizeof(*o));

    o->metrics = metrics_new(NULL, 0);
    o->fleet = fleet;
    o->store = store;
    (void)pthread_mutex_init(&o->lock, NULL);
    own_set_invalid(o, 0);
    gauge_set(gauge(o, SHARD), (double)shard->number);
    gauge_set(gauge(o, SHARDS), (double)shard->total);
    own_set_reload(o, true);
    metrics_add_process(o->metrics, "bandit_exporter");
    metrics_on_expose(o->metrics, refresh, o);
    return o;
}

void own_free(struct own *o)
{
    if (!o)
        return;
    metrics_free(o->metrics);
    (void)pthread_mutex_destroy(&o->lock);
    free(o);
}

struct metrics *own_registry(struct own *o)
{
    return o->metrics;
}

void own_set_invalid(struct own *o, size_t n)
{
    gauge_set(gauge(o, INVALID), (double)n);
}

void own_set_reload(struct own *o, bool success)
{
    gauge_set(gauge(o, RELOAD), success);
    if (success)
        gauge_set(gauge(o, RELOAD_TIME), (double)clock_wall_ms() / 1000);
}
