/* SPDX-License-Identifier: Apache-2.0 */
/* The generic cell rate algorithm: a token bucket that also knows when the next token
 * comes. One number tells how far writing has got ahead of its rate. */
#include "controller/write_budget.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct write_budget {
    double per_second, burst_ms;
    pthread_mutex_t lock; /* guards: */
    double paid_until_ms; /* at the rate, what was given out lasts until then */
};

struct write_budget *write_budget_new(double per_second)
{
    struct write_budget *b = mem_alloc(1, sizeof(*b));

    b->per_second = per_second;
    b->burst_ms = WRITE_BUDGET_BURST_S * 1000.0;
    (void)pthread_mutex_init(&b->lock, NULL);
    return b;
}

void write_budget_free(struct write_budget *b)
{
    if (!b)
        return;
    (void)pthread_mutex_destroy(&b->lock);
    free(b);
}

/* Under the lock. */
static double take(struct write_budget *b, int64_t now_ms)
{
    double at_ms = fmax(b->paid_until_ms, (double)now_ms);

    b->paid_until_ms = at_ms + 1000 / b->per_second;
    return at_ms - b->burst_ms;
}

int64_t write_budget_reserve(struct write_budget *b, int64_t now_ms)
{
    double at_ms;

    (void)pthread_mutex_lock(&b->lock);
    at_ms = take(b, now_ms);
    (void)pthread_mutex_unlock(&b->lock);
    return at_ms > (double)now_ms ? (int64_t)ceil(at_ms) : now_ms;
}

bool write_budget_spare(struct write_budget *b, int64_t now_ms)
{
    bool yes;

    (void)pthread_mutex_lock(&b->lock);
    yes = b->paid_until_ms - (double)now_ms <= b->burst_ms / 2;
    if (yes)
        (void)take(b, now_ms);
    (void)pthread_mutex_unlock(&b->lock);
    return yes;
}

int64_t write_budget_lag_ms(const struct write_budget *b, size_t routes,
                            int64_t interval_ms)
{
    double turn_ms = 1000 * (double)routes / b->per_second;

    if (turn_ms <= (double)interval_ms)
        return 0;
    return (int64_t)ceil(turn_ms / (double)interval_ms) * interval_ms;
}
