/* SPDX-License-Identifier: Apache-2.0 */
/* csv.h - records of a CSV text (RFC 4180), one at a time.
 *
 * Fields are separated by commas; a field in double quotes may hold commas, newlines and
 * doubled quotes. Lines end in LF or CRLF. Empty lines are skipped. Blanks around a field
 * belong to it.
 */
#ifndef CSV_CSV_H
#define CSV_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum { CSV_FIELDS_MAX = 16384, CSV_RECORD_MAX = 1 << 20 };

struct csv {
    const char *at, *end;
    size_t line; /* of `at`, from 1 */
    /* The record read last. */
    size_t record_line; /* where it starts */
    const char *raw;    /* its bytes as they are, without the newline */
    size_t raw_size;
    size_t count;
    struct buf text;
    struct csv_field {
        size_t start;  /* in text; NUL-terminated there */
        size_t column; /* of the line it starts in, from 1 */
    } * fields;
    size_t room;
};

/* The text is borrowed. A byte order mark at its start is skipped. */
void csv_init(struct csv *c, const char *text, size_t n);
void csv_clear(struct csv *c);

/* Read the next record: 1, 0 at the end, -1 with the error set. */
int csv_next(struct csv *c, struct error *err);

const char *csv_field(const struct csv *c, size_t i); /* until the next record */
size_t csv_column(const struct csv *c, size_t i);

#endif
