/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/collection.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "kube/backoff.h"
#include "kube/reflector.h"
#include "kube/table.h"

enum {
    SETTLE_MS = 10000,    /* waited for the first list */
    LOST_MS = 60000,      /* what was not heard of for so long is not known any more */
    ECHO_MS = 5000,       /* how long events of before our own write may come late */
    LOOK_FIRST_MS = 2000, /* for a kind that is not served */
};

enum state {
    UNUSED,
    STARTING,
    ABSENT, /* the kind is not served */
    FAILED, /* cannot be listed */
    KNOWN,
};

/* What is kept of an object. */
struct item {
    void *value;
    char *version;
    int64_t own_until_ms; /* it came from a write of ours: older events are late */
    void (*free)(void *value);
};

struct collection {
    struct collection_options o;
    pthread_t thread;
    bool started;
    pthread_cond_t settled;
    enum state state;
    const struct kube_kind *kind; /* in the version that is served, or is tried */
    int64_t lost_ms;              /* since when nothing is heard; 0: all is well */
    struct error why;             /* of ABSENT and FAILED */
    struct kube_table items;      /* struct item */
};

static void item_free(void *value)
{
    struct item *item = value;

    item->free(item->value);
    free(item->version);
    free(item);
}

/* ---- items, under the lock -----------------------------------------------------------
 */

static void put(struct collection *c, const char *key, const char *version, void *value,
                bool own)
{
    struct item *item = kube_table_get(&c->items, key);
    void *before = item ? item->value : NULL;

    if (!item) {
        item = mem_alloc(1, sizeof(*item));
        item->free = c->o.free;
        kube_table_put(&c->items, key, item);
    }
    free(item->version);
    item->version = mem_strdup(version);
    item->own_until_ms = own ? clock_mono_ms() + ECHO_MS : 0;
    item->value = value;
    c->o.changed(c->o.arg, key, before, value);
    if (before)
        c->o.free(before);
}

static void take_out(struct collection *c, const char *key)
{
    const struct item *item = kube_table_get(&c->items, key);

    if (!item)
        return;
    c->o.changed(c->o.arg, key, item->value, NULL);
    kube_table_remove(&c->items, key);
}

static bool take_out_swept(void *arg, const char *key, void *value)
{
    const struct collection *c = arg;
    const struct item *item = value;

    c->o.changed(c->o.arg, key, item->value, NULL);
    return false;
}

/* Versions of one kind of object are numbers that rise: true when a is below b. */
static bool is_older(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b);

    if (strspn(a, "0123456789") != m || strspn(b, "0123456789") != n)
        return false;
    return m != n ? m < n : strcmp(a, b) < 0;
}

/* The answer to our own write may be faster than the events of what was before it. */
static bool is_news(const struct collection *c, const char *key, const char *version)
{
    const struct item *item = kube_table_get(&c->items, key);

    if (!item)
        return true;
    if (strcmp(item->version, version) == 0)
        return false;
    return clock_mono_ms() >= item->own_until_ms || !is_older(version, item->version);
}

void *collection_get(const struct collection *c, const char *key, const char **version)
{
    const struct item *item = kube_table_get(&c->items, key);

    *version = item ? item->version : NULL;
    return item ? item->value : NULL;
}

void collection_put(struct collection *c, const char *key, const char *before,
                    const char *version, void *value)
{
    const struct item *item = kube_table_get(&c->items, key);
    bool same = item ? strcmp(item->version, version) == 0 ||
                           (before && strcmp(item->version, before) == 0)
                     : !before;

    if (same)
        put(c, key, version, value, true);
    else
        c->o.free(value);
}

/* ---- what is known of the whole ------------------------------------------------------
 */

static void turn(struct collection *c, enum state state, const struct error *why)
{
    (void)pthread_mutex_lock(c->o.lock);
    if (why)
        c->why = *why;
    if (c->state != state) {
        c->state = state;
        c->o.turned(c->o.arg);
        (void)pthread_cond_broadcast(&c->settled);
    }
    (void)pthread_mutex_unlock(c->o.lock);
}

bool collection_known(const struct collection *c, struct error *err)
{
    switch (c->state) {
    case KNOWN:
        if (!c->lost_ms || clock_mono_ms() - c->lost_ms < LOST_MS)
            return true;
        *err = c->why;
        return error_wrap(err, "%s have not been heard of for a minute", c->kind->plural);
    case ABSENT:
    case FAILED:
        *err = c->why;
        return false;
    case UNUSED:
    case STARTING:
        break;
    }
    return error_set(err, ERR_IO, "%s have not been listed yet", c->kind->plural);
}

const struct kube_kind *collection_kind(const struct collection *c)
{
    return c->kind;
}

/* ---- the thread ----------------------------------------------------------------------
 */

static void on_event(void *arg, const struct reflector_event *event)
{
    struct collection *c = arg;
    void *value =
        event->type == REFLECTOR_UPSERT ? c->o.parse(c->o.arg, event->object) : NULL;

    (void)pthread_mutex_lock(c->o.lock);
    if (event->type == REFLECTOR_DELETE)
        take_out(c, event->key);
    else if (value && is_news(c, event->key, event->version ? event->version : ""))
        put(c, event->key, event->version ? event->version : "", STEAL(value), false);
    (void)pthread_mutex_unlock(c->o.lock);
    if (value)
        c->o.free(value);
    if (event->type == REFLECTOR_SYNCED)
        turn(c, KNOWN, NULL);
}

static void on_step(void *arg, enum reflector_step step, const struct error *err)
{
    struct collection *c = arg;
    bool fault = err && (step == REFLECTOR_LISTED || err->kind != ERR_EXPIRED);
    bool first, absent = fault && err->kind == ERR_NOT_FOUND;

    (void)pthread_mutex_lock(c->o.lock);
    first = c->state != KNOWN;
    if (fault && !c->lost_ms)
        c->lost_ms = clock_mono_ms();
    if (fault)
        c->why = *err;
    else
        c->lost_ms = 0;
    (void)pthread_mutex_unlock(c->o.lock);
    if (fault && !absent) {
        c->o.fault(c->o.arg, c->kind->plural, err);
        if (first)
            turn(c, FAILED, err);
    }
}

/* Until asked to stop, or until the kind is not served in that version any more. */
static void reflect(struct collection *c, const struct kube_kind *kind)
{
    (void)pthread_mutex_lock(c->o.lock);
    c->kind = kind;
    c->lost_ms = 0;
    (void)pthread_mutex_unlock(c->o.lock);
    reflector_run(&(struct reflector){
        .client = c->o.client,
        .stop = c->o.stop,
        .ref = {.kind = kind, .namespace = c->o.namespace},
        .until_absent = true,
        .tell = on_event,
        .step = on_step,
        .arg = c,
    });
    if (stop_requested(c->o.stop))
        return;
    (void)pthread_mutex_lock(c->o.lock);
    kube_table_sweep(&c->items, take_out_swept, c);
    (void)pthread_mutex_unlock(c->o.lock);
}

/* The kind may be installed, or taken out, while we run. */
static void *run(void *arg)
{
    struct collection *c = arg;
    struct backoff backoff = {.first_ms = LOOK_FIRST_MS};
    uint64_t chance = (uint64_t)clock_mono_ns() | 1;
    struct error absent;

    (void)error_set(&absent, ERR_NOT_FOUND,
                    "the API server serves no %s (%s): install it", c->o.versions[0].kind,
                    c->o.versions[0].group);
    while (!stop_requested(c->o.stop)) {
        for (size_t i = 0; i < c->o.version_count; i++)
            reflect(c, &c->o.versions[i]);
        if (stop_requested(c->o.stop))
            break;
        turn(c, ABSENT, &absent);
        (void)stop_wait_ms(
            c->o.stop, backoff_next(&backoff, clock_mono_ms(), backoff_chance(&chance)));
    }
    return NULL;
}

void collection_use(struct collection *c)
{
    int64_t end_ms = clock_mono_ms() + SETTLE_MS;

    (void)pthread_mutex_lock(c->o.lock);
    if (c->state == UNUSED) {
        c->state = STARTING;
        c->started = pthread_create(&c->thread, NULL, run, c) == 0;
        if (!c->started) {
            log_error("cannot start a thread");
            abort();
        }
    }
    while (c->state == STARTING && clock_mono_ms() < end_ms &&
           !stop_requested(c->o.stop)) {
        int64_t next_ms = clock_mono_ms() + 100; /* to look whether to stop */
        struct timespec t = clock_timespec(next_ms);

        (void)pthread_cond_timedwait(&c->settled, c->o.lock, &t);
    }
    (void)pthread_mutex_unlock(c->o.lock);
}

struct collection *collection_new(const struct collection_options *options)
{
    struct collection *c = mem_alloc(1, sizeof(*c));
    pthread_condattr_t attr;

    c->o = *options;
    c->kind = &options->versions[0];
    c->items = (struct kube_table)KUBE_TABLE_INIT(item_free);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->settled, &attr);
    (void)pthread_condattr_destroy(&attr);
    return c;
}

void collection_free(struct collection *c)
{
    if (!c)
        return;
    if (c->started)
        (void)pthread_join(c->thread, NULL);
    kube_table_clear(&c->items);
    (void)pthread_cond_destroy(&c->settled);
    free(c);
}
