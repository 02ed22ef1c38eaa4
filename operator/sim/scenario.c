/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "route/route_json.h"
#include "sim/fields.h"
#include "sim/parts.h"
#include "json/yaml.h"

int scenario_arm(const struct scenario *s, const char *name)
{
    return route_arm_index(&s->candidates[0].route->spec, name);
}

static bool read_load(struct scenario *s, const struct json *load, struct error *err)
{
    static const char *const keys[] = {"strength", "capacity", NULL};

    s->settings.load_capacity = 1;
    return fields_known(load, keys, "load", err) &&
           fields_number(load, "strength", 0, 1000, &s->settings.load_strength, err) &&
           fields_number(load, "capacity", 1e-6, 1000, &s->settings.load_capacity, err);
}

static bool read_labels(struct scenario *s, const struct json *labels, struct error *err)
{
    static const char *const keys[] = {"delay", "share", NULL};

    s->settings.has_labels = labels != NULL;
    s->settings.label_share = 1;
    return fields_known(labels, keys, "labels", err) &&
           fields_duration(labels, "delay", &s->settings.label_delay_ms, err) &&
           fields_number(labels, "share", 0, 1, &s->settings.label_share, err);
}

static bool read_head(struct scenario *s, const struct json *j, struct error *err)
{
    static const char *const keys[] = {
        "name", "about",    "duration",       "scrape", "rates",      "arms",
        "load", "labels",   "missingScrapes", "drift",  "happenings", "watch",
        "spec", "policies", "expect",         NULL};

    s->duration_ms = 24 * 3600000;
    s->settings.scrape_ms = 15000;
    if (!fields_known(j, keys, "scenario", err) ||
        !fields_text(j, "name", s->name, sizeof(s->name), err) ||
        !fields_text(j, "about", s->about, sizeof(s->about), err) ||
        !fields_duration(j, "duration", &s->duration_ms, err) ||
        !fields_duration(j, "scrape", &s->settings.scrape_ms, err) ||
        !fields_number(j, "missingScrapes", 0, 1, &s->settings.missing_scrapes, err) ||
        !read_load(s, json_get(j, "load"), err) ||
        !read_labels(s, json_get(j, "labels"), err))
        return false;
    return (s->settings.scrape_ms >= 100 && s->duration_ms >= s->settings.scrape_ms) ||
           error_set(err, ERR_INVALID, "scrape and duration are too short");
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
    if (!fields_mapping(json_get(j, "spec"), "spec", err) ||
        !fields_mapping(over, "spec", err)) {
        json_free(spec);
        return NULL;
    }
    overlay(spec, json_get(j, "spec"));
    overlay(spec, over);
    json_put(object, "spec", spec);
    return route_from_json(object, err);
}

/* Chances are of an arm and an objective by their place. */
static bool same_shape(const struct route_spec *a, const struct route_spec *b)
{
    bool same = a->arm_count == b->arm_count &&
                a->reward.objective_count == b->reward.objective_count;

    for (size_t i = 0; same && i < a->arm_count; i++)
        same = !strcmp(a->arms[i].name, b->arms[i].name);
    for (size_t o = 0; same && o < a->reward.objective_count; o++)
        same = !strcmp(a->reward.objectives[o].name, b->reward.objectives[o].name);
    return same;
}

static bool is_named(const struct scenario *s, const char *name)
{
    for (size_t i = 0; i < s->candidate_count; i++)
        if (!strcmp(s->candidates[i].name, name))
            return true;
    return false;
}

static bool read_candidate(struct scenario *s, const struct json *j,
                           const struct json *policy, struct error *err)
{
    static const char *const keys[] = {"name", "spec", NULL};
    struct candidate *to = &s->candidates[s->candidate_count];
    char name[sizeof(to->name)];

    if (s->candidate_count == POLICIES_MAX)
        return error_set(err, ERR_INVALID, "more than %d", POLICIES_MAX);
    if (!fields_known(policy, keys, "one", err) ||
        !fields_text(policy, "name", name, sizeof(name), err))
        return false;
    if (is_named(s, name))
        return error_set(err, ERR_INVALID, "two are called %s", name);
    to->route = make_route(j, json_get(policy, "spec"), err);
    if (!to->route)
        return error_wrap(err, "%s", name);
    memcpy(to->name, name, sizeof(name));
    s->candidate_count++;
    return same_shape(&to->route->spec, &s->candidates[0].route->spec) ||
           error_set(err, ERR_INVALID, "%s: other arms or objectives than the first",
                     name);
}

static bool read_candidates(struct scenario *s, const struct json *j, struct error *err)
{
    const struct json *list = json_get(j, "policies");

    if (!fields_list(list, "policies", err))
        return false;
    for (const struct json *c = json_first(list); c; c = json_next(c))
        if (!read_candidate(s, j, c, err))
            return error_wrap(err, "policies");
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
    size_t objectives = s->candidates[0].route->spec.reward.objective_count;

    for (const struct json *c = json_first(json_get(j, "arms")); c; c = json_next(c)) {
        int arm = scenario_arm(s, json_key(c));

        if (json_count(c) != objectives)
            return error_set(err, ERR_INVALID, "arms.%.63s: a chance of each objective",
                             json_key(c));

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
    static const char *const keys[] = {"amplitude", "phase", "period", NULL};

    if (!fields_mapping(json_get(j, "drift"), "drift", err))
        return false;
    for (const struct json *c = json_first(json_get(j, "drift")); c; c = json_next(c)) {
        int arm = scenario_arm(s, json_key(c));
        struct drift *d = &s->drifts[arm < 0 ? 0 : arm];

        if (arm < 0)
            return error_set(err, ERR_INVALID, "drift: no arm \"%.63s\"", json_key(c));
        if (!fields_known(c, keys, "drift", err) ||
            !fields_number(c, "amplitude", -1, 1, &d->amplitude, err) ||
            !fields_number(c, "phase", 0, 1, &d->phase, err) ||
            !fields_duration(c, "period", &d->period_ms, err))
            return false;
        if (!d->period_ms)
            return error_set(err, ERR_INVALID, "drift of %s: no period", json_key(c));
    }
    return true;
}

static bool read_watch(struct scenario *s, const struct json *j, struct error *err)
{
    static const char *const keys[] = {"arm", "at", NULL};
    const struct json *watch = json_get(j, "watch");

    s->watch_arm = ROUTE_NO_ARM;
    if (!watch)
        return true;
    if (!fields_known(watch, keys, "watch", err))
        return false;
    s->watch_arm = scenario_arm(s, json_string(json_get(watch, "arm"), ""));
    if (s->watch_arm == ROUTE_NO_ARM)
        return error_set(err, ERR_INVALID, "watch.arm: no such arm");
    return fields_duration(watch, "at", &s->watch_ms, err);
}

static bool read_all(struct scenario *s, const struct json *j, struct error *err)
{
    return read_head(s, j, err) && read_rates(s, j, err) && read_candidates(s, j, err) &&
           read_chances(s, j, err) && read_drift(s, j, err) &&
           happenings_read(s, json_get(j, "happenings"), err) && read_watch(s, j, err) &&
           expectations_read(s, json_get(j, "expect"), err);
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
