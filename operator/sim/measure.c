/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/measure.h"

#include <math.h>

static const struct {
    const char *name;
    const char *title;
    bool good;
} measures[MEASURE_COUNT] = {
    [MEASURE_CHANGES] = {"changesPerHour",    "leader changes/h",  false},
    [MEASURE_RIGHT] = {"rightLeader",       "right leader",      true },
    [MEASURE_LOSS] = {"lossPerThousand",   "lost/1000",         false},
    [MEASURE_LEFT] = {"secondsToLeave",    "left after s",      false},
    [MEASURE_EVACUATED] = {"secondsToEvacuate", "evacuated after s", false},
};

const char *measure_name(enum measure m)
{
    return measures[m].name;
}

const char *measure_title(enum measure m)
{
    return measures[m].title;
}

bool measure_is_good(enum measure m)
{
    return measures[m].good;
}

/* 97.5 % quantile of Student's t, by Hill's expansion around the normal one (to 1 % from
 * three degrees of freedom on); exact for one and two. */
static double student(size_t freedom)
{
    const double z = 1.959963985;
    double v = (double)freedom;

    if (freedom == 1)
        return 12.7062;
    if (freedom == 2)
        return 4.30265;
    return z + (pow(z, 3) + z) / (4 * v) +
           (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * v * v) +
           (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) / (384 * pow(v, 3));
}

struct summary measure_summarise(const double *values, size_t n)
{
    struct summary s = {.mean = NAN, .half_width = NAN, .greatest = NAN};
    double squares = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i])) {
            s.count++;
            sum += values[i];
            s.greatest = fmax(s.greatest, values[i]);
        }
    if (!s.count)
        return s;
    s.mean = sum / (double)s.count;
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            squares += (values[i] - s.mean) * (values[i] - s.mean);
    if (s.count > 1)
        s.half_width = student(s.count - 1) *
                       sqrt(squares / (double)(s.count - 1) / (double)s.count);
    return s;
}
