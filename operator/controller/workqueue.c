/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/workqueue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_BUCKETS = 64, NOT_DELAYED = -1 };

/* What is known of a key. It lives while there is anything to remember. */
struct item {
    char *key;
    uint32_t hash;
    struct item *chain;      /* of its hash bucket */
    struct item *next_ready; /* in the queue of ready keys */
    bool ready;              /* in that queue */
    bool processing;         /* a worker has it */
    bool dirty;              /* added meanwhile */
    long delayed_at;         /* index in the heap, or NOT_DELAYED */
    int64_t due_ms;          /* while delayed */
    int64_t since_ms;        /* ready, or being processed, since */
    unsigned failures;       /* in a row */
};

struct workqueue {
    struct item **buckets;
    size_t bucket_count, item_count;
    struct item *first_ready, **last_ready;
    struct item **heap; /* of delayed items, the soonest first */
    size_t heap_len, heap_cap;
    size_t depth, processing;
    uint64_t adds, retries;
};

struct workqueue *workqueue_new(void)
{
    struct workqueue *q = mem_alloc(1, sizeof(*q));

    q->bucket_count = FIRST_BUCKETS;
    q->buckets = mem_alloc(q->bucket_count, sizeof(struct item *));
    q->last_ready = &q->first_ready;
    return q;
}

void workqueue_free(struct workqueue *q)
{
    if (!q)
        return;
    for (size_t i = 0; i < q->bucket_count; i++) {
        for (struct item *it = q->buckets[i], *next; it; it = next) {
            next = it->chain;
            free(it->key);
            free(it);
        }
    }
    free(q->buckets);
    free(q->heap);
    free(q);
}

/* ---- items by key --------------------------------------------------------------------
 */

static uint32_t hash_of(const char *s)
{
    return (uint32_t)hash_text(HASH_SEED, s);
}

static struct item **place_of(const struct workqueue *q, const char *key, uint32_t hash)
{
    struct item **at = &q->buckets[hash & (q->bucket_count - 1)];

    while (*at && ((*at)->hash != hash || strcmp((*at)->key, key) != 0))
        at = &(*at)->chain;
    return at;
}

static void grow(struct workqueue *q)
{
    struct item **old = q->buckets;
    size_t old_count = q->bucket_count;

    q->bucket_count *= 2;
    q->buckets = mem_alloc(q->bucket_count, sizeof(struct item *));
    for (size_t i = 0; i < old_count; i++) {
        for (struct item *it = old[i], *next; it; it = next) {
            struct item **at = &q->buckets[it->hash & (q->bucket_count - 1)];

            next = it->chain;
            it->chain = *at;
            *at = it;
        }
    }
    free(old);
}

static struct item *find(const struct workqueue *q, const char *key)
{
    return *place_of(q, key, hash_of(key));
}

static struct item *find_or_make(struct workqueue *q, const char *key)
{
    uint32_t hash = hash_of(key);
    struct item **at = place_of(q, key, hash), *it = *at;

    if (it)
        return it;
    it = mem_alloc(1, sizeof(*it));
    it->key = mem_strdup(key);
    it->hash = hash;
    it->delayed_at = NOT_DELAYED;
    *at = it;
    if (++q->item_count > q->bucket_count)
        grow(q);
    return it;
}

/* Nothing is asked of the key and it has not failed: as if it had never been there. */
static void forget_if_idle(struct workqueue *q, struct item *it)
{
    struct item **at;

    if (it->ready || it->processing || it->delayed_at != NOT_DELAYED || it->failures)
        return;
    at = place_of(q, it->key, it->hash);
    *at = it->chain;
    q->item_count--;
    free(it->key);
    free(it);
}

/* ---- the heap of delayed items -------------------------------------------------------
 */

static void put_at(struct workqueue *q, size_t at, struct item *it)
{
    q->heap[at] = it;
    it->delayed_at = (long)at;
}

static void sift_up(struct workqueue *q, size_t at)
{
    struct item *it = q->heap[at];

    while (at && q->heap[(at - 1) / 2]->due_ms > it->due_ms) {
        put_at(q, at, q->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put_at(q, at, it);
}

static void sift_down(struct workqueue *q, size_t at)
{
    struct item *it = q->heap[at];

    for (size_t child; (child = 2 * at + 1) < q->heap_len; at = child) {
        if (child + 1 < q->heap_len &&
            q->heap[child + 1]->due_ms < q->heap[child]->due_ms)
            child++;
        if (q->heap[child]->due_ms >= it->due_ms)
            break;
        put_at(q, at, q->heap[child]);
    }
    put_at(q, at, it);
}

static void undelay(struct workqueue *q, struct item *it)
{
    size_t at = (size_t)it->delayed_at;
    struct item *last;

    if (it->delayed_at == NOT_DELAYED)
        return;
    last = q->heap[--q->heap_len];
    it->delayed_at = NOT_DELAYED;
    if (last == it)
        return;
    put_at(q, at, last);
    sift_down(q, at);
    sift_up(q, (size_t)last->delayed_at);
}

static void delay(struct workqueue *q, struct item *it, int64_t at_ms)
{
    if (it->delayed_at != NOT_DELAYED) {
        if (it->due_ms <= at_ms)
            return;
        it->due_ms = at_ms;
        sift_up(q, (size_t)it->delayed_at);
        return;
    }
    if (q->heap_len == q->heap_cap) {
        q->heap_cap = q->heap_cap ? q->heap_cap * 2 : FIRST_BUCKETS;
        q->heap = mem_resize(q->heap, q->heap_cap, sizeof(struct item *));
    }
    it->due_ms = at_ms;
    put_at(q, q->heap_len++, it);
    sift_up(q, q->heap_len - 1);
}

/* ---- ready keys ----------------------------------------------------------------------
 */

static void make_ready(struct workqueue *q, struct item *it, int64_t now_ms)
{
    it->ready = true;
    it->since_ms = now_ms;
    it->next_ready = NULL;
    *q->last_ready = it;
    q->last_ready = &it->next_ready;
    q->depth++;
}

static void add(struct workqueue *q, struct item *it, int64_t now_ms)
{
    undelay(q, it);
    if (it->ready || it->dirty)
        return;
    q->adds++;
    if (it->processing)
        it->dirty = true;
    else
        make_ready(q, it, now_ms);
}

void workqueue_add(struct workqueue *q, const char *key, int64_t now_ms)
{
    add(q, find_or_make(q, key), now_ms);
}

void workqueue_add_at(struct workqueue *q, const char *key, int64_t at_ms)
{
    struct item *it = find_or_make(q, key);

    if (!it->ready && !it->dirty)
        delay(q, it, at_ms);
}

void workqueue_retry(struct workqueue *q, const char *key, int64_t now_ms)
{
    struct item *it = find_or_make(q, key);
    int64_t wait_ms = WORKQUEUE_BACKOFF_MS;

    for (unsigned i = 0; i < it->failures && wait_ms < WORKQUEUE_BACKOFF_MAX_MS; i++)
        wait_ms *= 2;
    if (wait_ms > WORKQUEUE_BACKOFF_MAX_MS)
        wait_ms = WORKQUEUE_BACKOFF_MAX_MS;
    it->failures++;
    q->retries++;
    if (!it->ready && !it->dirty)
        delay(q, it, now_ms + wait_ms);
}

void workqueue_forget(struct workqueue *q, const char *key)
{
    struct item *it = find(q, key);

    if (it) {
        it->failures = 0;
        forget_if_idle(q, it);
    }
}

/* ---- work ----------------------------------------------------------------------------
 */

const char *workqueue_get(struct workqueue *q, int64_t now_ms, int64_t *waited_ms)
{
    struct item *it;

    while (q->heap_len && q->heap[0]->due_ms <= now_ms)
        add(q, q->heap[0], now_ms);
    it = q->first_ready;
    if (!it)
        return NULL;
    q->first_ready = it->next_ready;
    if (!q->first_ready)
        q->last_ready = &q->first_ready;
    q->depth--;
    q->processing++;
    if (waited_ms)
        *waited_ms = now_ms - it->since_ms;
    it->ready = false;
    it->processing = true;
    it->since_ms = now_ms;
    return it->key;
}

void workqueue_done(struct workqueue *q, const char *key, int64_t now_ms)
{
    struct item *it = find(q, key);

    assert(it && it->processing);
    it->processing = false;
    q->processing--;
    if (it->dirty) {
        it->dirty = false;
        make_ready(q, it, now_ms);
    } else {
        forget_if_idle(q, it);
    }
}

int64_t workqueue_next_ms(const struct workqueue *q)
{
    if (q->first_ready)
        return INT64_MIN;
    return q->heap_len ? q->heap[0]->due_ms : INT64_MAX;
}

struct workqueue_stats workqueue_stats(const struct workqueue *q, int64_t now_ms)
{
    struct workqueue_stats s = {.depth = q->depth,
                                .delayed = q->heap_len,
                                .adds = q->adds,
                                .retries = q->retries,
                                .processing = q->processing};

    for (size_t i = 0; s.processing && i < q->bucket_count; i++) {
        for (const struct item *it = q->buckets[i]; it; it = it->chain) {
            int64_t ms = it->processing ? now_ms - it->since_ms : 0;

            s.unfinished_ms += ms;
            s.longest_ms = ms > s.longest_ms ? ms : s.longest_ms;
        }
    }
    return s;
}
