/* SPDX-License-Identifier: Apache-2.0 */
#include "rewards/rewards.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rewards/fetch.h"

struct window_state {
    struct rewards_snapshot *last; /* or NULL */
    bool fetching;                 /* one thread asks; the others wait */
};

struct rewards {
    struct fetch *fetch;  /* used by the thread that set `asking` */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool asking;
    struct window_state windows[WINDOW_COUNT];
};

struct rewards *rewards_new(const struct rewards_options *options)
{
    struct rewards *r = mem_alloc(1, sizeof(*r));

    r->fetch = fetch_new(options);
    (void)pthread_mutex_init(&r->lock, NULL);
    (void)pthread_cond_init(&r->changed, NULL);
    return r;
}

static void drop(struct rewards_snapshot *s)
{
    if (!s || --s->references)
        return;
    rewards_table_free(s->table);
    free(s);
}

void rewards_free(struct rewards *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        drop(r->windows[i].last);
    fetch_free(r->fetch);
    (void)pthread_cond_destroy(&r->changed);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct rewards_snapshot *refer(struct rewards_snapshot *s)
{
    if (s)
        s->references++;
    return s;
}

/* Ask, with the lock let go meanwhile. NULL when asked to stop. */
static struct rewards_snapshot *ask(struct rewards *r, enum route_window window,
                                    int64_t at_ms)
{
    struct window_state *w = &r->windows[window];
    struct rewards_snapshot *fresh;

    w->fetching = true;
    drop(STEAL(w->last)); /* before, so that two tables are not held at once */
    while (r->asking)
        (void)pthread_cond_wait(&r->changed, &r->lock);
    r->asking = true;
    (void)pthread_mutex_unlock(&r->lock);
    fresh = fetch_snapshot(r->fetch, window, at_ms);
    (void)pthread_mutex_lock(&r->lock);
    r->asking = false;
    w->fetching = false;
    w->last = refer(fresh);
    (void)pthread_cond_broadcast(&r->changed);
    return fresh;
}

struct rewards_snapshot *rewards_get(struct rewards *r, enum route_window window,
                                     int64_t max_age_ms, int64_t at_ms)
{
    struct window_state *w = &r->windows[window];
    struct rewards_snapshot *s;

    (void)pthread_mutex_lock(&r->lock);
    while (w->fetching)
        (void)pthread_cond_wait(&r->changed, &r->lock);
    if (w->last && clock_mono_ms() - w->last->mono_ms <= max_age_ms)
        s = refer(w->last);
    else
        s = ask(r, window, at_ms);
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

struct rewards_snapshot *rewards_last(struct rewards *r, enum route_window window)
{
    struct rewards_snapshot *s;

    (void)pthread_mutex_lock(&r->lock);
    s = refer(r->windows[window].last);
    (void)pthread_mutex_unlock(&r->lock);
    return s;
}

void rewards_put(struct rewards *r, struct rewards_snapshot *s)
{
    (void)pthread_mutex_lock(&r->lock);
    drop(s);
    (void)pthread_mutex_unlock(&r->lock);
}

void rewards_observe(const struct rewards_snapshot *s, const struct bandit_route *route,
                     struct observation *seen)
{
    seen->asked_ms = s->asked_ms;
    if (s->problem == REASON_NONE) {
        rewards_table_observe(s->table, route, seen);
    } else if (seen->problem == REASON_NONE) {
        seen->problem = s->problem;
        (void)snprintf(seen->detail, sizeof(seen->detail), "%s", s->detail);
    }
}
