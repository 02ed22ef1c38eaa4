/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/connections.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"

enum { LOOK_MS = 250 };

struct connections {
    struct connections_limits limits;
    struct stop *stop;
    pthread_t thread;
    pthread_mutex_t lock;   /* over all below */
    struct connection ends; /* of a ring */
    size_t live;            /* of them not ended */
};

/* The rest is done by the server, to which it looks as if the client had closed. */
static void end(struct connections *c, struct connection *one)
{
    if (one->ended)
        return;
    one->ended = true;
    c->live--;
    (void)shutdown(one->fd, SHUT_RDWR);
}

/* Relaxed order throughout: nothing else hangs on these numbers. */
static const memory_order relaxed = memory_order_relaxed;

static int64_t since(const struct connection *one)
{
    return atomic_load_explicit(&one->since_ms, relaxed);
}

static void end_the_late(struct connections *c, int64_t now_ms)
{
    for (struct connection *one = c->ends.next; one != &c->ends; one = one->next) {
        int64_t at = since(one);

        if (at < 0 ? now_ms + at > c->limits.answer_ms
                   : now_ms - at > c->limits.request_ms)
            end(c, one);
    }
}

/* A newcomer is given room by the one that has been without a request for longest: those
 * who have something to ask come to it at once. */
static void make_room(struct connections *c)
{
    struct connection *oldest = NULL;

    for (struct connection *one = c->ends.next; one != &c->ends; one = one->next)
        if (!one->ended && since(one) >= 0 && (!oldest || since(one) < since(oldest)))
            oldest = one;
    if (oldest)
        end(c, oldest);
}

static void *watch(void *arg)
{
    struct connections *c = arg;

    while (!stop_wait_ms(c->stop, LOOK_MS)) {
        (void)pthread_mutex_lock(&c->lock);
        end_the_late(c, clock_mono_ms());
        (void)pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

struct connections *connections_new(const struct connections_limits *limits)
{
    struct connections *c = mem_alloc(1, sizeof(*c));
    int failed;

    c->limits = *limits;
    c->ends.next = c->ends.previous = &c->ends;
    (void)pthread_mutex_init(&c->lock, NULL);
    c->stop = stop_new();
    failed = pthread_create(&c->thread, NULL, watch, c);
    assert(!failed);
    return c;
}

void connections_free(struct connections *c)
{
    if (!c)
        return;
    assert(!c->live);
    stop_request(c->stop);
    (void)pthread_join(c->thread, NULL);
    stop_free(c->stop);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

void connections_add(struct connections *c, struct connection *one, int fd)
{
    one->fd = fd;
    one->ended = false;
    connection_rests(one);
    (void)pthread_mutex_lock(&c->lock);
    if (c->live >= c->limits.most)
        make_room(c);
    one->next = &c->ends;
    one->previous = c->ends.previous;
    one->previous->next = one;
    c->ends.previous = one;
    c->live++;
    (void)pthread_mutex_unlock(&c->lock);
}

void connections_remove(struct connections *c, struct connection *one)
{
    (void)pthread_mutex_lock(&c->lock);
    one->previous->next = one->next;
    one->next->previous = one->previous;
    if (!one->ended)
        c->live--;
    (void)pthread_mutex_unlock(&c->lock);
}

void connection_asks(struct connection *one)
{
    atomic_store_explicit(&one->asking, true, relaxed);
}

void connection_has_asked(struct connection *one)
{
    atomic_store_explicit(&one->since_ms, -clock_mono_coarse_ms(), relaxed);
}

void connection_rests(struct connection *one)
{
    atomic_store_explicit(&one->since_ms, clock_mono_coarse_ms(), relaxed);
    atomic_store_explicit(&one->asking, false, relaxed);
}

bool connections_ask(struct connections *c)
{
    bool any = false;

    (void)pthread_mutex_lock(&c->lock);
    for (struct connection *one = c->ends.next; one != &c->ends && !any; one = one->next)
        any = atomic_load_explicit(&one->asking, relaxed);
    (void)pthread_mutex_unlock(&c->lock);
    return any;
}
