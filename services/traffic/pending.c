/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/pending.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void grow(struct pending *p)
{
    size_t room = p->room ? 2 * p->room : 64;
    struct pending_item *items = mem_alloc(room, sizeof(*items));

    for (size_t i = 0; i < p->count; i++)
        items[i] = p->items[(p->first + i) % p->room];
    free(p->items);
    p->items = items;
    p->first = 0;
    p->room = room;
}

bool pending_add(struct pending *p, int64_t due_ns, const char *id, const char *label)
{
    if (p->count == PENDING_MAX)
        return false;
    if (p->count == p->room)
        grow(p);
    p->items[(p->first + p->count++) % p->room] =
        (struct pending_item){.due_ns = due_ns, .id = mem_strdup(id), .label = label};
    return true;
}

int64_t pending_due_ns(const struct pending *p)
{
    return p->count ? p->items[p->first].due_ns : INT64_MAX;
}

struct pending_item pending_take(struct pending *p)
{
    struct pending_item item;

    assert(p->count);
    item = p->items[p->first];
    p->first = (p->first + 1) % p->room;
    p->count--;
    return item;
}

void pending_clear(struct pending *p)
{
    while (p->count)
        free(pending_take(p).id);
    free(p->items);
    *p = (struct pending){.items = NULL};
}
