/* SPDX-License-Identifier: Apache-2.0 */
#include "server/rows.h"

#include <stdlib.h>

#include "base/mem.h"

void rows_init(struct rows *r, size_t width, size_t limit)
{
    *r = (struct rows){.width = width, .limit = limit};
}

void rows_clear(struct rows *r)
{
    free(r->values);
    rows_init(r, r->width, r->limit);
}

bool rows_resize(struct rows *r, size_t count)
{
    if (count > r->limit)
        return false;
    if (count > r->cap) {
        r->values = mem_resize(r->values, count * r->width, sizeof(*r->values));
        r->cap = count;
    }
    r->count = count;
    return true;
}
