/* SPDX-License-Identifier: Apache-2.0 */
/* chaos.h - any spec, any status, any data, one decision after the other; and what must
 * hold of every decision whatever they are. For the property tests and the fuzzer. */
#ifndef SUPPORT_CHAOS_H
#define SUPPORT_CHAOS_H

#include "support/stage.h"

/* Where choices come from: bytes given, then (or without any) a generator. */
struct chance {
    const uint8_t *bytes;
    size_t left;
    uint64_t state; /* 0: only the bytes, then zeros */
};

uint32_t chance_below(struct chance *c, uint32_t limit);
double chance_unit(struct chance *c); /* 0 to 1 */

/* A valid spec of up to 16 arms, and a fresh status. */
void chaos_init(struct stage *s, struct chance *c);

/* New data, now and then absurd ones; now and then the spec changes or the status is
 * damaged. Then a decision, and abort() with a message when a promise is broken. */
void chaos_step(struct stage *s, struct chance *c);

/* Data as they could be: for the properties that speak of good data. */
void chaos_see_plausible(struct stage *s, struct chance *c);

#endif
