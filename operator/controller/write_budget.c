/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/write_budget.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/rate.h"

struct write_budget {
    double per_second;
    pthread_mutex_t lock; /* guards: */
    struct rate rate;
};

struct write_budget *write_budget_new(double per_second)
{
    struct write_budget *b = mem_alloc(1, sizeof(*b));

    b->per_second = per_second;
    b->rate = (struct rate){.interval_ns = (int64_t)ceil(1e9 / per_second),
                            .burst = (int64_t)ceil(WRITE_BUDGET_BURST_S * per_second)};
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

int64_t write_budget_reserve(struct write_budget *b, int64_t now_ms)
{
    int64_t at_ms;

    (void)pthread_mutex_lock(&b->lock);
    at_ms = rate_ready_ms(&b->rate, now_ms);
    rate_take(&b->rate, now_ms);
    (void)pthread_mutex_unlock(&b->lock);
    return at_ms;
}

bool write_budget_spare(struct write_budget *b, int64_t now_ms)
{
    bool yes;

    (void)pthread_mutex_lock(&b->lock);
    yes = rate_spare(&b->rate, now_ms) > b->rate.burst / 2;
    if (yes)
        rate_take(&b->rate, now_ms);
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
