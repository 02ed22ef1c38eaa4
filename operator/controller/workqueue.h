/* SPDX-License-Identifier: Apache-2.0 */
/* workqueue.h - which key to work on next. Pure: no clock, no locks, no threads.
 *
 * The rules of every Kubernetes controller: a key that is added while it waits is there
 * once; added while it is worked on, it comes again when that is done; so no two workers
 * ever hold the same key. Added for later, it comes at the earliest time asked for. One
 * that fails comes back after a delay that doubles.
 */
#ifndef CONTROLLER_WORKQUEUE_H
#define CONTROLLER_WORKQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORKQUEUE_BACKOFF_MS = 50, WORKQUEUE_BACKOFF_MAX_MS = 30 * 1000 };

struct workqueue;

struct workqueue *workqueue_new(void);
void workqueue_free(struct workqueue *q);

/* As soon as possible. */
void workqueue_add(struct workqueue *q, const char *key, int64_t now_ms);

/* Not before at_ms; an earlier time asked for before stays. */
void workqueue_add_at(struct workqueue *q, const char *key, int64_t at_ms);

/* After a failure: delayed by 50 ms, 100 ms, ... 30 s. */
void workqueue_retry(struct workqueue *q, const char *key, int64_t now_ms);

/* The failures so far are forgiven. */
void workqueue_forget(struct workqueue *q, const char *key);

/* The next key, to be handed back with workqueue_done(), or NULL when there is none yet.
 * Valid until then. *waited_ms (or NULL): how long it was ready. */
const char *workqueue_get(struct workqueue *q, int64_t now_ms, int64_t *waited_ms);

/* Work on the key is over. */
void workqueue_done(struct workqueue *q, const char *key, int64_t now_ms);

/* When workqueue_get() may have something: now_ms or before when it has, INT64_MAX when
 * nothing is waiting. */
int64_t workqueue_next_ms(const struct workqueue *q);

struct workqueue_stats {
    size_t depth;   /* ready, not yet taken */
    size_t delayed; /* to come at some time */
    uint64_t adds;  /* times a key became ready */
    uint64_t retries;
    size_t processing;     /* taken, not yet done */
    int64_t unfinished_ms; /* sum of the time of those */
    int64_t longest_ms;    /* the longest of those */
};

struct workqueue_stats workqueue_stats(const struct workqueue *q, int64_t now_ms);

#endif
