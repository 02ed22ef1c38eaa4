/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/play.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "route/route_json.h"

/* ---- the policy ----------------------------------------------------------------------
 */

static struct json *value_of(const char *text)
{
    struct error ignored;
    double v;

    if (text_to_double(text, &v, &ignored) && isfinite(v))
        return json_new_number(v);
    return json_new_string(text);
}

/* A copy of the object's member, or an empty object: to be changed and put back. */
static struct json *member(const struct json *object, const char *key)
{
    const struct json *found = json_get(object, key);

    return found ? json_copy(found) : json_new_object();
}

/* "field=value" into the policy, "part.field=value" into that part. */
static bool set_field(struct json *spec, struct json *policy, char *field,
                      struct error *err)
{
    char *value = strchr(field, '=');
    char *dot = strchr(field, '.');

    if (!value || value == field)
        return error_set(err, ERR_INVALID, "\"%.60s\" is not FIELD=VALUE", field);
    *value++ = '\0';
    if (dot && dot < value - 1) {
        struct json *part;

        *dot++ = '\0';
        part = member(spec, field);
        if (!json_is(part, JSON_OBJECT)) {
            json_free(part);
            return error_set(err, ERR_INVALID, "spec.%.60s has no fields", field);
        }
        json_put(part, dot, value_of(value));
        json_put(spec, field, part);
    } else {
        json_put(policy, field, value_of(value));
    }
    return true;
}

static bool change_spec(struct json *spec, const char *change, struct error *err)
{
    CLEANUP(mem_freep)
    char *text = mem_strdup(change);
    CLEANUP(json_freep)
    struct json *policy = json_new_object();
    char *fields = strchr(text, ':');
    bool ok = true;

    if (fields)
        *fields++ = '\0';
    json_put_string(policy, "type", text);
    while (ok && fields && *fields) {
        char *next = strchr(fields, ',');

        if (next)
            *next++ = '\0';
        ok = set_field(spec, policy, fields, err);
        fields = next;
    }
    if (ok)
        json_put(spec, "policy", STEAL(policy));
    return ok;
}

static struct bandit_route *read_back(const struct bandit_route *route, struct json *spec,
                                      struct error *err)
{
    CLEANUP(json_freep)
    struct json *object = json_new_object();
    struct json *metadata = json_new_object();

    json_put_string(object, "apiVersion", ROUTE_API_VERSION);
    json_put_string(object, "kind", ROUTE_KIND);
    json_put_string(metadata, "namespace", route->namespace);
    json_put_string(metadata, "name", route->name);
    json_put(object, "metadata", metadata);
    json_put(object, "spec", spec);
    return route_from_json(object, err);
}

bool play_init(struct play *p, const struct bandit_route *route, const char *change,
               struct error *err)
{
    struct json *spec = route_spec_to_json(&route->spec);

    *p = (struct play){.arm_count = route->spec.arm_count};
    /* Whatever mode the route is in, what would its policy have done? */
    json_remove(spec, "mode");
    json_remove(spec, "pin");
    (void)snprintf(p->name, sizeof(p->name), "%s", change ? change : "as configured");
    if (change && !change_spec(spec, change, err)) {
        json_free(spec);
        return error_wrap(err, "policy \"%.80s\"", change);
    }
    p->route = read_back(route, spec, err);
    return p->route || error_wrap(err, "policy \"%.80s\"", p->name);
}

void play_clear(struct play *p)
{
    route_free(p->route);
    free(p->weights);
    free(p->leaders);
    free(p->rewards);
    free(p->samples);
    *p = (struct play){.count = 0};
}

/* ---- running -------------------------------------------------------------------------
 */

static void note(struct play *p, size_t frame, const struct decision *d)
{
    size_t at = frame * p->arm_count;

    p->leaders[frame] = d->status.leader;
    p->held += d->verdict == VERDICT_HELD;
    if (frame && p->leaders[frame - 1] != ROUTE_NO_ARM)
        p->changes += p->leaders[frame] != p->leaders[frame - 1];
    for (size_t i = 0; i < p->arm_count; i++) {
        bool known = d->verdict != VERDICT_HELD;

        p->weights[at + i] = d->weights[i];
        p->rewards[at + i] = known ? d->status.arms[i].reward : (double)NAN;
        p->samples[at + i] = known ? d->status.arms[i].samples : 0;
    }
}

void play_run(struct play *p, const struct tape *t)
{
    struct route_status status = {.arms = NULL};
    struct decision d = {.write = false};
    size_t cells = t->count * p->arm_count;

    p->count = t->count;
    p->weights = mem_alloc(cells, sizeof(*p->weights));
    p->rewards = mem_alloc(cells, sizeof(*p->rewards));
    p->samples = mem_alloc(cells, sizeof(*p->samples));
    p->leaders = mem_alloc(t->count, sizeof(*p->leaders));
    route_status_init(&status, &p->route->spec);
    for (size_t f = 0; f < t->count; f++) {
        struct observation seen = t->frames[f].seen;

        for (size_t i = 0; i < p->arm_count; i++)
            seen.arms[i].applied = status.arms[i].desired;
        core_decide(&p->route->spec, &status, &seen, 1, t->frames[f].time_ms, &d);
        note(p, f, &d);
        decision_accept(&d, &status);
    }
    decision_clear(&d);
    route_status_clear(&status);
}
