/* SPDX-License-Identifier: Apache-2.0 */
/* rows.h - the feature rows of one request, in memory that is kept for the next. */
#ifndef SERVER_ROWS_H
#define SERVER_ROWS_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct rows {
    float *values; /* count x width */
    size_t width;
    size_t count;
    size_t cap;   /* rows there is memory for */
    size_t limit; /* most rows a request may have */
};

void rows_init(struct rows *r, size_t width, size_t limit);
void rows_clear(struct rows *r);

/* True when a float holds v: neither NaN nor past the largest. */
static inline bool rows_holds(double v)
{
    return fabs(v) <= (double)FLT_MAX;
}

/* Memory for so many rows, count being set to it; false past the limit. */
bool rows_resize(struct rows *r, size_t count);

#endif
