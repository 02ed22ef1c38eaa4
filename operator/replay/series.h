/* SPDX-License-Identifier: Apache-2.0 */
/* series.h - samples over time, and the moments that any of a family's series has one at.
 * Internal to replay. */
#ifndef REPLAY_SERIES_H
#define REPLAY_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample {
    int64_t ms;
    double value;
};

struct samples {
    struct sample *items;
    size_t count, cap;
};

void samples_add(struct samples *s, int64_t ms, double value);
void samples_clear(struct samples *s);

/* Order by time. Of several at the same time one stays: they come from answers that
 * overlap, and say the same. */
void samples_sort(struct samples *s);

/* Index of the newest at or before that moment, or count when there is none. */
size_t samples_find(const struct samples *s, int64_t at_ms);

#endif
