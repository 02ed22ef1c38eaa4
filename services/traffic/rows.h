/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - labelled rows from a CSV file, each as the request it becomes.
 *
 * The first line names the columns; one is the label, all others are features and hold
 * numbers. Fields may be quoted (RFC 4180). Errors name the line and the column.
 */
#ifndef TRAFFIC_ROWS_H
#define TRAFFIC_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct row {
    const char *body; /* {"features":[...]} */
    size_t body_len;
    const char *label;
};

struct rows {
    struct row *items;
    size_t count;
    size_t features;
    char *bodies, *labels; /* what the items point to */
};

/* The n bytes of a file's content. */
bool rows_parse(const char *text, size_t n, const char *label_column, struct rows *out,
                struct error *err);
bool rows_load(const char *path, const char *label_column, struct rows *out,
               struct error *err);
void rows_clear(struct rows *r);

#endif
