/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions a second of processor time, for each policy, with the status passed on from
 * each to the next as in production. */
#include <stdio.h>
#include <time.h>

#include "support/stage.h"

enum { SAMPLES = 32, SECONDS_EACH = 1 };

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

static double decisions_per_second(enum route_policy_type type, size_t arms)
{
    struct stage s;
    struct observation seen[SAMPLES];
    struct decision turns[2]; /* each rests on the other */
    int64_t start;
    int64_t done = 0;

    stage_init(&s, arms, 1);
    s.spec.policy.type = type;
    stage_settle(&s);
    turns[0] = (struct decision){.status = s.status};
    turns[1] = (struct decision){.write = false};
    for (int i = 0; i < SAMPLES; i++)
        vary(&seen[i], &s.seen, i, arms, s.now_ms);
    start = cpu_ns();
    while (cpu_ns() - start < SECONDS_EACH * 1000000000LL)
        for (int i = 0; i < 1000; i++, done++) {
            struct observation *o = &seen[done % SAMPLES];

            s.now_ms += s.spec.interval_ms;
            for (size_t k = 0; k < arms; k++)
                o->arms[k].newest_ms = s.now_ms;
            core_decide(&s.spec, &turns[done % 2].status, o, 1, s.now_ms,
                        &turns[(done + 1) % 2]);
        }
    s.status = turns[0].status;
    decision_clear(&turns[1]);
    stage_clear(&s);
    return (double)done * 1e9 / (double)(cpu_ns() - start);
}

/* Decisions a second that three arms have to reach; 0: no bar. */
static const double bars[POLICY_TYPE_COUNT] = {
    [POLICY_EPSILON_GREEDY] = 1e6,
    [POLICY_PROBABILITY_OF_BEST] = 20e3,
};

static void report(enum route_policy_type type, size_t arms)
{
    double rate = decisions_per_second(type, arms);
    double bar = arms == 3 ? bars[type] : 0;

    printf("%-20s %6zu %14.0f", route_policy_name(type), arms, rate);
    if (bar > 0)
        printf(" %10.0f %s", bar, rate >= bar ? "met" : "missed");
    printf("\n");
}

int main(void)
{
    static const size_t arms[] = {3, 16};

    printf("%-20s %6s %14s %10s\n", "policy", "arms", "decisions/s", "bar");
    for (int type = 0; type < POLICY_TYPE_COUNT; type++)
        for (size_t i = 0; i < sizeof(arms) / sizeof(arms[0]); i++)
            report((enum route_policy_type)type, arms[i]);
    return 0;
}
