/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario expects of its policies: the gate. Each expectation is of a run that
 * there will be, and bounds something. */
#include <math.h>
#include <string.h>

#include "sim/fields.h"
#include "sim/parts.h"

enum { BOUND_MAX = 1000000 };

static bool check_keys(const struct json *j, struct error *err)
{
    const char *keys[MEASURE_COUNT + 3] = {"policy", "rate"};

    for (size_t m = 0; m < MEASURE_COUNT; m++)
        keys[m + 2] = measure_name((enum measure)m);
    return fields_known(j, keys, "expect", err);
}

static bool find_candidate(const struct scenario *s, const char *name, size_t *candidate,
                           struct error *err)
{
    for (size_t i = 0; i < s->candidate_count; i++)
        if (!strcmp(s->candidates[i].name, name)) {
            *candidate = i;
            return true;
        }
    return error_set(err, ERR_INVALID, "no policy \"%.63s\"", name);
}

static bool read_rate(const struct scenario *s, const struct json *j, double *rate,
                      struct error *err)
{
    *rate = NAN;
    if (!fields_number(j, "rate", 0, BOUND_MAX, rate, err))
        return false;
    for (size_t i = 0; i < s->rate_count; i++)
        if (isnan(*rate) || s->rates[i] == *rate)
            return true;
    return error_set(err, ERR_INVALID, "rate: %g is none of the scenario's rates", *rate);
}

static bool read_bounds(const struct json *j, double *bounds, struct error *err)
{
    bool any = false;

    for (size_t m = 0; m < MEASURE_COUNT; m++) {
        bounds[m] = NAN;
        if (!fields_number(j, measure_name((enum measure)m), 0, BOUND_MAX, &bounds[m],
                           err))
            return false;
        any |= !isnan(bounds[m]);
    }
    return any || error_set(err, ERR_INVALID, "nothing is bounded");
}

static bool read_one(struct scenario *s, const struct json *j, struct error *err)
{
    struct expectation *e = &s->expectations[s->expectation_count];
    const char *name = json_string(json_get(j, "policy"), "");

    if (s->expectation_count == EXPECTATIONS_MAX)
        return error_set(err, ERR_INVALID, "expect: more than %d", EXPECTATIONS_MAX);
    if (!check_keys(j, err))
        return false;
    if (!find_candidate(s, name, &e->candidate, err) || !read_rate(s, j, &e->rate, err) ||
        !read_bounds(j, e->bounds, err))
        return error_wrap(err, "expect of policy %.63s", name);
    s->expectation_count++;
    return true;
}

bool expectations_read(struct scenario *s, const struct json *list, struct error *err)
{
    if (!fields_list(list, "expect", err))
        return false;
    for (const struct json *c = json_first(list); c; c = json_next(c))
        if (!read_one(s, c, err))
            return false;
    return true;
}
