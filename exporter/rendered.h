/* SPDX-License-Identifier: Apache-2.0 */
/* rendered.h - one BanditRoute as text, made once when the object changes.
 *
 * The samples of all families stand in one piece of memory with a view for each family; a
 * scrape joins views and formats nothing. A rendered object never changes and is counted
 * by reference, so that a slow reader holds up nobody: an update puts another in its
 * place.
 */
#ifndef EXPORTER_RENDERED_H
#define EXPORTER_RENDERED_H

#include <stdatomic.h>
#include <stdint.h>

#include "exporter/catalogue.h"
#include "exporter/summary.h"
#include "route/route.h"

struct rendered {
    atomic_uint references;
    struct summary *summary; /* for people: the front page */
    uint32_t start[FAMILY_COUNT + 1];
    char text[];
};

/* The caller's reference; NULL when the object is larger than any object should be. */
struct rendered *render_route(const struct bandit_route *r);

struct rendered *rendered_ref(struct rendered *r);
void rendered_unref(struct rendered *r);

static inline const char *rendered_view(const struct rendered *r, size_t family,
                                        size_t *len)
{
    *len = r->start[family + 1] - r->start[family];
    return r->text + r->start[family];
}

#endif
