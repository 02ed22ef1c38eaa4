/* SPDX-License-Identifier: Apache-2.0 */
/* backoff.h - how long to wait before trying again: 0.8 s, doubled up to 30 s, and up to
 * as much again by chance, so that clients of one server do not come back together.
 *
 * Pure: time and chance are the caller's.
 */
#ifndef KUBE_BACKOFF_H
#define KUBE_BACKOFF_H

#include <stdint.h>

enum {
    BACKOFF_FIRST_MS = 800,
    BACKOFF_CAP_MS = 30000,
    BACKOFF_HEALTHY_MS = 120000, /* after so long without a failure it starts over */
};

struct backoff {
    int64_t step_ms;  /* of the next wait; 0: the first */
    int64_t last_ms;  /* monotonic: the latest failure */
    int64_t first_ms; /* of the first wait; 0: BACKOFF_FIRST_MS. For tests. */
};

/* chance: any 32 bits. */
int64_t backoff_next(struct backoff *b, int64_t now_ms, uint32_t chance);

/* A stream of 32 bits for jitter, not for secrets; *state is seeded once. */
uint32_t backoff_chance(uint64_t *state);

#endif
