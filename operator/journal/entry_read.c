/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/entry.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "route/route_json.h"

#define TIME_MAX 9007199254740992.0 /* 2^53: whole numbers stay whole */

static bool bad(struct error *err, const char *what)
{
    return error_set(err, ERR_INVALID, "%s", what);
}

/* ---- pieces --------------------------------------------------------------------------
 */

static bool read_time(const struct json *j, int64_t *out)
{
    double v = json_number(j, -1);

    if (!(v >= 0 && v <= TIME_MAX))
        return false;
    *out = (int64_t)v;
    return true;
}

static bool read_number(const struct json *j, double *out)
{
    struct error ignored;

    *out = NAN;
    if (j && json_is(j, JSON_NULL))
        return true;
    if (json_is(j, JSON_STRING))
        return text_to_double(json_string(j, ""), out, &ignored) && isinf(*out);
    *out = json_number(j, NAN);
    return json_is(j, JSON_NUMBER);
}

static bool read_digest(const struct json *j, uint64_t *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *text = json_string(j, "");

    *out = 0;
    if (strlen(text) != 16)
        return false;
    for (; *text; text++) {
        const char *at = strchr(digits, *text);

        if (!at)
            return false;
        *out = *out << 4 | (uint64_t)(at - digits);
    }
    return true;
}

typedef const char *name_fn(int value);

static const char *name_of_reason(int value)
{
    return reason_name((enum reason)value);
}

static const char *name_of_verdict(int value)
{
    return verdict_name((enum verdict)value);
}

/* The value of that word, or -1. */
static int find_word(const struct json *j, name_fn *name, int count)
{
    const char *word = json_string(j, "");

    for (int i = 0; i < count; i++)
        if (strcmp(name(i), word) == 0)
            return i;
    return -1;
}

/* ---- what was seen -------------------------------------------------------------------
 */

static bool read_arm(const struct json *j, const struct route_spec *spec,
                     struct arm_observation *a, struct error *err)
{
    const struct json *counts = json_get(j, "objectives");

    if (!read_time(json_get(j, "newest"), &a->newest_ms) ||
        !read_number(json_get(j, "applied"), &a->applied) ||
        !json_is(json_get(j, "ready"), JSON_BOOL))
        return bad(err, "seen.arms: an arm without newest, applied or ready");
    a->ready = json_bool(json_get(j, "ready"), false);
    for (size_t o = 0; o < spec->reward.objective_count; o++) {
        const char *name = spec->reward.objectives[o].name;
        const struct json *good = json_first(json_get(counts, name));

        if (json_count(json_get(counts, name)) != 2 ||
            !read_number(good, &a->objectives[o].good) ||
            !read_number(json_next(good), &a->objectives[o].events))
            return error_set(err, ERR_INVALID,
                             "seen.arms: objective %s is not [good, events]", name);
    }
    return true;
}

/* Steps that the data plane counts in; 0: not known. */
static uint32_t read_units(const struct json *j)
{
    double v = json_number(j, 0);

    return v >= 1 && v <= UINT16_MAX ? (uint32_t)v : 0;
}

static bool read_seen(struct entry *e, const struct json *j,
                      const struct route_spec *spec, struct error *err)
{
    const struct json *arms = json_get(j, "arms");
    size_t i = 0;
    int problem = REASON_NONE;

    if (json_get(j, "problem"))
        problem = find_word(json_get(j, "problem"), name_of_reason, REASON_COUNT);
    if (problem < 0)
        return bad(err, "seen.problem: not a reason");
    if (!read_time(json_get(j, "asked"), &e->seen.asked_ms))
        return bad(err, "seen.asked: not a time");
    e->seen.problem = (enum reason)problem;
    (void)snprintf(e->seen.detail, sizeof(e->seen.detail), "%s",
                   json_string(json_get(j, "detail"), ""));
    e->seen.data_plane_known = json_bool(json_get(j, "dataPlane"), false);
    e->seen.units = read_units(json_get(j, "units"));
    if (!json_is(arms, JSON_ARRAY) || json_count(arms) != spec->arm_count)
        return bad(err, "seen.arms: not as many as the spec's");
    for (const struct json *arm = json_first(arms); arm; arm = json_next(arm))
        if (!read_arm(arm, spec, &e->seen.arms[i++], err))
            return false;
    return true;
}

/* ---- what was decided ----------------------------------------------------------------
 */

static bool read_outcome(struct entry_outcome *out, const struct json *j,
                         const struct route_spec *spec, struct error *err)
{
    int verdict = find_word(json_get(j, "verdict"), name_of_verdict, VERDICT_COUNT);
    int reason = find_word(json_get(j, "reason"), name_of_reason, REASON_COUNT);

    if (verdict < 0 || reason < 0)
        return bad(err, "decided: a verdict or reason that there is not");
    out->verdict = (enum verdict)verdict;
    out->reason = (enum reason)reason;
    out->leader = route_arm_index(spec, json_string(json_get(j, "leader"), ""));
    out->write = json_bool(json_get(j, "write"), false);
    for (size_t i = 0; i < spec->arm_count; i++)
        if (!read_number(json_path(j, "weights", spec->arms[i].name, NULL),
                         &out->weights[i]))
            return error_set(err, ERR_INVALID, "decided.weights: none of arm %s",
                             spec->arms[i].name);
    return true;
}

/* ---- the line ------------------------------------------------------------------------
 */

/* The spec in the line is what is in force; wrapped into an object it is read, defaulted
 * and checked as any other. */
static struct bandit_route *read_route(const struct json *line, const struct entry *e,
                                       struct error *err)
{
    CLEANUP(json_freep)
    struct json *object = json_new_object();
    struct json *metadata = json_new_object();
    struct bandit_route *r;

    json_put_string(object, "apiVersion", ROUTE_API_VERSION);
    json_put_string(object, "kind", ROUTE_KIND);
    json_put_string(metadata, "namespace", e->namespace);
    json_put_string(metadata, "name", e->name);
    json_put(object, "metadata", metadata);
    json_put(object, "spec", json_copy(json_get(line, "spec")));
    if (json_get(line, "status"))
        json_put(object, "status", json_copy(json_get(line, "status")));
    r = route_from_json(object, err);
    if (r)
        r->generation = e->generation;
    return r;
}

bool entry_key(const struct json *line, const char **namespace, const char **name)
{
    *namespace = json_string(json_get(line, "namespace"), "");
    *name = json_string(json_get(line, "name"), "");
    return text_is_dns_label(*namespace) && text_is_dns_name(*name);
}

bool entry_read(struct entry *e, const struct json *line,
                const struct bandit_route *known, struct error *err)
{
    const char *namespace, *name;

    *e = (struct entry){.time_ms = 0};
    if (!entry_key(line, &namespace, &name))
        return bad(err, "no namespace and name of a route");
    (void)snprintf(e->namespace, sizeof(e->namespace), "%s", namespace);
    (void)snprintf(e->name, sizeof(e->name), "%s", name);
    if (!read_time(json_get(line, "time"), &e->time_ms) || !e->time_ms)
        return bad(err, "time: not a time");
    if (!read_time(json_get(line, "generation"), &e->generation))
        return bad(err, "generation: not a number");
    if (json_get(line, "spec")) {
        e->route = read_route(line, e, err);
        known = e->route;
    } else if (!known) {
        return bad(err, "no spec, and no line before it that brought one");
    }
    if (!known)
        return false;
    if (!read_digest(json_get(line, "before"), &e->before) ||
        !read_digest(json_get(line, "after"), &e->after))
        return bad(err, "before, after: not digests");
    return read_seen(e, json_get(line, "seen"), &known->spec, err) &&
           read_outcome(&e->outcome, json_get(line, "decided"), &known->spec, err);
}

void entry_clear(struct entry *e)
{
    route_free(STEAL(e->route));
}
