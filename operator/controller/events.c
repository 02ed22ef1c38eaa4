/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/events.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"

/* A slot is taken over by whatever else hashes to it: memory is bounded, and the price is
 * a line too many. */
enum { SLOTS = 4096, QUIET_MS = 5 * 60 * 1000 };

struct slot {
    uint64_t hash; /* 0: free */
    int64_t logged_ms;
    unsigned left_out;
};

struct events {
    events_hook_fn *hook;
    void *hook_arg;
    pthread_mutex_t lock; /* guards what follows */
    struct slot slots[SLOTS];
};

struct events *events_new(void)
{
    struct events *e = mem_alloc(1, sizeof(*e));

    (void)pthread_mutex_init(&e->lock, NULL);
    return e;
}

void events_free(struct events *e)
{
    if (!e)
        return;
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}

void events_forward(struct events *e, events_hook_fn *hook, void *arg)
{
    e->hook = hook;
    e->hook_arg = arg;
}

static uint64_t mix(uint64_t hash, const char *s)
{
    return hash_bytes(hash, s, strlen(s) + 1); /* the NUL keeps words apart */
}

bool events_admit(struct events *e, const struct route_event *event, int64_t mono_ms,
                  unsigned *left_out)
{
    uint64_t hash = mix(mix(HASH_SEED, event->key), event->reason);
    struct slot *s;
    bool admit;

    if (event->type == EVENT_NORMAL)
        hash = mix(hash, event->message);
    hash |= 1;
    (void)pthread_mutex_lock(&e->lock);
    s = &e->slots[(hash >> 1) % SLOTS];
    admit = s->hash != hash || mono_ms - s->logged_ms >= QUIET_MS;
    if (admit) {
        *left_out = s->hash == hash ? s->left_out : 0;
        *s = (struct slot){.hash = hash, .logged_ms = mono_ms};
    } else {
        s->left_out++;
    }
    (void)pthread_mutex_unlock(&e->lock);
    return admit;
}

void events_tell(struct events *e, const struct route_event *event, int64_t mono_ms)
{
    unsigned left_out;

    if (e->hook)
        e->hook(e->hook_arg, event);
    if (!events_admit(e, event, mono_ms, &left_out))
        return;
    LOG_AT(event->type == EVENT_WARNING ? LOG_WARN : LOG_INFO, "route event",
           LOG_STR("route", event->key), LOG_STR("reason", event->reason),
           LOG_STR("message", event->message), LOG_INT("left_out", left_out), LOG_END);
}
