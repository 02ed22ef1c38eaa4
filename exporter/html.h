/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - text and numbers for a page that people read. */
#ifndef EXPORTER_HTML_H
#define EXPORTER_HTML_H

#include <stdint.h>

#include "base/buf.h"

/* Text with what has a meaning in HTML escaped; good inside quoted attributes too. */
void html_text(struct buf *out, const char *text);

/* "12.5 %", or a dash when it is not known. */
void html_percent(struct buf *out, double ratio);

/* "0.934", or a dash. */
void html_number(struct buf *out, double v, int decimals);

/* "3 s ago", "5 min ago", "never". */
void html_age(struct buf *out, int64_t wall_ms, int64_t now_ms);

#endif
