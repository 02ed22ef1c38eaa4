/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/series.h"

#include <stdlib.h>

#include "base/mem.h"

void samples_add(struct samples *s, int64_t ms, double value)
{
    if (s->count == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 64;
        s->items = mem_resize(s->items, s->cap, sizeof(*s->items));
    }
    s->items[s->count++] = (struct sample){ms, value};
}

void samples_clear(struct samples *s)
{
    free(s->items);
    *s = (struct samples){.count = 0};
}

static int by_time(const void *a, const void *b)
{
    const struct sample *x = a, *y = b;

    return x->ms < y->ms ? -1 : x->ms > y->ms;
}

static bool in_order(const struct samples *s)
{
    for (size_t i = 1; i < s->count; i++)
        if (s->items[i].ms <= s->items[i - 1].ms)
            return false;
    return true;
}

void samples_sort(struct samples *s)
{
    size_t kept = 0;

    if (in_order(s)) /* one answer: the usual case */
        return;
    qsort(s->items, s->count, sizeof(*s->items), by_time);
    for (size_t i = 0; i < s->count; i++)
        if (!kept || s->items[i].ms != s->items[kept - 1].ms)
            s->items[kept++] = s->items[i];
    s->count = kept;
}

size_t samples_find(const struct samples *s, int64_t at_ms)
{
    size_t low = 0, high = s->count;

    while (low < high) { /* the first that is later */
        size_t middle = low + (high - low) / 2;

        if (s->items[middle].ms <= at_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : s->count;
}
