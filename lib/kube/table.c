/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

enum { FIRST_BUCKETS = 64 };

struct kube_table_entry {
    struct kube_table_entry *chain;
    void *value;
    char key[];
};

/* Where the entry hangs, or would. There are buckets. */
static struct kube_table_entry **place_of(const struct kube_table *t, const char *key)
{
    struct kube_table_entry **at =
        &t->buckets[hash_text(HASH_SEED, key) & (t->bucket_count - 1)];

    while (*at && strcmp((*at)->key, key) != 0)
        at = &(*at)->chain;
    return at;
}

static void grow(struct kube_table *t)
{
    struct kube_table_entry **old = t->buckets;
    size_t old_count = t->bucket_count;

    t->bucket_count = old_count ? 2 * old_count : FIRST_BUCKETS;
    t->buckets = mem_alloc(t->bucket_count, sizeof(struct kube_table_entry *));
    for (size_t i = 0; i < old_count; i++)
        for (struct kube_table_entry *e = old[i], *next; e; e = next) {
            struct kube_table_entry **at = place_of(t, e->key);

            next = e->chain;
            e->chain = NULL;
            *at = e;
        }
    free(old);
}

/* Take the entry out of its chain and release it. */
static void drop(struct kube_table *t, struct kube_table_entry **at)
{
    struct kube_table_entry *e = *at;

    *at = e->chain;
    if (t->free_value)
        t->free_value(e->value);
    free(e);
    t->count--;
}

void kube_table_clear(struct kube_table *t)
{
    for (size_t i = 0; i < t->bucket_count; i++)
        while (t->buckets[i])
            drop(t, &t->buckets[i]);
    free(t->buckets);
    *t = (struct kube_table)KUBE_TABLE_INIT(t->free_value);
}

void *kube_table_get(const struct kube_table *t, const char *key)
{
    const struct kube_table_entry *e = t->count ? *place_of(t, key) : NULL;

    return e ? e->value : NULL;
}

void kube_table_put(struct kube_table *t, const char *key, void *value)
{
    struct kube_table_entry **at;
    size_t length = strlen(key) + 1;

    if (t->count >= t->bucket_count)
        grow(t);
    at = place_of(t, key);
    if (*at) {
        if (t->free_value && (*at)->value != value)
            t->free_value((*at)->value);
    } else {
        *at = mem_alloc(1, sizeof(**at) + length);
        memcpy((*at)->key, key, length);
        t->count++;
    }
    (*at)->value = value;
}

void kube_table_remove(struct kube_table *t, const char *key)
{
    struct kube_table_entry **at = t->count ? place_of(t, key) : NULL;

    if (at && *at)
        drop(t, at);
}

void kube_table_sweep(struct kube_table *t, kube_table_keep_fn *keep, void *arg)
{
    for (size_t i = 0; i < t->bucket_count; i++)
        for (struct kube_table_entry **at = &t->buckets[i]; *at;) {
            if (keep(arg, (*at)->key, (*at)->value))
                at = &(*at)->chain;
            else
                drop(t, at);
        }
}
