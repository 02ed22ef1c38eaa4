/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions a second of processor time, for each policy, with the status passed on from
 * each to the next as in production: over a second, and in the fastest lap of it. Where
 * two processors share a core, as on most rented machines, what runs on the other one
 * takes half of what a second of processor time gives, and the lap shows it; the bar is
 * for the second. */
#include <stdio.h>
#include <time.h>

#include "support/stage.h"

enum { SAMPLES = 32 };
enum { LAP = 10000 }; /* decisions over arms squared: about a millisecond */
static const int64_t run_ns = 1000000000;

struct rate {
    double mean, fastest; /* decisions a second */
};

/* Of this thread, so that what else runs on the machine does not count. */
static int64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Data that go up and down a little, so that nothing is decided from a cached answer. */
static void vary(struct observation *seen, const struct observation *base, int step,
                 size_t arms, int64_t now_ms)
{
    *seen = *base;
    for (size_t i = 0; i < arms; i++) {
        seen->arms[i].newest_ms = now_ms;
        seen->arms[i].objectives[0].good -= (double)((step * 7 + (int)i * 3) % 11);
    }
}

static struct rate decisions_per_second(enum route_policy_type type, size_t arms)
{
    struct stage s;
    struct observation seen[SAMPLES];
    struct decision turns[2]; /* each rests on the other */
    struct rate rate = {.fastest = 0};
    int64_t start, lap, end;
    int64_t done = 0;

    stage_init(&s, arms, 1);
    s.spec.policy.type = type;
    stage_settle(&s);
    turns[0] = (struct decision){.status = s.status};
    turns[1] = (struct decision){.write = false};
    for (int i = 0; i < SAMPLES; i++)
        vary(&seen[i], &s.seen, i, arms, s.now_ms);
    start = end = cpu_ns();
    while (end - start < run_ns) {
        int64_t count = LAP / (int64_t)(arms * arms);

        lap = end;
        for (int64_t i = 0; i < count; i++, done++) {
            struct observation *o = &seen[done % SAMPLES];

            s.now_ms += s.spec.interval_ms;
            for (size_t k = 0; k < arms; k++)
                o->arms[k].newest_ms = s.now_ms;
            core_decide(&s.spec, &turns[done % 2].status, o, 1, s.now_ms,
                        &turns[(done + 1) % 2]);
        }
        end = cpu_ns();
        if ((double)count * 1e9 / (double)(end - lap) > rate.fastest)
            rate.fastest = (double)count * 1e9 / (double)(end - lap);
    }
    rate.mean = (double)done * 1e9 / (double)(end - start);
    s.status = turns[done % 2].status;
    decision_clear(&turns[(done + 1) % 2]);
    stage_clear(&s);
    return rate;
}

/* Decisions a second that three arms have to reach on a core of their own; 0: no bar. */
static const double bars[POLICY_TYPE_COUNT] = {
    [POLICY_EPSILON_GREEDY] = 1e6,
    [POLICY_PROBABILITY_OF_BEST] = 20e3,
};

static void report(enum route_policy_type type, size_t arms)
{
    struct rate rate = decisions_per_second(type, arms);
    double bar = arms == 3 ? bars[type] : 0;

    printf("%-20s %6zu %14.0f %14.0f", route_policy_name(type), arms, rate.mean,
           rate.fastest);
    if (bar > 0)
        printf(" %10.0f %s", bar, rate.mean >= bar ? "met" : "missed");
    printf("\n");
}

int main(void)
{
    static const size_t arms[] = {3, 16};

    printf("%-20s %6s %14s %14s %10s\n", "policy", "arms", "decisions/s", "fastest lap",
           "bar");
    for (int type = 0; type < POLICY_TYPE_COUNT; type++)
        for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++)
            report((enum route_policy_type)type, arms[i]);
    return 0;
}
