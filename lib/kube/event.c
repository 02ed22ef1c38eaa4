/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/event.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "kube/event_book.h"
#include "kube/event_make.h"
#include "kube/lease_record.h"

enum { WAITING_MAX = 512 /* not told yet */, TIMEOUT_MS = 10000 };

static const struct kube_kind events_kind = {"Event", "events.k8s.io", "v1", "events",
                                             true};

/* One in the queue. */
struct waiting {
    struct waiting *next;
    char *key;
    struct json *event;
    int64_t wall_ms;
};

struct kube_events {
    struct kube_events_options o;
    struct stop *stop;
    struct kube_client *client;
    pthread_t thread;

    struct event_book book; /* of the thread */

    pthread_mutex_t lock; /* guards: */
    pthread_cond_t more;
    struct waiting *first, **last;
    size_t count;
    uint64_t serial;
    bool stopping;
};

/* ---- noting --------------------------------------------------------------------------
 */

static void waiting_free(struct waiting *w)
{
    free(w->key);
    json_free(w->event);
    free(w);
}

static void dropped(const struct kube_events *e, enum kube_event_loss why)
{
    if (e->o.dropped)
        e->o.dropped(e->o.hook_arg, why);
}

void kube_events_note(struct kube_events *e, const struct kube_event *event)
{
    struct waiting *w;

    if (!e)
        return;
    w = mem_alloc(1, sizeof(*w));
    w->wall_ms = clock_wall_ms();
    w->key = event_key(event);
    (void)pthread_mutex_lock(&e->lock);
    if (e->count < WAITING_MAX) {
        w->event = event_make(&e->o, event, ((uint64_t)w->wall_ms << 20) + e->serial++,
                              w->wall_ms);
        *e->last = w;
        e->last = &w->next;
        e->count++;
        w = NULL;
        (void)pthread_cond_signal(&e->more);
    }
    (void)pthread_mutex_unlock(&e->lock);
    if (!w)
        return;
    dropped(e, KUBE_EVENT_FULL);
    waiting_free(w);
}

/* ---- telling -------------------------------------------------------------------------
 */

static bool post(struct kube_events *e, const struct happening *h, struct error *err)
{
    const struct kube_ref ref = {.kind = &events_kind, .namespace = h->namespace};
    struct json *stored = kube_create(e->client, &ref, h->event, err);

    json_free(stored);
    return stored != NULL;
}

static bool patch(struct kube_events *e, const struct happening *h, struct error *err)
{
    const struct kube_ref ref = {&events_kind, h->namespace, h->name, NULL};
    CLEANUP(json_freep)
    struct json *body = json_new_object();
    struct json *series = json_new_object();
    struct json *stored;
    char time[LEASE_TIME_MAX];

    json_put_number(series, "count", (double)h->series.count);
    json_put_string(series, "lastObservedTime", lease_time(h->wall_ms, time));
    json_put(body, "series", series);
    stored = kube_patch(e->client, &ref, KUBE_MERGE_PATCH, body, err);
    json_free(stored);
    return stored != NULL;
}

/* Events that the server forgot (it does after an hour) begin anew. */
static bool tell(void *arg, const struct happening *h, enum event_step step)
{
    struct kube_events *e = arg;
    struct error err;
    bool ok = step == EVENT_POST ? post(e, h, &err) : patch(e, h, &err);

    if (!ok && err.kind != ERR_CANCELED)
        dropped(e, KUBE_EVENT_FAILED);
    return ok;
}

static void wait_until(struct kube_events *e, int64_t mono_ms)
{
    struct timespec end = clock_timespec(mono_ms);

    (void)pthread_cond_timedwait(&e->more, &e->lock, &end);
}

/* The next one, or NULL when it is time for a sweep or when stopping. */
static struct waiting *next(struct kube_events *e, bool *stopping)
{
    int64_t now_ms = clock_mono_ms(), end_ms = e->book.sweep_ms;
    int64_t from_ms = event_book_ready_ms(&e->book, now_ms);
    struct waiting *w = NULL;

    (void)pthread_mutex_lock(&e->lock);
    while (!e->stopping && now_ms < end_ms && (!e->first || now_ms < from_ms)) {
        wait_until(e, e->first && from_ms < end_ms ? from_ms : end_ms);
        now_ms = clock_mono_ms();
    }
    *stopping = e->stopping;
    if (!e->stopping && now_ms >= from_ms)
        w = e->first;
    if (w) {
        e->first = w->next;
        if (!e->first)
            e->last = &e->first;
        e->count--;
    }
    (void)pthread_mutex_unlock(&e->lock);
    return w;
}

static void *run(void *arg)
{
    struct kube_events *e = arg;
    bool stopping = false;

    while (!stopping) {
        struct waiting *w = next(e, &stopping);

        if (w) {
            event_book_note(&e->book, w->key, STEAL(w->event), w->wall_ms,
                            clock_mono_ms());
            waiting_free(w);
        }
        if (!stopping && clock_mono_ms() >= e->book.sweep_ms)
            event_book_sweep(&e->book, clock_mono_ms());
    }
    return NULL;
}

/* ---- life ----------------------------------------------------------------------------
 */

struct kube_events *kube_events_start(const struct kube_events_options *options)
{
    struct kube_events *e = mem_alloc(1, sizeof(*e));
    pthread_condattr_t attr;

    e->o = *options;
    e->last = &e->first;
    e->stop = stop_new();
    event_book_init(&e->book, clock_mono_ms(), tell, e);
    e->client = kube_client_new(&(struct kube_client_options){
        .access = options->access,
        .stop = e->stop,
        .user_agent = options->user_agent,
        .timeout_ms = TIMEOUT_MS,
        .report = options->report,
        .hook_arg = options->hook_arg,
    });
    (void)pthread_mutex_init(&e->lock, NULL);
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&e->more, &attr);
    (void)pthread_condattr_destroy(&attr);
    if (pthread_create(&e->thread, NULL, run, e) != 0)
        abort();
    return e;
}

void kube_events_stop(struct kube_events *e)
{
    if (!e)
        return;
    stop_request(e->stop);
    (void)pthread_mutex_lock(&e->lock);
    e->stopping = true;
    (void)pthread_cond_signal(&e->more);
    (void)pthread_mutex_unlock(&e->lock);
    (void)pthread_join(e->thread, NULL);
    while (e->first) {
        struct waiting *rest = e->first->next;

        waiting_free(e->first);
        e->first = rest;
    }
    event_book_clear(&e->book);
    kube_client_free(e->client);
    stop_free(e->stop);
    (void)pthread_cond_destroy(&e->more);
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}
