/* SPDX-License-Identifier: Apache-2.0 */
/* What no single field can tell. Each rule stands here in C and, for the API server, in
 * CEL; tests/integration/route_schema.py holds both against the same objects. */
#include <string.h>

#include "base/number.h"
#include "route/route_names.h"
#include "route/route_records.h"

static const double ROUNDING = 1e-9; /* three times 1/3 is one */

/* ---- target ---------------------------------------------------------------------- */

static bool group_fits_kind(const void *value, const struct place *at, struct reading *r)
{
    const struct route_target *t = value;
    const char *group = route_target_group(t->kind);
    struct place here = {.parent = at, .key = "group"};

    if (!strcmp(t->group, group))
        return true;
    return place_fail(&here, r, "\"%s\" is not the group of %s, \"%s\" is", t->group,
                      t->kind, group);
}

static bool only_objects_have_templates(const void *value, const struct place *at,
                                        struct reading *r)
{
    const struct route_target *t = value;
    struct place here = {.parent = at, .key = "template"};

    return !t->template.set || *route_target_group(t->kind) ||
           place_fail(&here, r, "%s is not made from a template", t->kind);
}

#define FIXED "cannot be changed: delete the BanditRoute and make another"

/* clang-format off */
const struct rule target_rules[] = {
    {.cel = "!has(self.group) || self.group == "
            "{'HTTPRoute': 'gateway.networking.k8s.io', "
            "'VirtualService': 'networking.istio.io', 'HAProxyBackend': ''}[self.kind]",
     .check = group_fits_kind,
     .message = "not the group of this kind",
     .field = ".group"},
    {.cel = "!has(self.template) || self.kind != 'HAProxyBackend'",
     .check = only_objects_have_templates,
     .message = "not made from a template",
     .field = ".template"},
    /* Of a change of these nobody would tell the target that was: it would keep its last
     * weights for ever, whatever onDelete says. In a folder there is no object before. */
    {.cel = "self.kind == oldSelf.kind",
     .message = FIXED, .field = ".kind"},
    {.cel = "self.name == oldSelf.name",
     .message = FIXED, .field = ".name"},
    {.cel = "has(self.template) == has(oldSelf.template)",
     .message = FIXED, .field = ".template"},
    {.cel = NULL},
};
/* clang-format on */

/* ---- policy ---------------------------------------------------------------------- */

static bool decay_ends_below_start(const void *value, const struct place *at,
                                   struct reading *r)
{
    const struct route_policy *p = value;
    struct place here = {.parent = at, .key = "epsilonMin"};

    if (p->epsilon_decay <= 0 || p->epsilon_min <= p->epsilon)
        return true;
    return place_fail(&here, r, "must not be above epsilon");
}

/* clang-format off */
const struct rule policy_rules[] = {
    {.cel = "self.epsilonDecay <= 0.0 || self.epsilonMin <= self.epsilon",
     .check = decay_ends_below_start,
     .message = "must not be above epsilon",
     .field = ".epsilonMin"},
    {.cel = NULL},
};
/* clang-format on */

/* ---- reward ---------------------------------------------------------------------- */

static bool an_objective_has_weight(const void *value, const struct place *at,
                                    struct reading *r)
{
    const struct route_reward *reward = value;
    struct place here = {.parent = at, .key = "objectives"};

    for (size_t i = 0; i < reward->objective_count; i++)
        if (reward->objectives[i].weight > 0)
            return true;
    return place_fail(&here, r, "no objective has a weight above 0");
}

/* clang-format off */
const struct rule reward_rules[] = {
    {.cel = "self.objectives.exists(o, o.weight > 0.0)",
     .check = an_objective_has_weight,
     .message = "no objective has a weight above 0",
     .field = ".objectives"},
    {.cel = NULL},
};
/* clang-format on */

/* ---- guardrails ------------------------------------------------------------------ */

static bool floor_is_below_ceiling(const void *value, const struct place *at,
                                   struct reading *r)
{
    const struct route_guardrails *g = value;
    struct place here = {.parent = at, .key = "minWeight"};

    return g->min_weight <= g->max_weight ||
           place_fail(&here, r, "must not be above maxWeight");
}

/* clang-format off */
const struct rule guardrail_rules[] = {
    {.cel = "self.minWeight <= self.maxWeight",
     .check = floor_is_below_ceiling,
     .message = "must not be above maxWeight",
     .field = ".minWeight"},
    {.cel = NULL},
};
/* clang-format on */

/* ---- pin ------------------------------------------------------------------------- */

static bool a_pin_sends_traffic_somewhere(const void *value, const struct place *at,
                                          struct reading *r)
{
    const struct route_pin *pin = value;
    struct place here = {.parent = at, .key = "weights"};

    for (size_t i = 0; i < ROUTE_ARMS_MAX; i++)
        if (pin->weights[i] > 0)
            return true;
    return place_fail(&here, r, "no arm has a weight above 0");
}

/* clang-format off */
const struct rule pin_rules[] = {
    {.cel = "self.weights.exists(arm, self.weights[arm] > 0.0)",
     .check = a_pin_sends_traffic_somewhere,
     .message = "no arm has a weight above 0",
     .field = ".weights"},
    {.cel = NULL},
};
/* clang-format on */

/* ---- spec ------------------------------------------------------------------------ */

static bool bounds_leave_room(const void *value, const struct place *at,
                              struct reading *r)
{
    const struct route_spec *spec = value;
    const struct route_guardrails *g = &spec->guardrails;
    double arms = (double)spec->arm_count;
    struct place guardrails = {.parent = at, .key = "guardrails"};
    struct place low = {.parent = &guardrails, .key = "minWeight"};
    struct place high = {.parent = &guardrails, .key = "maxWeight"};
    char text[NUMBER_MAX];

    if (g->min_weight * arms > 1 + ROUNDING) {
        (void)number_format(g->min_weight, text);
        return place_fail(&low, r, "%zu arms with at least %s each pass 1",
                          spec->arm_count, text);
    }
    if (g->max_weight * arms < 1 - ROUNDING) {
        (void)number_format(g->max_weight, text);
        return place_fail(&high, r, "%zu arms with at most %s each do not reach 1",
                          spec->arm_count, text);
    }
    return true;
}

/* A backend of an HTTPRoute that is a Service needs one. */
static bool templates_know_ports(const void *value, const struct place *at,
                                 struct reading *r)
{
    const struct route_spec *spec = value;
    struct place here = {.parent = at, .key = "arms"};

    if (!spec->target.template.set || strcmp(spec->target.kind, "HTTPRoute") != 0)
        return true;
    for (size_t i = 0; i < spec->arm_count; i++)
        if (!spec->arms[i].port)
            return place_fail(&here, r,
                              "%s states no backend.port, which targetRef.template needs",
                              spec->arms[i].name);
    return true;
}

/* clang-format off */
const struct rule spec_rules[] = {
    {.cel = "!has(self.baseline) || self.arms.exists(a, a.name == self.baseline)",
     .message = "not an arm",
     .field = ".baseline"},
    {.cel = "!has(self.pin) || self.pin.weights.all(arm, "
            "self.arms.exists(a, a.name == arm))",
     .message = "names something that is not an arm",
     .field = ".pin.weights"},
    {.cel = "self.guardrails.minWeight * double(self.arms.size()) <= 1.000000001",
     .check = bounds_leave_room,
     .message = "so much for each arm passes 1",
     .field = ".guardrails.minWeight"},
    {.cel = "self.guardrails.maxWeight * double(self.arms.size()) >= 0.999999999",
     .message = "so little for each arm does not reach 1", /* checked above */
     .field = ".guardrails.maxWeight"},
    {.cel = "!has(self.targetRef.template) || self.targetRef.kind != 'HTTPRoute' || "
            "self.arms.all(a, has(a.backend) && has(a.backend.port))",
     .check = templates_know_ports,
     .message = "targetRef.template needs the backend.port of every arm",
     .field = ".arms"},
    {.cel = NULL},
};
/* clang-format on */
