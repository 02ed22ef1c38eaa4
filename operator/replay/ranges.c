/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/ranges.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "replay/series.h"
#include "rewards/rewards.h"
#include "json/json.h"

enum { SERIES_MAX = 4096, LOOKBACK_MS = 5 * 60 * 1000 };

/* A time later than the year 2100 is none. */
static const double last_second = 4102444800.0;

struct series {
    char *labels; /* all of them, as JSON: two series with the same are one */
    enum range_family family;
    char arm[ROUTE_LABEL_MAX];
    char objective[ROUTE_LABEL_MAX];
    struct samples samples;
};

struct ranges {
    const struct bandit_route *route;
    struct series *series;
    size_t count;
    size_t samples;
    struct samples evaluations[RANGE_FAMILY_COUNT]; /* times at which any has a sample */
};

struct ranges *ranges_new(const struct bandit_route *route)
{
    struct ranges *r = mem_alloc(1, sizeof(*r));

    r->route = route;
    return r;
}

void ranges_free(struct ranges *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->count; i++) {
        free(r->series[i].labels);
        samples_clear(&r->series[i].samples);
    }
    for (size_t f = 0; f < RANGE_FAMILY_COUNT; f++)
        samples_clear(&r->evaluations[f]);
    free(r->series);
    free(r);
}

/* ---- what is asked for ---------------------------------------------------------------
 */

static const char *name_of(const struct bandit_route *route, enum range_family family)
{
    static const char *const published[RANGE_FAMILY_COUNT] = {
        [RANGE_APPLIED] = "bandit_arm_applied_weight_ratio",
        [RANGE_DESIRED] = "bandit_arm_desired_weight_ratio",
        [RANGE_NOT_READY] = "bandit_arm_state",
        [RANGE_DECISION] = "bandit_route_last_decision_timestamp_seconds",
    };
    static const enum rewards_query queries[] = {QUERY_GOOD, QUERY_EVENTS, QUERY_SCRAPE};

    return published[family]
               ? published[family]
               : rewards_query_text(queries[family], route->spec.reward.window);
}

/* Of a state set only the one state that a decision rests on. */
void ranges_selector(const struct bandit_route *route, size_t number,
                     char out[RANGES_SELECTOR_MAX])
{
    static const struct {
        enum range_family families[5];
        size_t count;
        const char *more;
    } groups[RANGES_SELECTOR_COUNT] = {
        {{RANGE_GOOD, RANGE_EVENTS, RANGE_SCRAPE, RANGE_APPLIED, RANGE_DECISION}, 5, ""                              },
        {{RANGE_NOT_READY},                                                       1, ",bandit_arm_state=\"NotReady\""},
    };
    size_t used = (size_t)snprintf(out, RANGES_SELECTOR_MAX, "{__name__=~\"");

    for (size_t i = 0; i < groups[number].count; i++)
        used +=
            (size_t)snprintf(out + used, RANGES_SELECTOR_MAX - used, "%s%s", i ? "|" : "",
                             name_of(route, groups[number].families[i]));
    (void)snprintf(out + used, RANGES_SELECTOR_MAX - used,
                   "\",namespace=\"%s\",route=\"%s\"%s}", route->namespace, route->name,
                   groups[number].more);
}

/* ---- reading -------------------------------------------------------------------------
 */

static const char *label(const struct json *metric, const char *name)
{
    return json_string(json_get(metric, name), "");
}

static bool family_of(const struct ranges *r, const struct json *metric,
                      enum range_family *family)
{
    const char *name = label(metric, "__name__");

    if (strcmp(label(metric, "namespace"), r->route->namespace) != 0 ||
        strcmp(label(metric, "route"), r->route->name) != 0)
        return false;
    for (*family = 0; *family < RANGE_FAMILY_COUNT; (*family)++)
        if (strcmp(name, name_of(r->route, *family)) == 0)
            return *family != RANGE_NOT_READY ||
                   strcmp(label(metric, "bandit_arm_state"), "NotReady") == 0;
    return false;
}

static struct series *series_of(struct ranges *r, enum range_family family,
                                const struct json *metric, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(64 * 1024);
    struct series *s;

    json_write(metric, &text);
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->series[i].labels, buf_str(&text)) == 0)
            return &r->series[i];
    if (r->count == SERIES_MAX || !buf_ok(&text)) {
        (void)error_set(err, ERR_TOO_BIG, "more than %d series of one route", SERIES_MAX);
        return NULL;
    }
    r->series = mem_resize(r->series, r->count + 1, sizeof(*r->series));
    s = &r->series[r->count++];
    *s = (struct series){.labels = buf_take(&text), .family = family};
    (void)snprintf(s->arm, sizeof(s->arm), "%.63s", label(metric, "arm"));
    (void)snprintf(s->objective, sizeof(s->objective), "%.63s",
                   label(metric, "objective"));
    return s;
}

static bool add_sample(struct ranges *r, struct series *s, const struct json *pair,
                       struct error *err)
{
    const struct json *time = json_first(pair);
    const struct json *value = time ? json_next(time) : NULL;
    double seconds = json_number(time, NAN);
    double v;

    if (json_count(pair) != 2 || !json_is(time, JSON_NUMBER) ||
        !json_is(value, JSON_STRING) || !(seconds >= 0 && seconds <= last_second))
        return error_set(err, ERR_INVALID, "a sample is not [seconds, \"value\"]");
    if (!text_to_double(json_string(value, ""), &v, err))
        return false;
    if (++r->samples > RANGES_SAMPLES_MAX)
        return error_set(err, ERR_TOO_BIG, "more than %d samples: take a shorter range",
                         RANGES_SAMPLES_MAX);
    samples_add(&s->samples, llround(seconds * 1000), v);
    return true;
}

static bool add_series(struct ranges *r, const struct json *item, struct error *err)
{
    const struct json *metric = json_get(item, "metric");
    const struct json *values = json_get(item, "values");
    enum range_family family;
    struct series *s;

    if (!json_is(metric, JSON_OBJECT) || !json_is(values, JSON_ARRAY))
        return error_set(err, ERR_INVALID, "a series without its labels or values");
    if (!*label(metric, "__name__"))
        return error_set(err, ERR_INVALID,
                         "a series without a name: ask for the recorded series "
                         "themselves, not for an expression");
    if (!family_of(r, metric, &family))
        return true;
    s = series_of(r, family, metric, err);
    if (!s)
        return false;
    for (const struct json *v = json_first(values); v; v = json_next(v))
        if (!add_sample(r, s, v, err))
            return false;
    return true;
}

bool ranges_add(struct ranges *r, const char *text, size_t n, struct error *err)
{
    CLEANUP(json_freep)
    struct json *answer = json_parse(text, n, err);
    const struct json *result = json_path(answer, "data", "result", NULL);
    const char *type =
        json_string(json_path(answer, "data", "resultType", NULL), "nothing");

    if (!answer)
        return false;
    if (strcmp(json_string(json_get(answer, "status"), ""), "success") != 0)
        return error_set(err, ERR_INVALID,
                         "not an answer of Prometheus' query API: %.120s",
                         json_string(json_get(answer, "error"), "no \"status\""));
    if (strcmp(type, "matrix") != 0 || !json_is(result, JSON_ARRAY))
        return error_set(err, ERR_INVALID, "an answer of type %.40s: wanted a matrix",
                         type);
    for (const struct json *item = json_first(result); item; item = json_next(item))
        if (!add_series(r, item, err))
            return false;
    return true;
}

void ranges_close(struct ranges *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct samples *all = &r->evaluations[r->series[i].family];

        samples_sort(&r->series[i].samples);
        for (size_t k = 0; k < r->series[i].samples.count; k++)
            samples_add(all, r->series[i].samples.items[k].ms, 0);
    }
    for (size_t f = 0; f < RANGE_FAMILY_COUNT; f++)
        samples_sort(&r->evaluations[f]);
}

size_t ranges_samples(const struct ranges *r)
{
    return r->samples;
}

/* ---- looking up ----------------------------------------------------------------------
 */

bool ranges_extent(const struct ranges *r, int64_t *first_ms, int64_t *last_ms)
{
    const struct samples *all = &r->evaluations[RANGE_EVENTS];

    if (!all->count)
        return false;
    *first_ms = all->items[0].ms;
    *last_ms = all->items[all->count - 1].ms;
    return true;
}

/* The value that a query at that moment is answered; false: no such series then. */
static bool value_at(const struct ranges *r, const struct series *s, int64_t at_ms,
                     size_t before, double *value)
{
    const struct samples *all = &r->evaluations[s->family];
    size_t last = samples_find(all, at_ms), own;

    if (last == all->count || last < before)
        return false;
    last -= before;
    if (at_ms - all->items[last].ms >= LOOKBACK_MS)
        return false;
    own = samples_find(&s->samples, all->items[last].ms);
    if (own == s->samples.count || s->samples.items[own].ms != all->items[last].ms)
        return false;
    *value = s->samples.items[own].value;
    return true;
}

void ranges_observe(const struct ranges *r, int64_t at_ms, unsigned before,
                    struct observation *seen)
{
    static const enum rewards_query queries[] = {QUERY_GOOD, QUERY_EVENTS, QUERY_SCRAPE};
    CLEANUP(rewards_table_freep)
    struct rewards_table *table = rewards_table_new();
    struct error ignored; /* a table of one route is never too big */

    seen->asked_ms = at_ms;
    for (size_t i = 0; i < r->count; i++) {
        const struct series *s = &r->series[i];
        const struct series_labels labels = {r->route->namespace, r->route->name, s->arm,
                                             s->objective};
        double value;

        if (s->family <= RANGE_SCRAPE && value_at(r, s, at_ms, before, &value))
            (void)rewards_table_put(table, queries[s->family], &labels, value, &ignored);
    }
    rewards_table_observe(table, r->route, seen);
}

double ranges_published(const struct ranges *r, enum range_family family, size_t arm,
                        int64_t at_ms)
{
    const char *name = r->route->spec.arms[arm].name;

    for (size_t i = 0; i < r->count; i++) {
        const struct series *s = &r->series[i];
        size_t own;

        if (s->family != family || strcmp(s->arm, name) != 0)
            continue;
        own = samples_find(&s->samples, at_ms);
        if (own < s->samples.count && at_ms - s->samples.items[own].ms < LOOKBACK_MS)
            return s->samples.items[own].value;
    }
    return NAN;
}

int64_t *ranges_decisions(const struct ranges *r, size_t *count)
{
    struct samples times = {.count = 0};
    int64_t *out;

    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0;
             r->series[i].family == RANGE_DECISION && k < r->series[i].samples.count;
             k++) {
            double seconds = r->series[i].samples.items[k].value;

            if (seconds > 0 && seconds <= last_second)
                samples_add(&times, llround(seconds * 1000), 0);
        }
    samples_sort(&times);
    *count = times.count;
    out = mem_alloc(times.count + 1, sizeof(*out));
    for (size_t i = 0; i < times.count; i++)
        out[i] = times.items[i].ms;
    samples_clear(&times);
    return out;
}
