/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/pattern.h"

#include <math.h>
#include <stddef.h>

#include "base/text.h"

/* Part of its period, at the end, that a spike lasts. */
static const double spike_ratio = 0.1;

static double constant_rate(const struct pattern *p, double t)
{
    (void)t;
    return p->rate;
}

static double constant_count(const struct pattern *p, double t)
{
    return p->rate * t;
}

static double ramp_rate(const struct pattern *p, double t)
{
    return t < p->period_s ? p->rate + (p->peak - p->rate) * t / p->period_s : p->peak;
}

static double ramp_count(const struct pattern *p, double t)
{
    if (t < p->period_s)
        return t * (p->rate + ramp_rate(p, t)) / 2;
    return p->period_s * (p->rate + p->peak) / 2 + (t - p->period_s) * p->peak;
}

static double spike_rate(const struct pattern *p, double t)
{
    double into_s = t - floor(t / p->period_s) * p->period_s;

    return into_s < p->period_s * (1 - spike_ratio) ? p->rate : p->peak;
}

static double spike_count(const struct pattern *p, double t)
{
    double quiet_s = p->period_s * (1 - spike_ratio);
    double per_period = quiet_s * p->rate + (p->period_s - quiet_s) * p->peak;
    double periods = floor(t / p->period_s);
    double into_s = t - periods * p->period_s;

    return periods * per_period + fmin(into_s, quiet_s) * p->rate +
           fmax(into_s - quiet_s, 0) * p->peak;
}

/* A cosine: quiet at the start of the day, the top in its middle. */
static double diurnal_rate(const struct pattern *p, double t)
{
    return p->rate + (p->peak - p->rate) * (1 - cos(2 * M_PI * t / p->period_s)) / 2;
}

static double diurnal_count(const struct pattern *p, double t)
{
    double turn = 2 * M_PI / p->period_s;

    return p->rate * t + (p->peak - p->rate) * (t - sin(turn * t) / turn) / 2;
}

struct shape {
    double (*rate)(const struct pattern *p, double t);
    double (*count)(const struct pattern *p, double t);
    bool random;
};

const char *const pattern_names[] = {"constant", "ramp",    "spike",
                                     "diurnal",  "poisson", NULL};

/* In the order of the names. */
static const struct shape shapes[] = {
    {constant_rate, constant_count, false},
    {ramp_rate,     ramp_count,     false},
    {spike_rate,    spike_count,    false},
    {diurnal_rate,  diurnal_count,  false},
    {constant_rate, constant_count, true },
};

bool pattern_init(struct pattern *p, const char *name, double rate, double peak,
                  double period_s, struct error *err)
{
    int i = text_index(name, pattern_names);

    if (i < 0)
        return error_set(err, ERR_INVALID,
                         "\"%s\" is not constant, ramp, spike, diurnal or poisson", name);
    *p = (struct pattern){.shape = &shapes[i],
                          .rate = rate,
                          .peak = peak > 0 ? peak : 3 * rate,
                          .period_s = period_s,
                          .random = shapes[i].random};
    if (!(period_s > 0))
        return error_set(err, ERR_INVALID, "the period must be longer than 0");
    if (rate < 0 || !(pattern_count(p, period_s) > 0))
        return error_set(err, ERR_INVALID, "the rate must be above 0");
    return true;
}

double pattern_rate(const struct pattern *p, double t_s)
{
    return p->shape->rate(p, t_s);
}

double pattern_count(const struct pattern *p, double t_s)
{
    return p->shape->count(p, t_s);
}

double pattern_time(const struct pattern *p, double count, double from_s)
{
    double low = from_s;
    double high = from_s + 1e-3;

    while (pattern_count(p, high) < count)
        high = from_s + 2 * (high - from_s);
    for (int i = 0; i < 80 && high - low > 1e-9; i++) {
        double middle = low + (high - low) / 2;

        if (pattern_count(p, middle) < count)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/* The gap to the next event of a Poisson process with one event per unit on average. */
static double exponential(struct random *r)
{
    return -log1p(-random_unit(r));
}

double schedule_next(struct schedule *s)
{
    s->count += s->pattern.random ? exponential(&s->random) : 1;
    s->t_s = pattern_time(&s->pattern, s->count, s->t_s);
    return s->t_s;
}
