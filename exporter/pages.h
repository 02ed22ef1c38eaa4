/* SPDX-License-Identifier: Apache-2.0 */
/* pages.h - pages on demand, with the compressed ones kept.
 *
 * A large page is compressed in cells, a gzip member for each group of objects and
 * family, of which only those with a change are made again; a small one as a whole, which
 * is tighter. While nothing changes, the same page is handed out. Any thread.
 */
#ifndef EXPORTER_PAGES_H
#define EXPORTER_PAGES_H

#include "exporter/page.h"

struct pages;

struct pages *pages_new(struct fleet *fleet);
void pages_free(struct pages *p);
DEFINE_FREEP(struct pages *, pages_free)

/* The caller's reference. */
struct page *pages_get(struct pages *p, enum exposition e, bool gzip,
                       const struct page_filter *filter);

#endif
