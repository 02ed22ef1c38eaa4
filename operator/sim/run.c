/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/run.h"

#include <math.h>

#include "core/decide.h"

struct run {
    const struct scenario *scenario;
    const struct route_spec *spec;
    struct world *world;
    struct decision turns[2];          /* the last and the next, by turns */
    const struct route_status *status; /* of the last */
    int64_t start_ms;
    bool prometheus_down;
    double rate;

    double requests;
    double lost;
    uint64_t decisions;
    uint64_t right;
    uint64_t changes;
    bool watching; /* the watched arm led when it broke */
    double left_s, evacuated_s;
};

static double reward_of(const struct route_spec *spec, const double *chances)
{
    double total = 0;
    double reward = 0;

    for (size_t o = 0; o < spec->reward.objective_count; o++) {
        total += spec->reward.objectives[o].weight;
        reward += spec->reward.objectives[o].weight * chances[o];
    }
    return reward / total;
}

/* Of an arm, as it is now: under load, or as it would be without any. */
static double true_reward(const struct run *r, size_t arm, bool loaded)
{
    double chances[ROUTE_OBJECTIVES_MAX];

    for (size_t o = 0; o < r->spec->reward.objective_count; o++)
        chances[o] =
            loaded ? world_chance(r->world, arm, o) : world_arm(r->world, arm)->p[o];
    return world_arm(r->world, arm)->ready ? reward_of(r->spec, chances) : 0;
}

static size_t best_arm(const struct run *r)
{
    size_t best = 0;

    for (size_t i = 1; i < r->spec->arm_count; i++)
        if (true_reward(r, i, false) > true_reward(r, best, false))
            best = i;
    return best;
}

static void apply_drift(struct run *r, int64_t at_ms)
{
    for (size_t i = 0; i < r->spec->arm_count; i++) {
        const struct drift *d = &r->scenario->drifts[i];
        double turn = d->period_ms ? (double)at_ms / (double)d->period_ms + d->phase : 0;
        double swing = d->amplitude * sin(2 * M_PI * turn);

        for (size_t o = 0; o < r->spec->reward.objective_count; o++)
            world_arm(r->world, i)->p[o] =
                fmin(1, fmax(0, r->scenario->chances[i][o] + swing));
    }
}

static void apply_happening(struct run *r, const struct happening *h)
{
    struct world_arm *arm = world_arm(r->world, h->arm);

    switch (h->kind) {
    case HAPPENING_CHANCE:
        arm->p[h->objective] = h->value;
        break;
    case HAPPENING_READY:
        arm->ready = h->value != 0;
        break;
    case HAPPENING_SCRAPED:
        arm->scraped = h->value != 0;
        break;
    case HAPPENING_PROMETHEUS:
        r->prometheus_down = h->value == 0;
        break;
    case HAPPENING_RATE:
        world_tune(r->world)->rate = h->value * r->rate;
        break;
    }
}

/* The world as the scenario wants it at that time. */
static void set_scene(struct run *r, int64_t at_ms)
{
    apply_drift(r, at_ms);
    world_tune(r->world)->rate = r->rate;
    r->prometheus_down = false;
    for (size_t i = 0; i < r->spec->arm_count; i++) {
        world_arm(r->world, i)->ready = true;
        world_arm(r->world, i)->scraped = true;
    }
    for (size_t i = 0; i < r->scenario->happening_count; i++) {
        const struct happening *h = &r->scenario->happenings[i];

        if (at_ms >= h->from_ms && at_ms < h->to_ms)
            apply_happening(r, h);
    }
}

static void send_traffic(struct run *r)
{
    uint64_t requests[ROUTE_ARMS_MAX];
    double best = true_reward(r, best_arm(r), false);

    world_step(r->world, requests);
    for (size_t i = 0; i < r->spec->arm_count; i++) {
        r->requests += (double)requests[i];
        r->lost += (double)requests[i] * (best - true_reward(r, i, true));
    }
}

static void tell(const struct run *r, int64_t at_ms, run_watch_fn *watch, void *arg)
{
    struct moment m = {
        .hours = (double)at_ms / 3600e3,
        .leader = r->status->leader,
        .best = (int)best_arm(r),
        .verdict = r->status->verdict,
    };

    for (size_t i = 0; i < r->spec->arm_count; i++) {
        m.weights[i] = r->status->arms[i].desired;
        m.rewards[i] = r->status->arms[i].reward_ema;
        m.errors[i] = r->status->arms[i].reward_stderr;
        m.chances[i] = true_reward(r, i, true);
    }
    watch(arg, &m);
}

static void decide(struct run *r)
{
    struct decision *d = &r->turns[++r->decisions % ARRAY_LEN(r->turns)];
    struct observation seen;
    int leader = r->status->leader;

    world_observe(r->world, &seen);
    if (r->prometheus_down)
        seen.problem = REASON_PROMETHEUS_DOWN;
    core_decide(r->spec, r->status, &seen, 1, world_now_ms(r->world), d);
    if (d->write)
        world_set_weights(r->world, d->weights);
    r->status = &d->status;
    r->right += r->status->leader == (int)best_arm(r);
    r->changes += leader != ROUTE_NO_ARM && r->status->leader != leader;
}

static void watch_arm(struct run *r, int64_t before_ms, int64_t at_ms)
{
    int arm = r->scenario->watch_arm;
    double since = (double)(at_ms - r->scenario->watch_ms) / 1000;

    if (arm == ROUTE_NO_ARM || at_ms <= r->scenario->watch_ms)
        return;
    if (before_ms <= r->scenario->watch_ms)
        r->watching = r->status->leader == arm;
    if (!r->watching)
        return;
    if (isnan(r->left_s) && r->status->leader != arm)
        r->left_s = since;
    if (isnan(r->evacuated_s) && r->status->arms[arm].desired < 0.1)
        r->evacuated_s = since;
}

void run_scenario(const struct scenario *s, const struct candidate *c, double rate,
                  uint64_t seed, double measures[MEASURE_COUNT], run_watch_fn *watch,
                  void *arg)
{
    struct world_settings settings = s->settings;
    struct run r = {
        .scenario = s,
        .spec = &c->route->spec,
        .rate = rate,
        .left_s = NAN,
        .evacuated_s = NAN,
    };
    int64_t step = s->settings.scrape_ms;
    double hours = (double)s->duration_ms / 3600e3;

    settings.rate = rate;
    settings.window_ms = route_window_ms(r.spec->reward.window);
    r.world =
        world_new(&settings, r.spec->arm_count, r.spec->reward.objective_count, seed);
    route_status_init(&r.turns[0].status, r.spec);
    r.status = &r.turns[0].status;
    for (int64_t t = 0; t < s->duration_ms; t += step) {
        set_scene(&r, t);
        send_traffic(&r);
        watch_arm(&r, t, t + step);
        if ((t + step) % r.spec->interval_ms >= step)
            continue;
        decide(&r);
        watch_arm(&r, t + step, t + step);
        if (watch)
            tell(&r, t + step, watch, arg);
    }
    measures[MEASURE_CHANGES] = (double)r.changes / hours;
    measures[MEASURE_RIGHT] = (double)r.right / (double)r.decisions;
    measures[MEASURE_LOSS] = r.requests > 0 ? 1000 * r.lost / r.requests : (double)NAN;
    measures[MEASURE_LEFT] = r.left_s;
    measures[MEASURE_EVACUATED] = r.evacuated_s;
    for (size_t i = 0; i < ARRAY_LEN(r.turns); i++)
        decision_clear(&r.turns[i]);
    world_free(r.world);
}
