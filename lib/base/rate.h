/* SPDX-License-Identifier: Apache-2.0 */
/* rate.h - so many at once, and then one every so often: a token bucket as one number.
 *
 * The generic cell rate algorithm (ITU-T I.371, annex A): instead of tokens and the time
 * of their counting it keeps the moment until which, at the rate, what was taken lasts. A
 * plain value: whoever shares one between threads has the lock. Times are monotonic.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    int64_t interval_ns;   /* one each; 1 or more */
    int64_t burst;         /* so many at once after a pause; 1 or more */
    int64_t paid_until_ns; /* 0: nothing was taken yet */
};

/* clang-format off */
#define RATE_INIT_MS(interval_ms, at_once) \
    {.interval_ns = (int64_t)(interval_ms) * 1000000, .burst = (at_once)}
/* clang-format on */

/* How many may go at this moment: burst after a pause; 0 or less: none. */
int64_t rate_spare(const struct rate *r, int64_t now_ms);

/* One goes: to be told also of one that could not be refused, though there was none to
 * spare. */
void rate_take(struct rate *r, int64_t now_ms);

/* Take one if there is one to spare. */
bool rate_try(struct rate *r, int64_t now_ms);

/* When there will be one to spare: now, or a later moment. */
int64_t rate_ready_ms(const struct rate *r, int64_t now_ms);

#endif
