/* SPDX-License-Identifier: Apache-2.0 */
/* Where a route's arms are in an object, and the patch that moves their weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rounding.h"
#include "dataplane/split.h"

enum { RULES_MAX = 64, POINTER_MAX = 160 };

/* A rule with one backend for each arm. */
struct place {
    const struct split_rule *rule;
    size_t rule_index;
    size_t at[ROUTE_ARMS_MAX]; /* index of the arm's backend */
};

struct places {
    struct place list[RULES_MAX];
    size_t count;
};

/* ---- finding the arms ----------------------------------------------------------------
 */

static bool serves(const struct split_backend *b, const struct bandit_route *r,
                   const struct route_arm *arm)
{
    const char *namespace = *arm->namespace ? arm->namespace : r->namespace;

    return strcmp(b->service, arm->service) == 0 &&
           strcmp(b->namespace, namespace) == 0 &&
           (!arm->port || !b->port || b->port == arm->port) &&
           (!*arm->subset || strcmp(b->subset, arm->subset) == 0);
}

static bool taken(const struct place *p, size_t arms, size_t backend)
{
    for (size_t i = 0; i < arms; i++)
        if (p->at[i] == backend)
            return true;
    return false;
}

static bool place_arm(const struct bandit_route *r, struct place *p, size_t arm,
                      struct error *err)
{
    const struct route_arm *a = &r->spec.arms[arm];
    size_t found = 0;

    for (size_t i = 0; i < p->rule->count; i++) {
        if (!serves(&p->rule->backends[i], r, a))
            continue;
        if (taken(p, arm, i))
            return error_set(err, ERR_INVALID, "arm %s has the backend of another arm",
                             a->name);
        p->at[arm] = i;
        found++;
    }
    if (found > 1)
        return error_set(err, ERR_INVALID,
                         "arm %s has %zu backends in it: state its port or subset",
                         a->name, found);
    return found ||
           error_set(err, ERR_INVALID, "no backend for arm %s (Service %s/%s%s%s)",
                     a->name, *a->namespace ? a->namespace : r->namespace, a->service,
                     *a->subset ? ", subset " : "", a->subset);
}

/* The arms that could be placed; all of them: the rule is one of ours. */
static size_t place_arms(const struct bandit_route *r, struct place *p, struct error *err)
{
    size_t n = 0;

    while (n < r->spec.arm_count && place_arm(r, p, n, err))
        n++;
    return n;
}

/* What else a rule of ours sends traffic to would lose or win share with every decision.
 */
static bool has_strangers(const struct bandit_route *r, const struct place *p,
                          struct error *err)
{
    for (size_t i = 0; i < p->rule->count; i++) {
        const struct split_backend *b = &p->rule->backends[i];

        if (b->weight > 0 && !taken(p, r->spec.arm_count, i))
            return !error_set(err, ERR_INVALID,
                              "rule %zu sends traffic to %s, which is no arm: make it "
                              "one, or give it weight 0",
                              p->rule_index, b->host);
    }
    return false;
}

/* Every rule that is ours. Without any, the error is that of the one that came nearest.
 */
static bool find(const struct split *s, const struct bandit_route *r, struct places *out,
                 struct error *err)
{
    const char *name = r->spec.target.rule;
    size_t nearest = 0;

    (void)error_set(err, ERR_INVALID, *name ? "no rule of that name" : "no rule");
    out->count = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct place *p = &out->list[out->count];
        struct error why;
        size_t n;

        if (*name && strcmp(s->rules[i].name, name) != 0)
            continue;
        *p = (struct place){.rule = &s->rules[i], .rule_index = i};
        n = place_arms(r, p, &why);
        if (n < r->spec.arm_count) {
            if (!nearest || n >= nearest) {
                *err = why;
                (void)error_wrap(err, "rule %zu", i);
            }
            nearest = n > nearest ? n : nearest;
        } else if (has_strangers(r, p, err)) {
            return false;
        } else if (++out->count == RULES_MAX) {
            return error_set(err, ERR_INVALID, "%d rules and more with all arms",
                             RULES_MAX);
        }
    }
    return out->count > 0;
}

static bool is_rule_of(const struct split_rule *rule, const struct bandit_route *r)
{
    const char *name = r->spec.target.rule;
    struct place p = {.rule = rule};
    struct error ignored;

    return (!*name || strcmp(rule->name, name) == 0) &&
           place_arms(r, &p, &ignored) == r->spec.arm_count;
}

bool split_overlap(const struct split *s, const struct bandit_route *a,
                   const struct bandit_route *b)
{
    for (size_t i = 0; i < s->count; i++)
        if (is_rule_of(&s->rules[i], a) && is_rule_of(&s->rules[i], b))
            return true;
    return false;
}

/* ---- what is in force ----------------------------------------------------------------
 */

static double share_of(const struct place *p, const struct bandit_route *r, size_t arm)
{
    double sum = 0;

    for (size_t i = 0; i < r->spec.arm_count; i++)
        sum += (double)p->rule->backends[p->at[i]].weight;
    return sum > 0 ? (double)p->rule->backends[p->at[arm]].weight / sum : 0;
}

bool split_report(const struct split_kind *kind, const struct split *s,
                  const struct bandit_route *r, struct dataplane_report *report,
                  struct error *err)
{
    struct places places;

    if (!find(s, r, &places, err))
        return error_wrap(err, "%s %s/%s", kind->kind, r->namespace, r->spec.target.name);
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        report->arms[i].applied = share_of(&places.list[0], r, i);
        for (size_t p = 1; p < places.count; p++)
            if (!(fabs(share_of(&places.list[p], r, i) - report->arms[i].applied) <
                  0.1 / kind->units))
                report->arms[i].applied = NAN;
    }
    report->units = kind->units;
    report->trouble = s->trouble;
    (void)snprintf(report->message, sizeof(report->message), "%s",
                   s->message ? s->message : "");
    return true;
}

/* ---- what is to be in force ----------------------------------------------------------
 */

static void add_operation(struct json *patch, const char *op, const char *path,
                          struct json *value)
{
    struct json *o = json_new_object();

    json_put_string(o, "op", op);
    json_put_string(o, "path", path);
    json_put(o, "value", value);
    json_push(patch, o);
}

static void add_test(struct json *patch, const struct split_kind *kind,
                     const struct place *p, size_t arm)
{
    char pointer[POINTER_MAX];

    (void)snprintf(pointer, sizeof(pointer), "/spec/%s/%zu/%s/%zu/%s", kind->rules,
                   p->rule_index, kind->backends, p->at[arm], kind->host);
    add_operation(patch, "test", pointer,
                  json_new_string(p->rule->backends[p->at[arm]].host));
}

/* "add" replaces a member that is there. */
static void add_weight(struct json *patch, const struct split_kind *kind,
                       const struct place *p, size_t arm, uint32_t weight)
{
    char pointer[POINTER_MAX];

    (void)snprintf(pointer, sizeof(pointer), "/spec/%s/%zu/%s/%zu/weight", kind->rules,
                   p->rule_index, kind->backends, p->at[arm]);
    add_operation(patch, "add", pointer, json_new_number(weight));
}

struct json *split_patch(const struct split_kind *kind, const struct split *s,
                         const struct bandit_route *r, const double *weights,
                         size_t *changes, struct error *err)
{
    size_t n = r->spec.arm_count;
    uint32_t units[ROUTE_ARMS_MAX];
    struct places places;
    struct json *patch;

    if (!rounding_units(weights, n, kind->units, units)) {
        (void)error_set(err, ERR_INVALID, "weights that share nothing out");
        return NULL;
    }
    if (!find(s, r, &places, err)) {
        (void)error_wrap(err, "%s %s/%s", kind->kind, r->namespace, r->spec.target.name);
        return NULL;
    }
    patch = json_new_array();
    *changes = 0;
    if (s->generation)
        add_operation(patch, "test", "/metadata/generation",
                      json_new_number((double)s->generation));
    for (size_t p = 0; p < places.count; p++)
        for (size_t i = 0; i < n; i++)
            add_test(patch, kind, &places.list[p], i);
    for (size_t p = 0; p < places.count; p++)
        for (size_t i = 0; i < n; i++) {
            const struct place *place = &places.list[p];

            if (place->rule->backends[place->at[i]].weight == units[i])
                continue;
            add_weight(patch, kind, place, i, units[i]);
            ++*changes;
        }
    return patch;
}
