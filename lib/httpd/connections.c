/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/connections.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stop.h"

enum {
    LOOK_MS = 250,
    SETTLED_MS = 1000, /* so long every connection has to come to a request */
    SPARE_SHARE = 10,  /* one in so many connections is kept free */
};

struct connection {
    struct connection *next, *previous;
    int fd;
    /* When it came to have no request; while it has one, when that was whole, negative.
     */
    _Atomic int64_t since_ms;
};

struct connections {
    struct connections_limits limits;
    struct stop *stop;
    pthread_t thread;
    pthread_mutex_t lock;   /* over all below */
    struct connection ends; /* of a ring */
    size_t count;
};

/* A connection as it is at one moment. */
struct waiting {
    int fd;
    int64_t since_ms;
};

static int by_time(const void *a, const void *b)
{
    const struct waiting *x = a, *y = b;

    return (x->since_ms > y->since_ms) - (x->since_ms < y->since_ms);
}

/* The rest is done by the server, to which it looks as if the client had closed. */
static void end(int fd)
{
    (void)shutdown(fd, SHUT_RDWR);
}

/* End those that are late, and of the others without a request so many that the spare
 * ones are free again. */
static void end_the_late(struct connections *c, int64_t now_ms)
{
    size_t spare = c->limits.most / SPARE_SHARE, waiting_count = 0;
    struct waiting *waiting = mem_alloc(c->count, sizeof(*waiting));

    for (struct connection *one = c->ends.next; one != &c->ends; one = one->next) {
        int64_t since = atomic_load_explicit(&one->since_ms, memory_order_relaxed);

        if (since < 0 ? now_ms + since > c->limits.answer_ms
                      : now_ms - since > c->limits.request_ms)
            end(one->fd);
        else if (since >= 0 && now_ms - since > SETTLED_MS)
            waiting[waiting_count++] = (struct waiting){one->fd, since};
    }
    if (c->count + spare > c->limits.most && waiting_count) {
        size_t surplus = c->count + spare - c->limits.most;

        qsort(waiting, waiting_count, sizeof(*waiting), by_time);
        for (size_t i = 0; i < waiting_count && i < surplus; i++)
            end(waiting[i].fd);
    }
    free(waiting);
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
    assert(!c->count);
    stop_request(c->stop);
    (void)pthread_join(c->thread, NULL);
    stop_free(c->stop);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

struct connection *connections_add(struct connections *c, int fd)
{
    struct connection *one = mem_alloc(1, sizeof(*one));

    one->fd = fd;
    connection_set_busy(one, false);
    (void)pthread_mutex_lock(&c->lock);
    one->next = &c->ends;
    one->previous = c->ends.previous;
    one->previous->next = one;
    c->ends.previous = one;
    c->count++;
    (void)pthread_mutex_unlock(&c->lock);
    return one;
}

void connections_remove(struct connections *c, struct connection *one)
{
    (void)pthread_mutex_lock(&c->lock);
    one->previous->next = one->next;
    one->next->previous = one->previous;
    c->count--;
    (void)pthread_mutex_unlock(&c->lock);
    free(one);
}

void connection_set_busy(struct connection *one, bool busy)
{
    int64_t now = clock_mono_ms();

    atomic_store_explicit(&one->since_ms, busy ? -now : now, memory_order_relaxed);
}
