/* SPDX-License-Identifier: Apache-2.0 */
/* Time of rendering a registry of 100 000 gauges, beside snprintf("%.17g"). All have new
 * values in each round. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "metrics/exposition.h"

enum { GAUGES = 100000, ROUNDS = 9, TEXT_MAX = 16 * 1024 * 1024 };

static const struct metric_desc weight = {
    .name = "bandit_arm_desired_weight_ratio",
    .type = METRIC_GAUGE,
    .unit = "ratio",
    .help = "Share of traffic decided for an arm.",
    .labels = {"namespace", "route", "arm"},
};

static double cpu_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *v)
{
    qsort(v, ROUNDS, sizeof(*v), by_value);
    return v[ROUNDS / 2];
}

static void make_up(double *values, uint64_t *seed)
{
    for (int i = 0; i < GAUGES; i++) {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        values[i] = i % 5 ? (double)(*seed >> 11) * 0x1p-53 : (double)(*seed % 1000);
    }
}

static struct gauge *gauge(struct metrics *m, int i)
{
    char route[32], arm[32];

    (void)snprintf(route, sizeof(route), "route-%05d", i / 4);
    (void)snprintf(arm, sizeof(arm), "arm-%d", i % 4);
    return metrics_gauge(m, &weight, (const char *const[]){"default", route, arm});
}

static void print(char *text, const double *values)
{
    for (int i = 0, n = 0; i < GAUGES; i++)
        n += snprintf(text + n, TEXT_MAX - (size_t)n,
                      "%s{namespace=\"default\",route=\"route-%05d\",arm=\"arm-%d\"} "
                      "%.17g\n",
                      weight.name, i / 4, i % 4, values[i]);
}

int main(void)
{
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(TEXT_MAX);
    char *text = mem_alloc(TEXT_MAX, 1);
    double *values = mem_alloc(GAUGES, sizeof(double));
    struct gauge **gauges = mem_alloc(GAUGES, sizeof(struct gauge *));
    double ours[ROUNDS], theirs[ROUNDS];
    uint64_t seed = 88172645463325252ULL;

    for (int i = 0; i < GAUGES; i++)
        gauges[i] = gauge(m, i);
    for (int round = 0; round < ROUNDS; round++) {
        double began;

        make_up(values, &seed);
        for (int i = 0; i < GAUGES; i++)
            gauge_set(gauges[i], values[i]);
        began = cpu_ms();
        print(text, values);
        theirs[round] = cpu_ms() - began;
        buf_reset(&page);
        began = cpu_ms();
        metrics_expose(m, EXPOSITION_OPENMETRICS_1_0, &page);
        ours[round] = cpu_ms() - began;
    }
    free(gauges);
    free(values);
    free(text);
    printf("{\"registry_ms\":%.2f,\"snprintf_ms\":%.2f}\n", median(ours), median(theirs));
    return 0;
}
