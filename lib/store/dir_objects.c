/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dir_objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Where the object stands, or would stand: the first that is not before it. */
static size_t position(const struct dir_objects *all, const char *namespace,
                       const char *name, bool *found)
{
    size_t low = 0;
    size_t high = all->count;

    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct dir_object *o = all->items[middle];
        int order = strcmp(o->namespace, namespace);

        order = order ? order : strcmp(o->name, name);
        if (!order)
            *found = true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct dir_object *dir_objects_find(const struct dir_objects *all, const char *namespace,
                                    const char *name)
{
    bool found;
    size_t at = position(all, namespace, name, &found);

    return found ? all->items[at] : NULL;
}

struct dir_object *dir_objects_make(struct dir_objects *all, const char *namespace,
                                    const char *name)
{
    bool found;
    size_t at = position(all, namespace, name, &found);
    struct dir_object *o;

    if (found)
        return all->items[at];
    if (all->count == all->room) {
        all->room = 2 * all->room + 16;
        all->items = mem_resize(all->items, all->room, sizeof(struct dir_object *));
    }
    memmove(all->items + at + 1, all->items + at,
            (all->count - at) * sizeof(struct dir_object *));
    o = mem_alloc(1, sizeof(*o));
    o->namespace = mem_strdup(namespace);
    o->name = mem_strdup(name);
    all->items[at] = o;
    all->count++;
    return o;
}

static void object_free(struct dir_object *o)
{
    free(o->namespace);
    free(o->name);
    free(o->message);
    free(o->told_message);
    free(o);
}

void dir_objects_sweep(struct dir_objects *all, uint64_t look)
{
    size_t kept = 0;

    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i]->look == look)
            all->items[kept++] = all->items[i];
        else
            object_free(all->items[i]);
    }
    all->count = kept;
}

void dir_objects_clear(struct dir_objects *all)
{
    for (size_t i = 0; i < all->count; i++)
        object_free(all->items[i]);
    free(all->items);
    *all = (struct dir_objects){.items = NULL};
}

/* ---- what a look found ----------------------------------------------------------- */

static void set_message(struct dir_object *o, const char *message)
{
    free(o->message);
    o->message = message ? mem_strdup(message) : NULL;
}

static struct dir_object *note_object(struct dir_objects *all, uint64_t look,
                                      const struct manifest *m, const struct document *d,
                                      const char *namespace, const char *name)
{
    struct dir_object *o = dir_objects_make(all, namespace, name);

    o->look = look;
    o->document = d;
    o->file = m->name;
    set_message(o, NULL);
    return o;
}

static void note_document(struct dir_objects *all, uint64_t look,
                          const struct manifest *m, const struct document *d)
{
    CLEANUP(buf_clear)
    struct buf place = BUF_INIT(1024);
    CLEANUP(buf_clear)
    struct buf message = BUF_INIT(2048);
    const struct dir_object *first;

    buf_printf(&place, "%s#%zu", m->name, d->number);
    if (!d->name) {
        buf_printf(&message, "%s: %s", buf_str(&place), d->message);
        set_message(note_object(all, look, m, d, "", buf_str(&place)), buf_str(&message));
        return;
    }
    first = dir_objects_find(all, d->namespace, d->name);
    if (first && first->look == look) { /* the first one stays in force */
        buf_printf(&message, "%s: %s/%s stands already in %s#%zu", buf_str(&place),
                   d->namespace, d->name, first->file, first->document->number);
        set_message(note_object(all, look, m, d, "", buf_str(&place)), buf_str(&message));
        return;
    }
    if (m->message) /* the file was readable once: these are its objects of then */
        buf_printf(&message, "%s: %s", m->name, m->message);
    else if (d->message)
        buf_printf(&message, "%s: %s", buf_str(&place), d->message);
    set_message(note_object(all, look, m, d, d->namespace, d->name),
                message.len ? buf_str(&message) : NULL);
}

void dir_objects_note(struct dir_objects *all, uint64_t look, const struct manifest *m)
{
    for (size_t i = 0; i < m->count; i++)
        note_document(all, look, m, &m->documents[i]);
    if (m->message && !m->count) {
        CLEANUP(buf_clear)
        struct buf message = BUF_INIT(2048);

        buf_printf(&message, "%s: %s", m->name, m->message);
        set_message(note_object(all, look, m, NULL, "", m->name), buf_str(&message));
    }
}
