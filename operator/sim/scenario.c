/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "route/route_json.h"
#include "sim/happening.h"
#include "json/yaml.h"

static bool known_keys(const struct json *object, const char *const *keys,
                       const char *where, struct error *err)
{
    for (const struct json *c = json_first(object); c; c = json_next(c))
        if (text_index(json_key(c), keys) < 0)
            return error_set(err, ERR_INVALID, "%s: unknown field \"%.64s\"", where,
                             json_key(c));
    return true;
}

bool scenario_duration(const struct json *object, const char *key, int64_t *ms,
                       struct error *err)
{
    const struct json *v = json_get(object, key);

    if (!v)
        return true;
    if (!json_is(v, JSON_STRING) || !text_to_duration(json_string(v, ""), ms, err))
        return error_set(err, ERR_INVALID, "%s: not a duration", key);
    return true;
}

int scenario_arm(const struct scenario *s, const char *name)
{
    return route_arm_index(&s->candidates[0].route->spec, name);
}

static bool read_head(struct scenario *s, const struct json *j, struct error *err)
{
    static const char *const keys[] = {
        "name", "about",    "duration",       "scrape", "rates",      "arms",
        "load", "labels",   "missingScrapes", "drift",  "happenings", "watch",
        "spec", "policies", "expect",         NULL};
    const struct json *load = json_get(j, "load");
    const struct json *labels = json_get(j, "labels");

    if (!known_keys(j, keys, "scenario", err))
        return false;
    (void)snprintf(s->name, sizeof(s->name), "%.63s",
                   json_string(json_get(j, "name"), ""));
    (void)snprintf(s->about, sizeof(s->about), "%.255s",
                   json_string(json_get(j, "about"), ""));
    s->duration_ms = 24 * 3600000;
    s->settings.scrape_ms = 15000;
    if (!scenario_duration(j, "duration", &s->duration_ms, err) ||
        !scenario_duration(j, "scrape", &s->settings.scrape_ms, err) ||
        !scenario_duration(labels, "delay", &s->settings.label_delay_ms, err))
        return false;
    if (s->settings.scrape_ms < 100 || s->duration_ms < s->settings.scrape_ms)
        return error_set(err, ERR_INVALID, "scrape and duration are too short");
    s->settings.missing_scrapes = json_number(json_get(j, "missingScrapes"), 0);
    s->settings.load_strength = json_number(json_get(load, "strength"), 0);
    s->settings.load_capacity = json_number(json_get(load, "capacity"), 1);
    s->settings.has_labels = labels != NULL;
    s->settings.label_share = json_number(json_get(labels, "share"), 1);
    return true;
}

static bool read_rates(struct scenario *s, const struct json *j, struct error *err)
{
    const struct json *rates = json_get(j, "rates");

    for (const struct json *c = json_first(rates); c; c = json_next(c)) {
        double rate = json_number(c, -1);

        if (s->rate_count == RATES_MAX || !(rate > 0))
            return error_set(err, ERR_INVALID, "rates: up to %d numbers above 0",
                             RATES_MAX);
        s->rates[s->rate_count++] = rate;
    }
    return s->rate_count || error_set(err, ERR_INVALID, "rates: none");
}

/* ---- the objects that are tried ------------------------------------------------------
 */

/* Lay `over` on `under`: objects member by member, anything else whole. */
static void overlay(struct json *under, const struct json *over)
{
    for (const struct json *c = json_first(over); c; c = json_next(c)) {
        const struct json *old = json_get(under, json_key(c));

        if (json_is(old, JSON_OBJECT) && json_is(c, JSON_OBJECT)) {
            struct json *merged = json_copy(old);

            overlay(merged, c);
            json_put(under, json_key(c), merged);
        } else {
            json_put(under, json_key(c), json_copy(c));
        }
    }
}

static struct json *default_spec(const struct json *j)
{
    struct json *spec = json_new_object();
    struct json *arms = json_new_array();
    struct json *target = json_new_object();
    struct json *reward = json_new_object();
    struct json *list = json_new_array();
    const struct json *first = json_first(json_get(j, "arms"));

    for (const struct json *c = first; c; c = json_next(c)) {
        struct json *arm = json_new_object();
        struct json *backend = json_new_object();

        json_put_string(backend, "service", json_key(c));
        json_put_number(backend, "port", 8080);
        json_put_string(arm, "name", json_key(c));
        json_put(arm, "backend", backend);
        json_push(arms, arm);
    }
    for (const struct json *c = json_first(first); c; c = json_next(c)) {
        struct json *objective = json_new_object();

        json_put_string(objective, "name", json_key(c));
        json_push(list, objective);
    }
    json_put_string(target, "kind", "HAProxyBackend");
    json_put_string(target, "name", "simulated");
    json_put(reward, "objectives", list);
    json_put(spec, "arms", arms);
    json_put(spec, "targetRef", target);
    json_put(spec, "reward", reward);
    return spec;
}

static struct bandit_route *make_route(const struct json *j, const struct json *over,
                                       struct error *err)
{
    CLEANUP(json_freep)
    struct json *object = json_new_object();
    struct json *metadata = json_new_object();
    struct json *spec = default_spec(j);

    json_put_string(metadata, "name", "simulated");
    json_put_string(metadata, "namespace", "default");
    json_put_string(object, "apiVersion", ROUTE_API_VERSION);
    json_put_string(object, "kind", ROUTE_KIND);
    json_put(object, "metadata", metadata);
    overlay(spec, json_get(j, "spec"));
    overlay(spec, over);
    json_put(object, "spec", spec);
    return route_from_json(object, err);
}

static bool read_candidates(struct scenario *s, const struct json *j, struct error *err)
{
    static const char *const keys[] = {"name", "spec", NULL};

    for (const struct json *c = json_first(json_get(j, "policies")); c;
         c = json_next(c)) {
        struct candidate *to = &s->candidates[s->candidate_count];

        if (s->candidate_count == POLICIES_MAX)
            return error_set(err, ERR_INVALID, "policies: more than %d", POLICIES_MAX);
        if (!known_keys(c, keys, "policies", err))
            return false;
        (void)snprintf(to->name, sizeof(to->name), "%.63s",
                       json_string(json_get(c, "name"), ""));
        to->route = make_route(j, json_get(c, "spec"), err);
        if (!to->route)
            return error_wrap(err, "policy %s", to->name);
        s->candidate_count++;
    }
    if (!s->candidate_count)
        return error_set(err, ERR_INVALID, "policies: none");
    s->arm_count = s->candidates[0].route->spec.arm_count;
    return true;
}

/* ---- the world -----------------------------------------------------------------------
 */

static int objective_index(const struct route_spec *spec, const char *name)
{
    for (size_t o = 0; o < spec->reward.objective_count; o++)
        if (!strcmp(spec->reward.objectives[o].name, name))
            return (int)o;
    return -1;
}

int scenario_objective(const struct scenario *s, const char *name)
{
    return objective_index(&s->candidates[0].route->spec, name);
}

static bool read_chances(struct scenario *s, const struct json *j, struct error *err)
{
    for (const struct json *c = json_first(json_get(j, "arms")); c; c = json_next(c)) {
        int arm = scenario_arm(s, json_key(c));

        for (const struct json *o = json_first(c); o; o = json_next(o)) {
            int objective = scenario_objective(s, json_key(o));
            double chance = json_number(o, -1);

            if (arm < 0 || objective < 0 || !(chance >= 0 && chance <= 1))
                return error_set(err, ERR_INVALID, "arms.%.63s.%.63s: not a chance",
                                 json_key(c), json_key(o));
            s->chances[arm][objective] = chance;
        }
    }
    return true;
}

static bool read_drift(struct scenario *s, const struct json *j, struct error *err)
{
    for (const struct json *c = json_first(json_get(j, "drift")); c; c = json_next(c)) {
        int arm = scenario_arm(s, json_key(c));

        if (arm < 0)
            return error_set(err, ERR_INVALID, "drift: no arm \"%.63s\"", json_key(c));
        s->drifts[arm].amplitude = json_number(json_get(c, "amplitude"), 0);
        s->drifts[arm].phase = json_number(json_get(c, "phase"), 0);
        if (!scenario_duration(c, "period", &s->drifts[arm].period_ms, err))
            return false;
    }
    return true;
}

static bool read_watch(struct scenario *s, const struct json *j, struct error *err)
{
    const struct json *watch = json_get(j, "watch");

    s->watch_arm = ROUTE_NO_ARM;
    if (!watch)
        return true;
    s->watch_arm = scenario_arm(s, json_string(json_get(watch, "arm"), ""));
    if (s->watch_arm == ROUTE_NO_ARM)
        return error_set(err, ERR_INVALID, "watch.arm: no such arm");
    return scenario_duration(watch, "at", &s->watch_ms, err);
}

static bool read_expectation(struct scenario *s, const struct json *j, struct error *err)
{
    struct expectation *e = &s->expectations[s->expectation_count];
    const char *name = json_string(json_get(j, "policy"), "");

    if (s->expectation_count == EXPECTATIONS_MAX)
        return error_set(err, ERR_INVALID, "expect: more than %d", EXPECTATIONS_MAX);
    for (e->candidate = 0; e->candidate < s->candidate_count; e->candidate++)
        if (!strcmp(s->candidates[e->candidate].name, name))
            break;
    if (e->candidate == s->candidate_count)
        return error_set(err, ERR_INVALID, "expect: no policy \"%.63s\"", name);
    e->rate = json_number(json_get(j, "rate"), NAN);
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        e->bounds[m] = json_number(json_get(j, measure_name((enum measure)m)), NAN);
    s->expectation_count++;
    return true;
}

static bool read_expectations(struct scenario *s, const struct json *j, struct error *err)
{
    for (const struct json *c = json_first(json_get(j, "expect")); c; c = json_next(c))
        if (!read_expectation(s, c, err))
            return false;
    return true;
}

static bool read_all(struct scenario *s, const struct json *j, struct error *err)
{
    return read_head(s, j, err) && read_rates(s, j, err) && read_candidates(s, j, err) &&
           read_chances(s, j, err) && read_drift(s, j, err) &&
           happenings_read(s, json_get(j, "happenings"), err) && read_watch(s, j, err) &&
           read_expectations(s, j, err);
}

struct scenario *scenario_read(const char *path, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    CLEANUP(scenario_freep)
    struct scenario *s = mem_alloc(1, sizeof(*s));
    CLEANUP(json_freep)
    struct json *j = NULL;

    if (!file_read(path, &text, err))
        return NULL;
    j = yaml_parse_one(buf_str(&text), text.len, err);
    if (!j || !read_all(s, j, err)) {
        (void)error_wrap(err, "%s", path);
        return NULL;
    }
    return STEAL(s);
}

void scenario_free(struct scenario *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->candidate_count; i++)
        route_free(s->candidates[i].route);
    free(s);
}
