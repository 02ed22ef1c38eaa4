/* SPDX-License-Identifier: Apache-2.0 */
#include "server/feedback_seen.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

static const uint32_t NONE = UINT32_MAX;

struct entry {
    uint64_t unique;
    int64_t issued_ms;
    uint32_t next; /* in the same bucket */
};

struct feedback_seen {
    int64_t ttl_ms;
    size_t capacity;
    size_t bucket_mask;
    pthread_mutex_t lock;  /* guards all below */
    struct entry *entries; /* a ring in order of arrival */
    uint32_t *buckets;     /* first entry, or NONE */
    size_t count;
    size_t oldest;         /* index of the entry that makes room, once full */
    int64_t refused_to_ms; /* ids issued up to then are refused */
};

struct feedback_seen *feedback_seen_new(size_t capacity, int64_t ttl_ms)
{
    struct feedback_seen *s = mem_alloc(1, sizeof(*s));
    size_t buckets = 1;

    assert(capacity && capacity < NONE);
    while (buckets < capacity)
        buckets *= 2;
    s->ttl_ms = ttl_ms;
    s->capacity = capacity;
    s->bucket_mask = buckets - 1;
    s->entries = mem_alloc(capacity, sizeof(*s->entries));
    s->buckets = mem_alloc(buckets, sizeof(*s->buckets));
    for (size_t i = 0; i < buckets; i++)
        s->buckets[i] = NONE;
    s->refused_to_ms = INT64_MIN;
    (void)pthread_mutex_init(&s->lock, NULL);
    return s;
}

void feedback_seen_free(struct feedback_seen *s)
{
    if (!s)
        return;
    (void)pthread_mutex_destroy(&s->lock);
    free(s->entries);
    free(s->buckets);
    free(s);
}

/* Unique numbers count up from a random start, so their low bits spread evenly. */
static uint32_t *bucket_of(struct feedback_seen *s, uint64_t unique)
{
    return &s->buckets[unique & s->bucket_mask];
}

static bool known(struct feedback_seen *s, uint64_t unique)
{
    for (uint32_t i = *bucket_of(s, unique); i != NONE; i = s->entries[i].next)
        if (s->entries[i].unique == unique)
            return true;
    return false;
}

static void forget(struct feedback_seen *s, uint32_t index)
{
    const struct entry *e = &s->entries[index];
    uint32_t *link = bucket_of(s, e->unique);

    while (*link != index)
        link = &s->entries[*link].next;
    *link = e->next;
    if (e->issued_ms > s->refused_to_ms)
        s->refused_to_ms = e->issued_ms;
}

static void remember(struct feedback_seen *s, uint64_t unique, int64_t issued_ms)
{
    uint32_t *bucket = bucket_of(s, unique);
    uint32_t index;

    if (s->count < s->capacity) {
        index = (uint32_t)s->count++;
    } else {
        index = (uint32_t)s->oldest;
        forget(s, index);
        s->oldest = (s->oldest + 1) % s->capacity;
    }
    s->entries[index] = (struct entry){unique, issued_ms, *bucket};
    *bucket = index;
}

enum seen feedback_seen_add(struct feedback_seen *s, uint64_t unique, int64_t issued_ms,
                            int64_t now_ms)
{
    enum seen outcome = SEEN_FIRST;

    (void)pthread_mutex_lock(&s->lock);
    if (known(s, unique))
        outcome = SEEN_REPEATED;
    else if (issued_ms <= s->refused_to_ms || now_ms - issued_ms > s->ttl_ms)
        outcome = SEEN_EXPIRED;
    else
        remember(s, unique, issued_ms);
    (void)pthread_mutex_unlock(&s->lock);
    return outcome;
}
