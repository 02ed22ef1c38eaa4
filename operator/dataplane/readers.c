/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Of one subject, in order: most have one reader, and a Service that many routes share
 * has them all. */
struct list {
    size_t count, room;
    char **keys;
};

static void list_free(void *value)
{
    struct list *l = value;

    for (size_t i = 0; i < l->count; i++)
        free(l->keys[i]);
    free(l->keys);
    free(l);
}

void readers_init(struct readers *r)
{
    r->by_subject = (struct kube_table)KUBE_TABLE_INIT(list_free);
}

void readers_clear(struct readers *r)
{
    kube_table_clear(&r->by_subject);
}

/* Where the reader is; or, and then *known is false, would be. */
static size_t place_of(const struct list *l, const char *reader, bool *known)
{
    size_t low = 0, high = l->count;

    *known = false;
    while (low < high && !*known) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(reader, l->keys[middle]);

        *known = order == 0;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *known ? high : low;
}

void readers_add(struct readers *r, const char *subject, const char *reader)
{
    struct list *l = kube_table_get(&r->by_subject, subject);
    bool known;
    size_t at;

    if (!l) {
        l = mem_alloc(1, sizeof(*l));
        kube_table_put(&r->by_subject, subject, l);
    }
    at = place_of(l, reader, &known);
    if (known)
        return;
    if (l->count == l->room) {
        l->room = l->room ? 2 * l->room : 1;
        l->keys = mem_resize(l->keys, l->room, sizeof(*l->keys));
    }
    memmove(&l->keys[at + 1], &l->keys[at], (l->count++ - at) * sizeof(*l->keys));
    l->keys[at] = mem_strdup(reader);
}

void readers_remove(struct readers *r, const char *subject, const char *reader)
{
    struct list *l = kube_table_get(&r->by_subject, subject);
    bool known;
    size_t at;

    if (!l)
        return;
    at = place_of(l, reader, &known);
    if (!known)
        return;
    free(l->keys[at]);
    memmove(&l->keys[at], &l->keys[at + 1], (--l->count - at) * sizeof(*l->keys));
    if (!l->count)
        kube_table_remove(&r->by_subject, subject);
}

struct telling {
    void (*fn)(void *arg, const char *reader);
    void *arg;
};

static bool tell_list(void *arg, const char *subject, void *value)
{
    const struct telling *t = arg;
    const struct list *l = value;

    (void)subject;
    for (size_t i = 0; i < l->count; i++)
        t->fn(t->arg, l->keys[i]);
    return false;
}

void readers_tell(struct readers *r, const char *subject,
                  void (*fn)(void *arg, const char *reader), void *arg)
{
    struct telling t = {fn, arg};
    void *value;

    if (!subject) {
        kube_table_sweep(&r->by_subject, tell_list, &t);
        return;
    }
    value = kube_table_get(&r->by_subject, subject);
    if (value && !tell_list(&t, subject, value))
        kube_table_remove(&r->by_subject, subject);
}
