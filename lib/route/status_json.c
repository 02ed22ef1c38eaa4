/* SPDX-License-Identifier: Apache-2.0 */
/* The status in Kubernetes' style, and back. Reading never fails for what a status holds:
 * the object must not be lost with it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/route_json.h"
#include "route/route_names.h"
#include "route/route_records.h"

#include "base/text.h"

/* ---- writing --------------------------------------------------------------------- */

static struct json *write_objectives(const struct bandit_route *r, size_t arm)
{
    const struct route_reward *reward = &r->spec.reward;
    struct json *list = json_new_array();

    for (size_t o = 0; o < reward->objective_count; o++) {
        struct json *item = json_new_object();
        struct json *values = record_write(
            &objective_status_record,
            &r->status.objectives[arm * reward->objective_count + o], &r->spec);

        json_put_string(item, "name", reward->objectives[o].name);
        for (const struct json *c = json_first(values); c; c = json_next(c))
            json_put(item, json_key(c), json_copy(c));
        json_free(values);
        json_push(list, item);
    }
    return list;
}

static struct json *write_arms(const struct bandit_route *r)
{
    struct json *list = json_new_array();

    for (size_t i = 0; i < r->spec.arm_count; i++) {
        struct json *arm = record_write(&arm_status_record, &r->status.arms[i], &r->spec);

        json_put(arm, "objectives", write_objectives(r, i));
        json_push(list, arm);
    }
    return list;
}

static struct json *write_conditions(const struct bandit_route *r)
{
    struct json *list = json_new_array();

    for (int i = 0; i < CONDITION_COUNT; i++) {
        struct json *values;
        struct json *item;

        if (!r->status.conditions[i].since_ms) /* nothing was ever found out */
            continue;
        item = json_new_object();
        values = record_write(&condition_record, &r->status.conditions[i], &r->spec);
        json_put_string(item, "type", route_condition_names[i]);
        json_put_string(item, "message", ""); /* Kubernetes wants it there */
        for (const struct json *c = json_first(values); c; c = json_next(c))
            json_put(item, json_key(c), json_copy(c));
        json_free(values);
        json_push(list, item);
    }
    return list;
}

static void put_percent(struct json *object, const char *key, double ratio)
{
    char text[32];

    if (!isfinite(ratio))
        return;
    (void)snprintf(text, sizeof(text), "%.1f%%", 100 * ratio);
    json_put_string(object, key, text);
}

/* For the columns of `kubectl get`, which can neither look up the leader nor round.
 * Written only: it follows from the rest. */
static struct json *write_summary(const struct bandit_route *r)
{
    CLEANUP(buf_clear)
    struct buf weights = BUF_INIT(2048);
    const struct route_status *s = &r->status;
    struct json *summary = json_new_object();

    if (s->leader != ROUTE_NO_ARM) {
        char reward[32];

        put_percent(summary, "weight", s->arms[s->leader].desired);
        (void)snprintf(reward, sizeof(reward), "%.4f", s->arms[s->leader].reward_ema);
        if (isfinite(s->arms[s->leader].reward_ema))
            json_put_string(summary, "reward", reward);
    }
    for (size_t i = 0; i < r->spec.arm_count; i++)
        buf_printf(&weights, "%s%s=%.1f%%", i ? " " : "", s->arms[i].name,
                   100 * s->arms[i].desired);
    json_put_string(summary, "weights", buf_str(&weights));
    return summary;
}

struct json *route_status_to_json(const struct bandit_route *r)
{
    struct json *status = record_write(&status_record, &r->status, &r->spec);

    if (!r->status.arms)
        return status;
    if (r->status.leader != ROUTE_NO_ARM)
        json_put_string(status, "leader", r->spec.arms[r->status.leader].name);
    json_put(status, "summary", write_summary(r));
    json_put(status, "arms", write_arms(r));
    json_put(status, "conditions", write_conditions(r));
    return status;
}

/* ---- reading --------------------------------------------------------------------- */

static const struct json *find_named(const struct json *list, const char *key,
                                     const char *name)
{
    for (const struct json *c = json_first(list); c; c = json_next(c))
        if (!strcmp(json_string(json_get(c, key), ""), name))
            return c;
    return NULL;
}

/* Read leniently: cannot fail, and what does not fit is not known. */
static void read_lenient(const struct record *record, const struct json *object, void *to,
                         const struct route_spec *spec)
{
    struct error ignored;
    struct reading r = {.spec = spec, .lenient = true, .err = &ignored};

    (void)record_read(record, object, to, NULL, &r);
}

static void read_arm(struct bandit_route *r, size_t i, const struct json *arm)
{
    const struct route_reward *reward = &r->spec.reward;
    struct route_arm_status *to = &r->status.arms[i];

    *to = (struct route_arm_status){.state = ARM_WARMUP};
    read_lenient(&arm_status_record, arm, to, &r->spec);
    memcpy(to->name, r->spec.arms[i].name, sizeof(to->name));
    for (size_t o = 0; o < reward->objective_count; o++)
        read_lenient(
            &objective_status_record,
            find_named(json_get(arm, "objectives"), "name", reward->objectives[o].name),
            &r->status.objectives[i * reward->objective_count + o], &r->spec);
}

/* Desired weights must sum to one whatever was read: arms that are new, or whose weight
 * was damaged, begin at the floor, and the others share what is left as they did. */
static void settle_weights(struct bandit_route *r)
{
    struct route_arm_status *arms = r->status.arms;
    size_t count = r->spec.arm_count;
    double floor = r->spec.guardrails.min_weight;
    double known = 0;
    double left = 1;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(arms[i].desired))
            known += arms[i].desired;
        else
            left -= floor;
    }
    for (size_t i = 0; i < count; i++) {
        if (known <= 0) /* nothing to go by */
            arms[i].desired = 1.0 / (double)count;
        else if (!isfinite(arms[i].desired))
            arms[i].desired = floor;
        else if (fabs(known - left) >
                 1e-9) /* a whole status stays as it was, to the bit */
            arms[i].desired *= left / known;
    }
}

bool route_status_from_json(struct bandit_route *r, const struct json *status,
                            struct error *err)
{
    const struct json *conditions = json_get(status, "conditions");

    route_status_clear(&r->status);
    route_status_init(&r->status, &r->spec);
    if (!status)
        return true;
    if (!json_is(status, JSON_OBJECT))
        return error_set(err, ERR_INVALID, "status: expected an object, not %s",
                         json_type_name(json_type(status)));
    read_lenient(&status_record, status, &r->status, &r->spec);
    r->status.leader =
        route_arm_index(&r->spec, json_string(json_get(status, "leader"), ""));
    for (size_t i = 0; i < r->spec.arm_count; i++)
        read_arm(r, i,
                 find_named(json_get(status, "arms"), "name", r->spec.arms[i].name));
    settle_weights(r);
    for (int i = 0; i < CONDITION_COUNT; i++)
        read_lenient(&condition_record,
                     find_named(conditions, "type", route_condition_names[i]),
                     &r->status.conditions[i], &r->spec);
    return true;
}
