/* SPDX-License-Identifier: Apache-2.0 */
/* A renderer for each family. What is not known (NAN, a time of never) is left out:
 * Prometheus would take a NaN for a value, and one of them spoils every sum. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/rendered.h"
#include "metrics/exposition.h"

enum { OBJECT_MAX = 4 * 1024 * 1024, LABELS_MAX = 16 * 1024, USUAL_BYTES = 16 * 1024 };

/* The family being rendered, and the labels that repeat from family to family. */
struct sink {
    const struct bandit_route *r;
    struct buf *out;
    struct buf name;
    struct buf extra;                /* labels of this family only */
    struct buf route;                /* namespace="...",route="..." */
    struct buf arms[ROUTE_ARMS_MAX]; /* the same with arm="..." */
};

/* One sample; what is not known has none. */
static void sample(struct sink *s, const struct buf *labels, const struct buf *extra,
                   double v)
{
    struct exposition_sample line = {
        .name = exposition_text(&s->name), .labels = exposition_text(labels), .value = v};

    if (isnan(v))
        return;
    if (extra)
        line.more = exposition_text(extra);
    exposition_sample(s->out, &line);
}

/* A sample with one label more. */
static void sample_with(struct sink *s, const struct buf *labels, const char *name,
                        const char *value, double v)
{
    buf_reset(&s->extra);
    exposition_label(&s->extra, name, value);
    sample(s, labels, &s->extra, v);
}

static void states(struct sink *s, enum family family, const struct buf *labels,
                   size_t now)
{
    const struct metric_desc *d = &object_metrics[family];

    for (size_t i = 0; d->states[i]; i++)
        sample_with(s, labels, d->name, d->states[i], i == now);
}

struct extra {
    const char *name, *value;
};

static void info(struct sink *s, const struct extra *extra, size_t n)
{
    buf_reset(&s->extra);
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(&s->extra, ',');
        exposition_label(&s->extra, extra[i].name, extra[i].value);
    }
    sample(s, &s->route, &s->extra, 1);
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
    states(s, FAMILY_ROUTE_MODE, &s->route, s->r->status.mode);
}

static void route_condition(struct sink *s)
{
    static const char *const statuses[] = {
        [CONDITION_TRUE] = "true",
        [CONDITION_FALSE] = "false",
        [CONDITION_UNKNOWN] = "unknown",
    };

    for (size_t c = 0; c < CONDITION_COUNT; c++) {
        size_t len;

        buf_reset(&s->extra);
        exposition_label(&s->extra, "condition", condition_name((enum condition_type)c));
        buf_putc(&s->extra, ',');
        len = s->extra.len;
        for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
            buf_cut(&s->extra, len);
            exposition_label(&s->extra, "status", statuses[i]);
            sample(s, &s->route, &s->extra, s->r->status.conditions[c].status == i);
        }
    }
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
        sample_with(s, &s->route, "objective", reward->objectives[o].name,
                    reward->objectives[o].min);
}

static void objective_weight(struct sink *s)
{
    const struct route_reward *reward = &s->r->spec.reward;
    double sum = 0;

    for (size_t o = 0; o < reward->objective_count; o++)
        sum += reward->objectives[o].weight;
    for (size_t o = 0; o < reward->objective_count; o++)
        sample_with(s, &s->route, "objective", reward->objectives[o].name,
                    sum > 0 ? reward->objectives[o].weight / sum : (double)NAN);
}

static void arm_objective(struct sink *s)
{
    const struct route_reward *reward = &s->r->spec.reward;
    size_t n = reward->objective_count;

    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        for (size_t o = 0; o < n; o++)
            sample_with(s, &s->arms[a], "objective", reward->objectives[o].name,
                        s->r->status.objectives[a * n + o].ratio);
}

static void arm_leader(struct sink *s)
{
    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        sample(s, &s->arms[a], NULL, s->r->status.leader == (int)a);
}

static void arm_state(struct sink *s)
{
    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        states(s, FAMILY_ARM_STATE, &s->arms[a], s->r->status.arms[a].state);
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

    buf_reset(&s->name);
    exposition_sample_name(&s->name, &object_metrics[family]);
    if (how->other)
        how->other(s);
    else if (how->route)
        sample(s, &s->route, NULL, how->route(s->r));
    else
        for (size_t a = 0; a < s->r->spec.arm_count; a++)
            sample(s, &s->arms[a], NULL, how->arm(&s->r->status.arms[a]));
}

static void sink_init(struct sink *s, const struct bandit_route *r, struct buf *out)
{
    s->r = r;
    s->out = out;
    buf_init(&s->name, LABELS_MAX);
    buf_init(&s->extra, LABELS_MAX);
    buf_init(&s->route, LABELS_MAX);
    exposition_label(&s->route, "namespace", r->namespace);
    buf_putc(&s->route, ',');
    exposition_label(&s->route, "route", r->name);
    for (size_t a = 0; a < r->spec.arm_count; a++) {
        buf_init(&s->arms[a], LABELS_MAX);
        buf_add(&s->arms[a], buf_str(&s->route), s->route.len);
        buf_putc(&s->arms[a], ',');
        exposition_label(&s->arms[a], "arm", r->spec.arms[a].name);
    }
}

static void sink_clear(struct sink *s)
{
    for (size_t a = 0; a < s->r->spec.arm_count; a++)
        buf_clear(&s->arms[a]);
    buf_clear(&s->route);
    buf_clear(&s->extra);
    buf_clear(&s->name);
}

struct rendered *render_route(const struct bandit_route *r)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(OBJECT_MAX);
    uint32_t start[FAMILY_COUNT + 1];
    struct rendered *rendered;
    struct sink s;

    (void)buf_room(&out, USUAL_BYTES);
    sink_init(&s, r, &out);
    for (size_t f = 0; f < FAMILY_COUNT; f++) {
        start[f] = (uint32_t)out.len;
        render_family(&s, f);
    }
    start[FAMILY_COUNT] = (uint32_t)out.len;
    sink_clear(&s);
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
