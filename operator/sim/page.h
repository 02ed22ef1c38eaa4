/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - the page that a report's tables and drawings stand on. One file with nothing
 * from the network, so that it opens anywhere, prints, and can be mailed. */
#ifndef SIM_PAGE_H
#define SIM_PAGE_H

#include "base/buf.h"
#include "route/route.h"

void page_begin(struct buf *out, const char *title);
void page_text(struct buf *out, const char *text); /* escaped */
void page_end(struct buf *out);

/* The colour of an arm in every drawing, as CSS has it. */
const char *page_arm_colour(size_t arm);

/* Which colour is whose. */
void page_legend(struct buf *out, const struct route_spec *spec);

#endif
