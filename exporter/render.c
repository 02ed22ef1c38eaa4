/* SPDX-License-Identifier: Apache-2.0 */
/* A renderer for each family. What is not known (NAN, a time of never) is left out:
 * Prometheus would take a NaN for a value, and one of them spoils every sum. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/phrases.h"
#include "exporter/rendered.h"

enum {
    OBJECT_MAX = 4 * 1024 * 1024,
    LABELS_MAX = 64 * 1024,
    USUAL_BYTES = 16 * 1024,
    USUAL_LABELS = 1024
};

/* Where in the labels of the object. */
struct span {
    size_t start, len;
};

/* The family being rendered, and the labels that repeat from family to family. */
struct sink {
    const struct bandit_route *r;
    const struct phrases *phrases;
    struct buf *out;
    struct exposition_text name; /* of the family's samples */
    struct buf labels;
    struct span route;                            /* namespace="...",route="..." */
    struct span arms[ROUTE_ARMS_MAX];             /* the same with arm="..." */
    struct span objectives[ROUTE_OBJECTIVES_MAX]; /* objective="..." */
};

static struct exposition_text text_of(const struct sink *s, struct span span)
{
    return (struct exposition_text){buf_str(&s->labels) + span.start, span.len};
}

static const struct exposition_text nothing = {.at = NULL};

/* One sample; what is not known has none. */
static void sample(struct sink *s, struct span labels, struct exposition_text more,
                   double v)
{
    if (!isnan(v))
        exposition_sample(
            s->out,
            &(struct exposition_sample){
                .name = s->name, .labels = text_of(s, labels), .more = more, .value = v});
}

/* One for each state: 1 for the one that it is in. */
static void states(struct sink *s, struct span labels,
                   const struct exposition_text *states, size_t n, size_t now)
{
    for (size_t i = 0; i < n; i++)
        sample(s, labels, states[i], i == now);
}

struct extra {
    const char *name, *value;
};

static void info(struct sink *s, const struct extra *extra, size_t n)
{
    struct span more = {.start = s->labels.len};

    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(&s->labels, ',');
        exposition_label(&s->labels, extra[i].name, extra[i].value);
    }
    more.len = s->labels.len - more.start;
    sample(s, s->route, text_of(s, more), 1);
    buf_cut(&s->labels, more.start);
}

static void route_info(struct sink *s)
{
    const struct route_spec *spec = &s->r->spec;
    const struct extra extra[] = {
        {"policy",      route_policy_name(spec->policy.type)  },
        {"target_kind", spec->target.kind                     },
        {"target_name", spec->target.name                     },
        {"window",      route_window_name(spec->reward.window)},
        {"baseline",    spec->arms[spec->baseline].name       },
    };

    info(s, extra, ARRAY_LEN(extra));
}

static void route_mode(struct sink *s)
{
    states(s, s->route, s->phrases->states[FAMILY_ROUTE_MODE], MODE_COUNT,
           s->r->status.mode);
}

static void route_condition(struct sink *s)
{
    for (size_t c = 0; c < CONDITION_COUNT; c++)
        states(s, s->route, s->phrases->conditions[c], PHRASES_STATUSES,
               s->r->status.conditions[c].status);
}

static void route_decision(struct sink *s)
{
    const struct extra extra[] = {
        {"verdict", verdict_name(s->r->status.verdict)},
        {"reason",  reason_name(s->r->status.reason)  },
    };

    info(s, extra, ARRAY_LEN(extra));
}

static void objective_min(struct sink *s)
{
    const struct route_reward *reward = &s->r->spec.reward;

    for (size_t o = 0; o < reward->objective_count; o++)
        sample(s, s->route, text_of(s, s->objectives[o]), reward->objectives[o].min);
}

static void objective_weight(struct sink *s)
{
    const struct route_reward *reward = &s->r->spec.reward;
    double sum = 0;

    for (size_t o = 0; o < reward->objective_count; o++)
        sum += reward->objectives[o].weight;
    for (size_t o = 0; o < reward->objective_count; o++)
        sample(s, s->route, text_of(s, s->objectives[o]),
               sum > 0 ? reward->objectives[o].weight / sum : (double)NAN);
}

static void arm_objective(struct sink *s)
{
    size_t n = s->r->spec.reward.objective_count;

    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        for (size_t o = 0; o < n; o++)
            sample(s, s->arms[a], text_of(s, s->objectives[o]),
                   s->r->status.objectives[a * n + o].ratio);
}

static void arm_leader(struct sink *s)
{
    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        sample(s, s->arms[a], nothing, s->r->status.leader == (int)a);
}

static void arm_state(struct sink *s)
{
    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        states(s, s->arms[a], s->phrases->states[FAMILY_ARM_STATE], ARM_STATE_COUNT,
               s->r->status.arms[a].state);
}

/* ---- families of one number per route or arm -----------------------------------------
 */

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static double when(int64_t wall_ms)
{
    return wall_ms ? seconds(wall_ms) : (double)NAN;
}

#define ROUTE_VALUE(name, expression)                \
    static double name(const struct bandit_route *r) \
    {                                                \
        return (expression);                         \
    }
ROUTE_VALUE(exploration, r->status.exploration)
ROUTE_VALUE(last_decision, when(r->status.last_decision_ms))
ROUTE_VALUE(last_observation, when(r->status.last_observation_ms))
ROUTE_VALUE(last_leader_change, when(r->status.last_leader_change_ms))
ROUTE_VALUE(interval, seconds(r->spec.interval_ms))
ROUTE_VALUE(max_lag, seconds(r->status.max_lag_ms))
ROUTE_VALUE(max_data_age, seconds(r->spec.guardrails.max_data_age_ms))
ROUTE_VALUE(min_weight, r->spec.guardrails.min_weight)
ROUTE_VALUE(generation, (double)r->generation)
ROUTE_VALUE(observed_generation, (double)r->status.observed_generation)

#define ARM_VALUE(name, field)                             \
    static double name(const struct route_arm_status *arm) \
    {                                                      \
        return arm->field;                                 \
    }
ARM_VALUE(desired, desired)
ARM_VALUE(applied, applied)
ARM_VALUE(reward_ema, reward_ema)
ARM_VALUE(reward, reward)
ARM_VALUE(reward_stderr, reward_stderr)
ARM_VALUE(probability_best, probability_best)
ARM_VALUE(window_samples, samples)

/* One of the three. */
struct renderer {
    double (*route)(const struct bandit_route *r);
    double (*arm)(const struct route_arm_status *arm);
    void (*other)(struct sink *s);
};

static const struct renderer renderers[FAMILY_COUNT] = {
    [FAMILY_ROUTE_INFO] = {.other = route_info},
    [FAMILY_ROUTE_MODE] = {.other = route_mode},
    [FAMILY_ROUTE_CONDITION] = {.other = route_condition},
    [FAMILY_ROUTE_DECISION_INFO] = {.other = route_decision},
    [FAMILY_ROUTE_EXPLORATION] = {.route = exploration},
    [FAMILY_ROUTE_LAST_DECISION] = {.route = last_decision},
    [FAMILY_ROUTE_LAST_OBSERVATION] = {.route = last_observation},
    [FAMILY_ROUTE_LAST_LEADER_CHANGE] = {.route = last_leader_change},
    [FAMILY_ROUTE_INTERVAL] = {.route = interval},
    [FAMILY_ROUTE_MAX_LAG] = {.route = max_lag},
    [FAMILY_ROUTE_MAX_DATA_AGE] = {.route = max_data_age},
    [FAMILY_ROUTE_MIN_WEIGHT] = {.route = min_weight},
    [FAMILY_ROUTE_GENERATION] = {.route = generation},
    [FAMILY_ROUTE_OBSERVED_GENERATION] = {.route = observed_generation},
    [FAMILY_ROUTE_OBJECTIVE_MIN] = {.other = objective_min},
    [FAMILY_ROUTE_OBJECTIVE_WEIGHT] = {.other = objective_weight},
    [FAMILY_ARM_DESIRED_WEIGHT] = {.arm = desired},
    [FAMILY_ARM_APPLIED_WEIGHT] = {.arm = applied},
    [FAMILY_ARM_REWARD_EMA] = {.arm = reward_ema},
    [FAMILY_ARM_REWARD] = {.arm = reward},
    [FAMILY_ARM_REWARD_STDERR] = {.arm = reward_stderr},
    [FAMILY_ARM_PROBABILITY_BEST] = {.arm = probability_best},
    [FAMILY_ARM_WINDOW_SAMPLES] = {.arm = window_samples},
    [FAMILY_ARM_OBJECTIVE] = {.other = arm_objective},
    [FAMILY_ARM_LEADER] = {.other = arm_leader},
    [FAMILY_ARM_STATE] = {.other = arm_state},
};

static void render_family(struct sink *s, size_t family)
{
    const struct renderer *how = &renderers[family];

    s->name = s->phrases->names[family];
    if (how->other)
        how->other(s);
    else if (how->route)
        sample(s, s->route, nothing, how->route(s->r));
    else
        for (size_t a = 0; a < s->r->spec.arm_count; a++)
            sample(s, s->arms[a], nothing, how->arm(&s->r->status.arms[a]));
}

/* Write the labels that samples of several families have, one behind the other. */
static void write_labels(struct sink *s)
{
    const struct bandit_route *r = s->r;
    struct buf *labels = &s->labels;

    exposition_label(labels, "namespace", r->namespace);
    buf_putc(labels, ',');
    exposition_label(labels, "route", r->name);
    s->route = (struct span){0, labels->len};
    for (size_t a = 0; a < r->spec.arm_count; a++) {
        size_t start = labels->len;
        char *copy = buf_room(labels, s->route.len);

        if (copy) {
            memcpy(copy, labels->data, s->route.len);
            buf_grew(labels, s->route.len);
        }
        buf_putc(labels, ',');
        exposition_label(labels, "arm", r->spec.arms[a].name);
        s->arms[a] = (struct span){start, labels->len - start};
    }
    for (size_t o = 0; o < r->spec.reward.objective_count; o++) {
        size_t start = labels->len;

        exposition_label(labels, "objective", r->spec.reward.objectives[o].name);
        s->objectives[o] = (struct span){start, labels->len - start};
    }
}

struct rendered *render_route(const struct bandit_route *r)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(OBJECT_MAX);
    struct sink s = {
        .r = r, .phrases = phrases_get(), .out = &out, .labels = BUF_INIT(LABELS_MAX)};
    uint32_t start[FAMILY_COUNT + 1];
    struct rendered *rendered;

    (void)buf_room(&out, USUAL_BYTES);
    (void)buf_room(&s.labels, USUAL_LABELS);
    write_labels(&s);
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        start[f] = (uint32_t)out.len;
        render_family(&s, f);
    }
    start[FAMILY_COUNT] = (uint32_t)out.len;
    if (!buf_ok(&s.labels))
        out.full = true;
    buf_clear(&s.labels);
    if (!buf_ok(&out))
        return NULL;
    rendered = mem_resize(NULL, 1, sizeof(*rendered) + out.len); /* all is set below */
    atomic_init(&rendered->references, 1);
    rendered->summary = summary_new(r);
    memcpy(rendered->start, start, sizeof(start));
    memcpy(rendered->text, buf_str(&out), out.len);
    return rendered;
}

struct rendered *rendered_ref(struct rendered *r)
{
    (void)atomic_fetch_add_explicit(&r->references, 1, memory_order_relaxed);
    return r;
}

void rendered_unref(struct rendered *r)
{
    if (!r || atomic_fetch_sub(&r->references, 1) != 1)
        return;
    summary_free(r->summary);
    free(r);
}
