/* SPDX-License-Identifier: Apache-2.0 */
/* front.h - GET /: every route with its arms, for people, without JavaScript.
 *
 *     ?q=TEXT       routes whose namespace/name holds the text
 *     ?page=N       the next hundred
 *     ?refresh=off  stands still; else the page loads itself again every five seconds
 */
#ifndef EXPORTER_FRONT_H
#define EXPORTER_FRONT_H

#include "exporter/fleet.h"
#include "httpd/httpd.h"

struct front {
    struct fleet *fleet;
    const char *telemetry_path;
};

httpd_handler front_page; /* arg: struct front */

/* front_card.c: one route. */
void front_card(struct buf *out, const struct summary *s, int64_t now_ms);

extern const char front_style[];

#endif
