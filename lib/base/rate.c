/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rate.h"

enum { NS_IN_MS = 1000000 };

/* What was taken and not yet earned again, as a length of time. */
static int64_t ahead_ns(const struct rate *r, int64_t now_ms)
{
    int64_t ahead = r->paid_until_ns - now_ms * NS_IN_MS;

    return ahead > 0 ? ahead : 0;
}

static int64_t divided_up(int64_t a, int64_t b)
{
    return a / b + (a % b != 0);
}

int64_t rate_spare(const struct rate *r, int64_t now_ms)
{
    return r->burst - divided_up(ahead_ns(r, now_ms), r->interval_ns);
}

void rate_take(struct rate *r, int64_t now_ms)
{
    r->paid_until_ns = now_ms * NS_IN_MS + ahead_ns(r, now_ms) + r->interval_ns;
}

bool rate_try(struct rate *r, int64_t now_ms)
{
    bool spare = rate_spare(r, now_ms) > 0;

    if (spare)
        rate_take(r, now_ms);
    return spare;
}

/* With none to spare, burst intervals and more were taken: the product has room. */
int64_t rate_ready_ms(const struct rate *r, int64_t now_ms)
{
    if (rate_spare(r, now_ms) > 0)
        return now_ms;
    return divided_up(r->paid_until_ns - (r->burst - 1) * r->interval_ns, NS_IN_MS);
}
