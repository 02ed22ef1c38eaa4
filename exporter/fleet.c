/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/fleet.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { FIRST_BUCKETS = 64 };

struct object {
    struct object *next; /* in its bucket */
    uint64_t hash;
    size_t slot;
    struct rendered *rendered;
};

struct fleet {
    pthread_mutex_t lock;
    struct object **buckets; /* a power of two */
    size_t bucket_count;
    size_t object_count;
    struct object **slots; /* NULL: free */
    size_t slot_count;
    size_t *free_slots; /* a stack */
    size_t free_count;
    uint64_t *changed; /* by group */
    uint64_t generation;
};

struct fleet *fleet_new(void)
{
    struct fleet *f = mem_alloc(1, sizeof(*f));

    (void)pthread_mutex_init(&f->lock, NULL);
    f->bucket_count = FIRST_BUCKETS;
    f->buckets = mem_alloc(f->bucket_count, sizeof(struct object *));
    f->generation = 1;
    return f;
}

void fleet_free(struct fleet *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->slot_count; i++)
        if (f->slots[i]) {
            rendered_unref(f->slots[i]->rendered);
            free(f->slots[i]);
        }
    free(f->slots);
    free(f->free_slots);
    free(f->changed);
    free(f->buckets);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

static uint64_t hash_of(const char *namespace, const char *name)
{
    uint64_t h = hash_text(hash_text(hash_text(HASH_SEED, namespace), "/"), name);

    return h ^ h >> 32;
}

/* Where the pointer to that object is, or would be. */
static struct object **find(struct fleet *f, uint64_t hash, const char *namespace,
                            const char *name)
{
    struct object **at = &f->buckets[hash & (f->bucket_count - 1)];

    while (*at &&
           ((*at)->hash != hash || strcmp((*at)->rendered->summary->name, name) != 0 ||
            strcmp((*at)->rendered->summary->namespace, namespace) != 0))
        at = &(*at)->next;
    return at;
}

static void grow_buckets(struct fleet *f)
{
    size_t old_count = f->bucket_count;
    struct object **old = f->buckets;

    f->bucket_count *= 2;
    f->buckets = mem_alloc(f->bucket_count, sizeof(struct object *));
    for (size_t i = 0; i < old_count; i++)
        while (old[i]) {
            struct object *o = old[i];
            struct object **bucket = &f->buckets[o->hash & (f->bucket_count - 1)];

            old[i] = o->next;
            o->next = *bucket;
            *bucket = o;
        }
    free(old);
}

static size_t groups_of(size_t slots)
{
    return (slots + FLEET_GROUP - 1) / FLEET_GROUP;
}

static size_t take_slot(struct fleet *f)
{
    size_t slot;

    if (f->free_count)
        return f->free_slots[--f->free_count];
    slot = f->slot_count++;
    if (slot % FLEET_GROUP == 0) { /* room for a group more */
        size_t room = slot + FLEET_GROUP;

        f->slots = mem_resize(f->slots, room, sizeof(struct object *));
        f->free_slots = mem_resize(f->free_slots, room, sizeof(size_t));
        f->changed = mem_resize(f->changed, groups_of(room), sizeof(uint64_t));
        f->changed[slot / FLEET_GROUP] = 0;
    }
    return slot;
}

/* The families in which two renderings of an object differ; either may be NULL. */
static uint64_t difference(const struct rendered *a, const struct rendered *b)
{
    uint64_t differ = 0;

    if (!a || !b)
        return FAMILY_ALL;
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        size_t a_len, b_len;
        const char *a_text = rendered_view(a, i, &a_len);
        const char *b_text = rendered_view(b, i, &b_len);

        if (a_len != b_len || memcmp(a_text, b_text, a_len) != 0)
            differ |= 1ULL << i;
    }
    return differ;
}

static struct object *add(struct fleet *f, struct object **at, uint64_t hash)
{
    struct object *o = mem_alloc(1, sizeof(*o));

    o->hash = hash;
    o->slot = take_slot(f);
    f->slots[o->slot] = o;
    *at = o;
    f->object_count++;
    return o;
}

void fleet_put(struct fleet *f, const char *namespace, const char *name,
               struct rendered *r)
{
    uint64_t hash = hash_of(namespace, name);
    struct rendered *old = NULL;
    struct object *o;

    (void)pthread_mutex_lock(&f->lock);
    if (f->object_count == f->bucket_count)
        grow_buckets(f);
    o = *find(f, hash, namespace, name);
    if (o)
        old = o->rendered;
    else
        o = add(f, find(f, hash, namespace, name), hash);
    o->rendered = r;
    f->changed[o->slot / FLEET_GROUP] |= difference(old, r);
    f->generation++;
    (void)pthread_mutex_unlock(&f->lock);
    rendered_unref(old);
}

void fleet_remove(struct fleet *f, const char *namespace, const char *name)
{
    struct rendered *old = NULL;
    struct object **at, *o;

    (void)pthread_mutex_lock(&f->lock);
    at = find(f, hash_of(namespace, name), namespace, name);
    o = *at;
    if (o) {
        old = o->rendered;
        *at = o->next;
        f->slots[o->slot] = NULL;
        f->free_slots[f->free_count++] = o->slot;
        f->changed[o->slot / FLEET_GROUP] = FAMILY_ALL;
        f->object_count--;
        f->generation++;
        free(o);
    }
    (void)pthread_mutex_unlock(&f->lock);
    rendered_unref(old);
}

size_t fleet_count(struct fleet *f)
{
    size_t n;

    (void)pthread_mutex_lock(&f->lock);
    n = f->object_count;
    (void)pthread_mutex_unlock(&f->lock);
    return n;
}

uint64_t fleet_generation(struct fleet *f)
{
    uint64_t generation;

    (void)pthread_mutex_lock(&f->lock);
    generation = f->generation;
    (void)pthread_mutex_unlock(&f->lock);
    return generation;
}

static void take_snapshot(const struct fleet *f, struct snapshot *out)
{
    out->generation = f->generation;
    out->count = f->slot_count;
    out->objects = mem_alloc(f->slot_count, sizeof(struct rendered *));
    for (size_t i = 0; i < f->slot_count; i++)
        if (f->slots[i])
            out->objects[i] = rendered_ref(f->slots[i]->rendered);
}

void fleet_snapshot(struct fleet *f, struct snapshot *out)
{
    (void)pthread_mutex_lock(&f->lock);
    take_snapshot(f, out);
    (void)pthread_mutex_unlock(&f->lock);
}

uint64_t *fleet_snapshot_changes(struct fleet *f, struct snapshot *out, size_t *groups)
{
    uint64_t *changed;

    (void)pthread_mutex_lock(&f->lock);
    take_snapshot(f, out);
    *groups = groups_of(f->slot_count);
    changed = mem_dup(f->changed, *groups * sizeof(uint64_t));
    if (*groups)
        memset(f->changed, 0, *groups * sizeof(uint64_t));
    (void)pthread_mutex_unlock(&f->lock);
    return changed;
}

void snapshot_clear(struct snapshot *s)
{
    for (size_t i = 0; i < s->count; i++)
        rendered_unref(s->objects[i]);
    free(s->objects);
    *s = (struct snapshot){0};
}
