/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/backoff.h"

#include "base/random.h"

int64_t backoff_next(struct backoff *b, int64_t now_ms, uint32_t chance)
{
    int64_t step_ms = b->step_ms;

    if (!step_ms || now_ms - b->last_ms >= BACKOFF_HEALTHY_MS)
        step_ms = b->first_ms ? b->first_ms : BACKOFF_FIRST_MS;
    b->step_ms = 2 * step_ms < BACKOFF_CAP_MS ? 2 * step_ms : BACKOFF_CAP_MS;
    b->last_ms = now_ms;
    return step_ms + (int64_t)((uint64_t)step_ms * chance >> 32);
}

uint32_t backoff_chance(uint64_t *state)
{
    struct random r = {*state};
    uint32_t chance = (uint32_t)(random_next(&r) >> 32);

    *state = r.state;
    return chance;
}
