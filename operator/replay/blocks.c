/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/blocks.h"

#include <math.h>
#include <stdlib.h>

/* The frames whose interval before them lies in the window that ends at frame `last`:
 * first < i <= last. */
static size_t first_of(const struct tape *t, size_t last, int64_t window_ms)
{
    size_t i = last;

    while (i > 0 && t->frames[i - 1].time_ms >= t->frames[last].time_ms - window_ms)
        i--;
    return i;
}

/* Means over the window, weighted by time: frame i closes the interval since frame i - 1,
 * in which the weights decided there were in force. */
static void mean_weights(struct block_arm *to, size_t arm, const struct play *p,
                         const struct tape *t, size_t first, size_t last)
{
    double time = 0, logged = 0, played = 0;

    for (size_t i = first + 1; i <= last; i++) {
        double dt = (double)(t->frames[i].time_ms - t->frames[i - 1].time_ms);

        time += dt;
        logged += dt * t->frames[i].seen.arms[arm].applied;
        played += dt * p->weights[(i - 1) * p->arm_count + arm];
    }
    to->b = time > 0 ? logged / time : (double)NAN;
    to->p = time > 0 ? played / time : (double)NAN;
}

/* False when nothing is known of the window. */
static bool fill(struct blocks *b, const struct play *p, const struct play *reference,
                 const struct tape *t, size_t first, size_t last)
{
    struct block_arm *arms = &b->arms[b->count * b->arm_count];
    double total = 0;

    for (size_t a = 0; a < b->arm_count; a++) {
        size_t cell = last * b->arm_count + a;
        double r = reference->rewards[cell];

        mean_weights(&arms[a], a, p, t, first, last);
        arms[a].n = isnan(r) ? 0 : reference->samples[cell];
        arms[a].r = r;
        total += arms[a].n;
        if (isnan(arms[a].p))
            return false;
    }
    for (size_t a = 0; a < b->arm_count; a++)
        if (isnan(arms[a].b)) {
            b->unknown_weights = true;
            arms[a].b = total > 0 ? arms[a].n / total : 0;
        }
    return total > 0;
}

void blocks_make(struct blocks *b, const struct play *p, const struct play *reference,
                 const struct tape *t)
{
    int64_t window_ms = route_window_ms(p->route->spec.reward.window);
    int64_t end_ms;

    *b = (struct blocks){.arm_count = p->arm_count};
    b->arms = mem_alloc(t->count * p->arm_count + p->arm_count, sizeof(*b->arms));
    if (!t->count)
        return;
    end_ms = t->frames[0].time_ms + window_ms;
    for (size_t i = 1; i < t->count; i++) {
        if (t->frames[i].time_ms < end_ms)
            continue;
        if (fill(b, p, reference, t, first_of(t, i, window_ms), i))
            b->count++;
        else
            b->missing++;
        end_ms = t->frames[i].time_ms + window_ms;
    }
}

void blocks_clear(struct blocks *b)
{
    free(b->arms);
    *b = (struct blocks){.count = 0};
}
