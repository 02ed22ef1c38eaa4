/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges looked up as Prometheus would answer, and estimates against a known truth. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/estimate.h"
#include "replay/series.h"
#include "route/route_json.h"
#include "sim/draw.h"
#include "json/yaml.h"

static const char manifest[] =
    "apiVersion: bandit-router.dev/v1alpha1\n"
    "kind: BanditRoute\n"
    "metadata: {name: digits, namespace: default}\n"
    "spec:\n"
    "  interval: 30s\n"
    "  arms:\n"
    "  - {name: a, backend: {service: a, port: 80}}\n"
    "  - {name: b, backend: {service: b, port: 80}}\n"
    "  targetRef: {kind: HAProxyBackend, name: digits}\n"
    "  guardrails: {minWeight: 0}\n"
    "  reward: {window: 1m, objectives: [{name: success, weight: 1}]}\n";

static struct bandit_route *route_new_here(void)
{
    struct error err;
    struct json *object = yaml_parse_one(manifest, strlen(manifest), &err);
    struct bandit_route *r = route_from_json(object, &err);

    json_free(object);
    if (!r)
        fail_msg("%s", err.msg);
    return r;
}

/* ---- ranges --------------------------------------------------------------------------
 */

enum { T0 = 1700000000 };

static void add(struct ranges *r, const char *name, const char *labels,
                const char *values)
{
    char text[2048];
    struct error err;

    (void)snprintf(
        text, sizeof(text),
        "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\","
        "\"result\":[{\"metric\":{\"__name__\":\"%s\",\"namespace\":\"default\""
        ",\"route\":\"digits\"%s},\"values\":[%s]}]}}",
        name, labels, values);
    if (!ranges_add(r, text, strlen(text), &err))
        fail_msg("%s", err.msg);
}

static const char good_name[] = "bandit:arm_objective_good:increase1m";
static const char events_name[] = "bandit:arm_objective_events:increase1m";
static const char scrape_name[] = "bandit:arm_last_scrape:timestamp_seconds";
static const char of_a[] = ",\"arm\":\"a\",\"objective\":\"success\"";
static const char of_b[] = ",\"arm\":\"b\",\"objective\":\"success\"";

static double events_at(const struct ranges *r, size_t arm, double seconds,
                        unsigned before, enum reason *problem)
{
    struct observation seen = {.problem = REASON_NONE};

    ranges_observe(r, llround((T0 + seconds) * 1000), before, &seen);
    if (problem)
        *problem = seen.problem;
    return seen.arms[arm].objectives[0].events;
}

static void a_moment_is_answered_as_prometheus_would(void **state)
{
    struct bandit_route *route = route_new_here();
    struct ranges *r = ranges_new(route);
    struct observation seen = {.problem = REASON_NONE};
    int64_t first_ms, last_ms;

    (void)state;
    add(r, events_name, of_a,
        "[1700000000,\"10\"],[1700000002.5,\"11\"],[1700000005,\"12\"]");
    /* the same again, as answers that overlap bring it */
    add(r, events_name, of_a, "[1700000005,\"12\"],[1700000007.5,\"13\"]");
    add(r, events_name, of_b, "[1700000000,\"20\"],[1700000002.5,\"21\"]");
    add(r, good_name, of_a, "[1700000000,\"9\"]");
    add(r, scrape_name, ",\"arm\":\"a\"", "[1700000000,\"1699999999.25\"]");
    ranges_close(r);
    assert_true(ranges_extent(r, &first_ms, &last_ms));
    assert_int_equal(first_ms, T0 * 1000LL);
    assert_int_equal(last_ms, T0 * 1000LL + 7500);
    assert_true(isnan(events_at(r, 0, -0.001, 0, NULL)));
    assert_true(events_at(r, 0, 0, 0, NULL) == 10);
    assert_true(events_at(r, 0, 2.499, 0, NULL) == 10);
    assert_true(events_at(r, 0, 2.5, 0, NULL) == 11);
    assert_true(events_at(r, 0, 2.5, 1, NULL) == 10);
    assert_true(events_at(r, 0, 100, 0, NULL) == 13);
    assert_true(events_at(r, 1, 3, 0, NULL) == 21);
    /* the evaluation at 5 s produced none for b: it is stale at once, not in five minutes
     */
    assert_true(isnan(events_at(r, 1, 5, 0, NULL)));
    assert_true(events_at(r, 0, 307.499, 0, NULL) == 13);
    assert_true(isnan(events_at(r, 0, 307.5, 0, NULL)));
    ranges_observe(r, T0 * 1000LL + 100, 0, &seen);
    assert_int_equal(seen.arms[0].newest_ms, 1699999999250);
    assert_int_equal(seen.asked_ms, T0 * 1000LL + 100);
    ranges_free(r);
    route_free(route);
}

static void faults_of_series_hold_as_they_do_live(void **state)
{
    struct bandit_route *route = route_new_here();
    struct ranges *r = ranges_new(route);
    enum reason problem;

    (void)state;
    add(r, events_name, of_a, "[1700000000,\"10\"],[1700000005,\"NaN\"]");
    add(r, events_name, ",\"arm\":\"a\",\"objective\":\"success\",\"region\":\"x\"",
        "[1700000000,\"11\"]");
    ranges_close(r);
    (void)events_at(r, 0, 0, 0, &problem);
    assert_int_equal(problem, REASON_DUPLICATE_SERIES);
    (void)events_at(r, 0, 5, 0, &problem);
    assert_int_equal(problem, REASON_NOT_A_NUMBER);
    ranges_free(r);
    route_free(route);
}

static void samples_are_found_by_time(void **state)
{
    struct samples s = {.count = 0};

    (void)state;
    assert_int_equal(samples_find(&s, 5), 0);
    for (int i = 0; i < 100; i++)
        samples_add(&s, (i * 37) % 100, i);
    samples_add(&s, 50, -1);
    samples_sort(&s);
    assert_int_equal(s.count, 100);
    assert_int_equal(samples_find(&s, -1), s.count);
    for (int64_t t = 0; t < 100; t++)
        assert_int_equal(samples_find(&s, t), t);
    assert_int_equal(samples_find(&s, 1000), 99);
    samples_clear(&s);
}

/* ---- estimates -----------------------------------------------------------------------
 */

enum { FRAMES = 241, PER_FRAME = 60 };

struct truth {
    double chance[2]; /* of success */
    double logged;    /* weight of arm a */
    double wanted;    /* the policy's weight of arm a */
};

/* Two hours of decisions every 30 s over windows of a minute, in which requests follow
 * the logged weights, and a policy that wants others. */
static void stage(const struct truth *truth, uint64_t seed, struct tape *t,
                  struct play *p)
{
    struct random chance = random_stream(seed, 0);
    double good[2] = {0, 0}, events[2] = {0, 0};

    *t = (struct tape){.route = route_new_here(), .count = FRAMES};
    t->frames = mem_alloc(FRAMES, sizeof(*t->frames));
    *p = (struct play){.arm_count = 2, .count = FRAMES, .route = route_new_here()};
    p->weights = mem_alloc(2 * FRAMES, sizeof(double));
    p->rewards = mem_alloc(2 * FRAMES, sizeof(double));
    p->samples = mem_alloc(2 * FRAMES, sizeof(double));
    for (int f = 0; f < FRAMES; f++) {
        uint64_t to_a = draw_binomial(&chance, PER_FRAME, truth->logged);

        t->frames[f].time_ms = T0 * 1000LL + f * 30000LL;
        for (int a = 0; a < 2; a++) {
            uint64_t n = a ? PER_FRAME - to_a : to_a;
            double g = (double)draw_binomial(&chance, n, truth->chance[a]);
            int cell = 2 * f + a;

            t->frames[f].seen.arms[a].applied = a ? 1 - truth->logged : truth->logged;
            p->weights[cell] = a ? 1 - truth->wanted : truth->wanted;
            p->samples[cell] = (double)n + events[a];
            p->rewards[cell] = (g + good[a]) / p->samples[cell];
            good[a] = g;
            events[a] = (double)n;
        }
    }
}

static void clear(struct tape *t, struct play *p)
{
    play_clear(p);
    tape_clear(t);
}

static double truth_of(const struct truth *t)
{
    return t->wanted * t->chance[0] + (1 - t->wanted) * t->chance[1];
}

static void estimates_are_right_and_intervals_cover(void **state)
{
    static const struct truth rows[] = {
        {{0.95, 0.80}, 0.7, 0.2},
        {{0.60, 0.90}, 0.5, 0.9},
        {{0.97, 0.95}, 0.3, 0.8},
    };
    enum { RUNS = 60 };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        double sum[ESTIMATOR_COUNT] = {0};
        int covered = 0;

        for (uint64_t seed = 0; seed < RUNS; seed++) {
            struct tape t;
            struct play p;
            struct estimate e;

            stage(&rows[r], seed, &t, &p);
            estimate_play(&p, &p, &t, seed, &e);
            assert_int_equal(e.blocks, (FRAMES - 1) / 2); /* no request twice */
            assert_true(fabs(e.requests - PER_FRAME * (FRAMES - 1)) < 1e-6);
            for (size_t k = 0; k < ESTIMATOR_COUNT; k++) {
                sum[k] += e.value[k].value;
                assert_true(e.value[k].low <= e.value[k].high);
            }
            covered += e.value[ESTIMATOR_DR].low <= truth_of(&rows[r]) &&
                       e.value[ESTIMATOR_DR].high >= truth_of(&rows[r]);
            for (enum doubt d = 0; d < DOUBT_COUNT; d++)
                assert_false(e.doubts[d]);
            clear(&t, &p);
        }
        for (size_t k = 0; k < ESTIMATOR_COUNT; k++)
            if (fabs(sum[k] / RUNS - truth_of(&rows[r])) > 0.003)
                fail_msg("row %zu, %s: %g, not %g", r, estimator_name((enum estimator)k),
                         sum[k] / RUNS, truth_of(&rows[r]));
        if (covered < 0.85 * RUNS) /* of 95 %, in a few runs */
            fail_msg("row %zu: only %d of %d intervals hold the truth", r, covered, RUNS);
    }
}

static void the_policy_that_was_in_force_earned_what_was_earned(void **state)
{
    static const struct truth same = {
        {0.9, 0.7},
        0.6, 0.6
    };
    struct tape t;
    struct play p;
    struct estimate e;

    (void)state;
    stage(&same, 3, &t, &p);
    estimate_play(&p, &p, &t, 1, &e);
    assert_true(fabs(e.value[ESTIMATOR_IPS].value - e.earned) < 1e-12);
    assert_true(fabs(e.value[ESTIMATOR_SNIPS].value - e.earned) < 1e-12);
    assert_true(fabs(e.gain.value) < 0.003);
    assert_true(fabs(e.effective - e.requests) < 1e-6);
    clear(&t, &p);
}

static void what_is_not_to_be_trusted_is_said(void **state)
{
    static const struct truth far = {
        {0.9, 0.7},
        0.003, 0.98
    };
    static const struct truth near = {
        {0.9, 0.7},
        0.5, 0.6
    };
    struct tape t;
    struct play p;
    struct estimate e;

    (void)state;
    stage(&far, 1, &t, &p);
    estimate_play(&p, &p, &t, 1, &e);
    assert_true(e.doubts[DOUBT_LOW_PROPENSITY]);
    assert_true(e.doubts[DOUBT_FEW_EFFECTIVE]);
    assert_false(e.doubts[DOUBT_FEW_BLOCKS]);
    clear(&t, &p);

    stage(&near, 1, &t, &p);
    t.count = p.count = 21;
    estimate_play(&p, &p, &t, 1, &e);
    assert_true(e.doubts[DOUBT_FEW_BLOCKS]);
    t.count = p.count = FRAMES;
    for (size_t f = 0; f < FRAMES; f++)
        t.frames[f].seen.arms[0].applied = NAN;
    estimate_play(&p, &p, &t, 1, &e);
    assert_true(e.doubts[DOUBT_UNKNOWN_WEIGHTS]);
    for (size_t f = 0; f < FRAMES; f++)
        for (size_t a = 0; a < 2; a++)
            t.frames[f].seen.arms[a].applied = a ? 0.1 : 0.9;
    estimate_play(&p, &p, &t, 1, &e);
    assert_true(e.doubts[DOUBT_SHARES_DIFFER]);
    for (size_t f = 0; f < 2 * FRAMES / 4; f++)
        p.rewards[f] = NAN;
    estimate_play(&p, &p, &t, 1, &e);
    assert_true(e.doubts[DOUBT_MISSING_DATA]);
    for (size_t f = 0; f < 2 * FRAMES; f++)
        p.rewards[f] = NAN;
    estimate_play(&p, &p, &t, 1, &e);
    assert_int_equal(e.blocks, 0);
    assert_true(isnan(e.value[ESTIMATOR_DR].value) && isnan(e.earned));
    clear(&t, &p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moment_is_answered_as_prometheus_would),
        cmocka_unit_test(faults_of_series_hold_as_they_do_live),
        cmocka_unit_test(samples_are_found_by_time),
        cmocka_unit_test(estimates_are_right_and_intervals_cover),
        cmocka_unit_test(the_policy_that_was_in_force_earned_what_was_earned),
        cmocka_unit_test(what_is_not_to_be_trusted_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
