/* SPDX-License-Identifier: Apache-2.0 */
/* stamp.h - wall-clock time and its text for the price of the monotonic clock, which is
 * read anyhow. For one thread at a time. */
#ifndef SERVER_STAMP_H
#define SERVER_STAMP_H

#include <stdint.h>

#include "base/clock.h"

struct stamp {
    int64_t wall_minus_mono_ms;
    int64_t valid_to_ns; /* the wall clock is looked at again then */
    int64_t text_second; /* the second that text holds */
    char text[CLOCK_TEXT_MAX];
};

enum { STAMP_LENGTH = 24 }; /* "2026-11-21T09:30:00.125Z" */

/* Wall time at that moment of clock_mono_ns(); follows a step of the wall clock within a
 * second. */
int64_t stamp_wall_ms(struct stamp *s, int64_t mono_ns);

/* Always with three digits of fraction: STAMP_LENGTH characters. Valid until the next
 * call. */
const char *stamp_text(struct stamp *s, int64_t wall_ms);

#endif
