/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/readers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Of one subject; most have one reader. */
struct list {
    size_t count;
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

void readers_add(struct readers *r, const char *subject, const char *reader)
{
    struct list *l = kube_table_get(&r->by_subject, subject);

    if (!l) {
        l = mem_alloc(1, sizeof(*l));
        kube_table_put(&r->by_subject, subject, l);
    }
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->keys[i], reader) == 0)
            return;
    l->keys = mem_resize(l->keys, l->count + 1, sizeof(*l->keys));
    l->keys[l->count++] = mem_strdup(reader);
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
