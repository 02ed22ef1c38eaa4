/* SPDX-License-Identifier: Apache-2.0 */
/* What a user may write, field by field. The API's schema and docs/banditroute.md are
 * made from these tables. */
#include <math.h>
#include <string.h>

#include "route/route_names.h"
#include "route/route_records.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };

/* clang-format off */

/* ---- arms ------------------------------------------------------------------------ */

static const struct field backend_fields[] = {
    {"service", FIELD_LABEL, FIELD_AT(struct route_arm, service),
     .help = "The service that serves the arm; by default the one of the arm's name."},
    {"port", FIELD_INT, FIELD_AT(struct route_arm, port), .low = 1, .high = 65535,
     .help = "Its port. Left out, the backend is known by the service's name alone."},
    {"namespace", FIELD_LABEL, FIELD_AT(struct route_arm, namespace),
     .help = "Where the service is; by default in the BanditRoute's namespace. Another "
             "one has to permit it (ReferenceGrant)."},
    {"subset", FIELD_LABEL, FIELD_AT(struct route_arm, subset),
     .help = "VirtualService: the subset of the service, as its DestinationRule names "
             "it, where arms share a service."},
    {.name = NULL},
};

static const struct record backend_record = {"backend", backend_fields, NULL, NULL};

static const struct field arm_fields[] = {
    {"name", FIELD_LABEL, FIELD_AT(struct route_arm, name), .required = true,
     .help =
         "The arm's name: the label `arm` of every metric, and the name of the server "
         "in an HAProxy backend."},
    {"backend", FIELD_OBJECT, .record = &backend_record,
     .help = "Where the data plane finds the arm."},
    {.name = NULL},
};

static void settle_arm(void *value)
{
    struct route_arm *arm = value;

    if (!arm->service[0])
        memcpy(arm->service, arm->name, sizeof(arm->service));
}

static const struct record arm_record = {"arm", arm_fields, NULL, settle_arm};

/* ---- target ---------------------------------------------------------------------- */

static const struct field gateway_fields[] = {
    {"name", FIELD_DNS_NAME, FIELD_AT(struct route_template, gateway), .required = true,
     .help = "The Gateway's name."},
    {"namespace", FIELD_LABEL, FIELD_AT(struct route_template, gateway_namespace),
     .help = "Where it is; by default in the BanditRoute's namespace."},
    {"listener", FIELD_DNS_NAME, FIELD_AT(struct route_template, listener),
     .help = "HTTPRoute: one of its listeners; left out, all of them."},
    {.name = NULL},
};

static const struct record gateway_record = {"gateway", gateway_fields, NULL, NULL};

static const struct field template_fields[] = {
    {"gateway", FIELD_OBJECT, .record = &gateway_record, .required = true,
     .help = "Where the traffic comes in."},
    {"hostname", FIELD_DNS_NAME, FIELD_AT(struct route_template, hostname),
     .help = "For which host; left out, for any."},
    {.name = NULL},
};

static const struct record template_record = {"template", template_fields, NULL, NULL};

static const struct field target_fields[] = {
    {"group", FIELD_DNS_NAME, FIELD_AT(struct route_target, group),
     .help = "API group of the object; by default the one that belongs to the kind."},
    {"kind", FIELD_TEXT, FIELD_AT(struct route_target, kind), .required = true,
     .words = route_target_kind_names, .help = "What kind of object splits the traffic."},
    {"name", FIELD_DNS_NAME, FIELD_AT(struct route_target, name), .required = true,
     .help = "Its name, in the namespace of the BanditRoute; of HAProxyBackend: the "
             "backend's name."},
    {"rule", FIELD_DNS_NAME, FIELD_AT(struct route_target, rule),
     .help = "Name of the rule that splits the traffic. Left out, every rule that has a "
             "backend for each arm gets the weights, and the others are left alone."},
    {"template", FIELD_OPTIONAL, FIELD_AT(struct route_target, template),
     .record = &template_record,
     .help = "HTTPRoute, VirtualService: make the object from this and the arms, own all "
             "of it, and let it go with the BanditRoute. Left out, the object is the "
             "user's, and only weights in it are touched."},
    {.name = NULL},
};

static void settle_target(void *value)
{
    struct route_target *t = value;

    if (!t->group[0])
        memcpy(t->group, route_target_group(t->kind),
               strlen(route_target_group(t->kind)));
}

static const struct record target_record = {"target", target_fields, target_rules,
                                            settle_target};

/* ---- policy ---------------------------------------------------------------------- */

static const struct field policy_fields[] = {
    {"type", FIELD_ENUM, FIELD_AT(struct route_policy, type), .words = route_policy_names,
     .standard = "EpsilonGreedy", .help = "How rewards become weights."},
    {"epsilon", FIELD_NUMBER, FIELD_AT(struct route_policy, epsilon), .low = 0, .high = 1,
     .standard = "0.2",
     .help = "EpsilonGreedy, DiscountedCounts: the share of traffic that explores. It is "
             "spread over all arms, the best one included: the leader gets 1 - epsilon + "
             "epsilon/K, each other arm epsilon/K."},
    {"epsilonDecay", FIELD_NUMBER, FIELD_AT(struct route_policy, epsilon_decay), .low = 0,
     .high = 1, .standard = "0",
     .help = "EpsilonGreedy: exploration falls by this share an hour."},
    {"epsilonMin", FIELD_NUMBER, FIELD_AT(struct route_policy, epsilon_min), .low = 0,
     .high = 1, .standard = "0.02",
     .help = "EpsilonGreedy: exploration that falls does not fall below this."},
    {"emaAlpha", FIELD_NUMBER, FIELD_AT(struct route_policy, ema_alpha), .low = 0,
     .high = 1, .above_low = true, .standard = "0.3",
     .help = "Smoothing of the reward: how much the newest window counts against all "
             "before."},
    {"discount", FIELD_NUMBER, FIELD_AT(struct route_policy, discount), .low = 0,
     .high = 1, .above_low = true, .standard = "0.95",
     .help = "DiscountedCounts, ProbabilityOfBest, Softmax: what remembered counts are "
             "multiplied with at each decision; 1 never forgets."},
    {"temperature", FIELD_NUMBER, FIELD_AT(struct route_policy, temperature), .low = 0,
     .high = 10, .above_low = true, .standard = "0.05",
     .help = "Softmax: a difference of rewards of this size makes a factor of e between "
             "weights."},
    {"choice", FIELD_ENUM, FIELD_AT(struct route_policy, choice),
     .words = route_choice_names, .standard = "Greedy",
     .help = "DiscountedCounts: the leader has the best mean, or the best upper bound."},
    {"posterior", FIELD_ENUM, FIELD_AT(struct route_policy, posterior),
     .words = route_posterior_names, .standard = "Beta",
     .help = "ProbabilityOfBest: the distribution that an arm's reward is believed to "
             "have."},
    {.name = NULL},
};

static const struct record policy_record = {"policy", policy_fields, policy_rules, NULL};

/* ---- reward ---------------------------------------------------------------------- */

static const struct field objective_fields[] = {
    {"name", FIELD_LABEL, FIELD_AT(struct route_objective, name), .required = true,
     .help = "The label `objective` of the recording rules that define it."},
    {"weight", FIELD_NUMBER, FIELD_AT(struct route_objective, weight), .low = 0,
     .high = 1000, .standard = "1",
     .help = "Its part of the reward, relative to the other objectives' weights; 0: only "
             "`min` counts."},
    {"min", FIELD_NUMBER, FIELD_AT(struct route_objective, min), .low = 0, .high = 1,
     .help = "An arm whose ratio falls below this is ejected. Left out, none is."},
    {"missing", FIELD_ENUM, FIELD_AT(struct route_objective, missing),
     .words = route_missing_names, .standard = "Hold",
     .help = "What it means that an arm has no events of it in the window. Hold: the arm "
             "cannot be promoted, and while it leads decisions are held, unless what is "
             "known speaks against it even if this part were perfect. Ignore: it counts "
             "as no better and no worse there. Zero: as if nothing was good."},
    {.name = NULL},
};

static const struct record objective_record = {"objective", objective_fields, NULL, NULL};

static const struct field reward_fields[] = {
    {"window", FIELD_ENUM, FIELD_AT(struct route_reward, window),
     .words = route_window_names, .standard = "5m",
     .help = "How far back events count; one of the windows that are recorded."},
    {"objectives", FIELD_LIST,
     FIELD_LIST_AT(struct route_reward, objectives, objective_count), .low = 1,
     .high = ROUTE_OBJECTIVES_MAX, .record = &objective_record, .unique = "name",
     .standard = "[{\"name\":\"success\",\"weight\":0.5,\"min\":0.95},"
                 "{\"name\":\"latency\",\"weight\":0.2},"
                 "{\"name\":\"accuracy\",\"weight\":0.3,\"missing\":\"Ignore\"}]", .help =
         "What a reward is made of: ratios of good events to all events, each defined "
         "by a pair of recording rules."},
    {.name = NULL},
};

/* Weights are relative; what is in force sums to one. */
static void settle_reward(void *value)
{
    struct route_reward *reward = value;
    double sum = 0;

    for (size_t i = 0; i < reward->objective_count; i++)
        sum += reward->objectives[i].weight;
    if (sum <= 0 || fabs(sum - 1) < 1e-9) /* 0.5 + 0.3 + 0.2 shall stay as it is */
        return;
    for (size_t i = 0; i < reward->objective_count; i++)
        reward->objectives[i].weight /= sum;
}

static const struct record reward_record = {"reward", reward_fields, reward_rules,
                                            settle_reward};

/* ---- guardrails ------------------------------------------------------------------ */

static const struct field guardrail_fields[] = {
    {"warmup", FIELD_NUMBER, FIELD_AT(struct route_guardrails, warmup), .low = 0,
     .high = 1e9, .standard = "100",
     .help = "Events an arm needs before it can lead. Too few never keep traffic on a "
             "failing leader."},
    {"minWeight", FIELD_NUMBER, FIELD_AT(struct route_guardrails, min_weight), .low = 0,
     .high = 0.5, .standard = "0.02",
     .help = "Every arm that takes part gets at least this, so that it goes on being "
             "measured."},
    {"maxWeight", FIELD_NUMBER, FIELD_AT(struct route_guardrails, max_weight), .low = 0,
     .high = 1, .above_low = true, .standard = "1",
     .help = "No arm gets more than this."},
    {"maxStepUp", FIELD_NUMBER, FIELD_AT(struct route_guardrails, max_step_up), .low = 0,
     .high = 1, .above_low = true, .standard = "0.1",
     .help = "An arm's weight rises by at most this in one decision."},
    {"maxStepDown", FIELD_NUMBER, FIELD_AT(struct route_guardrails, max_step_down),
     .low = 0, .high = 1, .above_low = true, .standard = "1",
     .help =
         "An arm's weight falls by at most this in one decision. Leaving a failing arm "
         "is not slowed down."},
    {"switchMargin", FIELD_NUMBER, FIELD_AT(struct route_guardrails, switch_margin),
     .low = 0, .high = 10, .standard = "1",
     .help = "Another arm leads only when it is better by this many standard errors of "
             "the difference."},
    {"dwell", FIELD_DURATION, FIELD_AT(struct route_guardrails, dwell_ms), .low = 0,
     .high = 168.0 * HOUR_MS, .standard = "0s",
     .help = "A leader that does not fail stays at least so long."},
    {"maxDataAge", FIELD_DURATION, FIELD_AT(struct route_guardrails, max_data_age_ms),
     .low = SECOND_MS, .high = HOUR_MS, .standard = "2m",
     .help = "Older measurements are not decided on: weights are held."},
    {"cooldown", FIELD_DURATION, FIELD_AT(struct route_guardrails, cooldown_ms), .low = 0,
     .high = 24.0 * HOUR_MS, .standard = "5m",
     .help = "An ejected arm is tried again after this; the time doubles with each "
             "ejection in a row."},
    {"reentryWeight", FIELD_NUMBER, FIELD_AT(struct route_guardrails, reentry_weight),
     .low = 0, .high = 1, .standard = "0.05",
     .help = "What an arm that was ejected gets at most while it proves itself; never "
             "below minWeight."},
    {"maxEjected", FIELD_INT, FIELD_AT(struct route_guardrails, max_ejected), .low = 0,
     .high = ROUTE_ARMS_MAX - 1, .standard = "15",
     .help = "At most so many arms are ejected at once, and never all: the default means "
             "all but one. 0: none is."},
    {.name = NULL},
};

static void settle_guardrails(void *value)
{
    struct route_guardrails *g = value;

    if (g->reentry_weight < g->min_weight)
        g->reentry_weight = g->min_weight;
}

static const struct record guardrail_record = {"guardrails", guardrail_fields,
                                               guardrail_rules, settle_guardrails};

/* ---- pin ------------------------------------------------------------------------- */

static const struct field pin_fields[] = {
    {"weights", FIELD_ARM_WEIGHTS, FIELD_AT(struct route_pin, weights), .required = true,
     .low = 0, .high = 1000,
     .help = "Weights by arm, relative to each other; an arm that is not named gets "
             "nothing."},
    {"until", FIELD_TIME, FIELD_AT(struct route_pin, until_ms),
     .help =
         "When the pin ends by itself, RFC 3339. Left out, it stays until it is taken "
         "out."},
    {.name = NULL},
};

static void settle_pin(void *value)
{
    struct route_pin *pin = value;
    double sum = 0;

    for (size_t i = 0; i < ROUTE_ARMS_MAX; i++)
        sum += pin->weights[i];
    if (sum <= 0 || fabs(sum - 1) < 1e-9)
        return;
    for (size_t i = 0; i < ROUTE_ARMS_MAX; i++)
        pin->weights[i] /= sum;
}

static const struct record pin_record = {"pin", pin_fields, pin_rules, settle_pin};

/* ---- spec ------------------------------------------------------------------------ */

static const struct field spec_fields[] = {
    {"interval", FIELD_DURATION, FIELD_AT(struct route_spec, interval_ms),
     .low = SECOND_MS, .high = 24.0 * HOUR_MS, .standard = "30s",
     .help = "How often a decision is made."},
    {"arms", FIELD_LIST, FIELD_LIST_AT(struct route_spec, arms, arm_count),
     .low = ROUTE_ARMS_MIN, .high = ROUTE_ARMS_MAX, .record = &arm_record,
     .unique = "name", .required = true, .help = "The models that compete."},
    {"baseline", FIELD_ARM, FIELD_AT(struct route_spec, baseline),
     .help =
         "The arm that gets all traffic when no arm is fit to; by default the first."},
    {"targetRef", FIELD_OBJECT, FIELD_AT(struct route_spec, target),
     .record = &target_record, .required = true,
     .help = "The data plane's object that the weights are written to."},
    {"policy", FIELD_OBJECT, FIELD_AT(struct route_spec, policy),
     .record = &policy_record, .help = "How rewards become weights."},
    {"reward", FIELD_OBJECT, FIELD_AT(struct route_spec, reward),
     .record = &reward_record, .help = "What is measured."},
    {"guardrails", FIELD_OBJECT, FIELD_AT(struct route_spec, guardrails),
     .record = &guardrail_record,
     .help = "What a decision may not do, whatever the "
             "policy says."},
    {"mode", FIELD_ENUM, FIELD_AT(struct route_spec, mode), .words = route_mode_names,
     .standard = "Active",
     .help = "Active decides and writes; Shadow decides and does not write; Frozen "
             "measures and holds."},
    {"pin", FIELD_OPTIONAL, FIELD_AT(struct route_spec, pin), .record = &pin_record,
     .help = "A split set by hand, which takes precedence over the policy."},
    {"onDelete", FIELD_ENUM, FIELD_AT(struct route_spec, on_delete),
     .words = route_on_delete_names, .standard = "Baseline",
     .help = "The weights left behind when the object is deleted: all on the baseline "
             "(unless only other arms have a live backend), the same for each arm, or as "
             "they were. Frozen or Shadow, a route leaves them as they are."},
    {.name = NULL},
};
/* clang-format on */

static void settle_spec(void *value)
{
    struct route_spec *spec = value;

    if (spec->guardrails.max_ejected >= (int)spec->arm_count)
        spec->guardrails.max_ejected = (int)spec->arm_count - 1;
}

const struct record spec_record = {"spec", spec_fields, spec_rules, settle_spec};
