/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - the fields of a CSV text (RFC 4180), one by one.
 *
 * Lines end with LF or CRLF; empty lines and a byte order mark are passed over. A quoted
 * field may hold commas, line ends and doubled quotes.
 */
#ifndef TRAFFIC_CSV_H
#define TRAFFIC_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct csv {
    const char *at, *end;
    size_t line;      /* of the field last read, from 1 */
    size_t next_line; /* of the one to come */
    struct buf field; /* the field last read */
    bool last;        /* it ends its record */
};

void csv_init(struct csv *c, const char *text, size_t n);
void csv_clear(struct csv *c);

/* True when there is another record; call between records. */
bool csv_more(struct csv *c);

/* Read the next field of the record. ERR_INVALID names the line. */
bool csv_field(struct csv *c, struct error *err);

#endif
