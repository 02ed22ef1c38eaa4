/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - wall and monotonic time, and RFC 3339 text.
 *
 * Times are milliseconds since 1970 (wall) or since some start (mono) in an int64_t; zero
 * as a wall time means "never".
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

int64_t clock_wall_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_ns(void);

/* Like clock_mono_ms(), which stands still while the machine is suspended; this one goes
 * on: for what others may do meanwhile. */
int64_t clock_boot_ms(void);

/* clock_mono_ms() at a fraction of its cost, up to a few milliseconds behind it. */
int64_t clock_mono_coarse_ms(void);

enum { CLOCK_TEXT_MAX = 32 };

/* The same moment or length of time, not negative, as system calls take it. */
struct timespec clock_timespec(int64_t ms);

/* "2026-11-21T09:30:00.125Z", UTC; the fraction is left out when it is zero. */
const char *clock_format(int64_t wall_ms, char out[CLOCK_TEXT_MAX]);

/* Read RFC 3339 with Z or a numeric offset and any number of fraction digits (those past
 * milliseconds are dropped). A leap second is the one after it, as POSIX has none. */
bool clock_parse(const char *text, int64_t *wall_ms, struct error *err);

#endif
