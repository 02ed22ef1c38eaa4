/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/route_json.h"
#include "support/route_cases.h"

static uint32_t seed = 1;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static double random_ratio(void)
{
    return random_below(8) ? (double)random_below(1000000) / 999999 : NAN;
}

static int64_t random_time(void)
{
    return random_below(4) ? 1790000000000 + random_below(1 << 23) : 0;
}

static struct bandit_route *route_of(const char *change_yaml)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *change = NULL;
    CLEANUP(json_freep)
    struct json *object = NULL;
    struct bandit_route *r;

    change = json_parse(change_yaml, strlen(change_yaml), &err);
    assert_non_null(change);
    object = case_object(change);
    r = route_from_json(object, &err);
    assert_non_null(r);
    return r;
}

static void fill_arm(struct route_arm_status *a)
{
    a->state = (enum arm_state)random_below(ARM_STATE_COUNT);
    a->state_since_ms = random_time();
    a->applied = random_ratio();
    a->reward = random_ratio();
    a->reward_ema = random_ratio();
    a->reward_stderr = random_ratio();
    a->probability_best = random_ratio();
    a->samples = random_below(100000) / 7.0;
    a->discounted_events = random_below(100000) / 7.0;
    a->discounted_good = a->discounted_events / 2;
    a->lifetime_samples = random_below(1 << 23);
    a->counted_until_ms = random_time();
    a->ejected_until_ms = random_time();
    a->ejections = random_below(9);
}

static void fill(struct bandit_route *r)
{
    struct route_status *s = &r->status;
    double left = 1;

    s->observed_generation = random_below(1 << 23);
    s->last_decision_ms = random_time();
    s->last_observation_ms = random_time();
    s->last_leader_change_ms = random_time();
    s->leader = (int)random_below(4) - 1;
    s->mode = (enum route_mode)random_below(MODE_COUNT);
    s->verdict = (enum verdict)random_below(VERDICT_COUNT);
    s->reason = (enum reason)random_below(REASON_COUNT);
    (void)snprintf(s->message, sizeof(s->message), "caf\xc3\xa9 \"%u\"\n",
                   random_below(100));
    s->exploration = random_ratio();
    s->estimated_regret = random_below(1000) / 3.0;
    s->exploration_cost = random_below(1000) / 3.0;
    s->decisions = random_below(1 << 23);
    s->max_lag_ms = random_below(3600) * 1000;
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        fill_arm(&s->arms[i]);
        s->arms[i].desired = i + 1 < r->spec.arm_count ? left * 0.3 : left;
        left -= s->arms[i].desired;
    }
    for (size_t i = 0; i < r->spec.arm_count * r->spec.reward.objective_count; i++) {
        s->objectives[i].ratio = random_ratio();
        s->objectives[i].events = random_below(100000) / 7.0;
    }
    for (int i = 0; i < CONDITION_COUNT; i++) {
        s->conditions[i].since_ms = random_time();
        if (!s->conditions[i].since_ms)
            continue;
        s->conditions[i].status = (enum condition_status)random_below(3);
        s->conditions[i].reason = (enum reason)random_below(REASON_COUNT);
        s->conditions[i].observed_generation = random_below(100);
        (void)snprintf(s->conditions[i].message, sizeof(s->conditions[i].message), "%u",
                       random_below(2));
    }
}

static char *status_text(const struct bandit_route *r)
{
    CLEANUP(json_freep)
    struct json *j = route_status_to_json(r);
    struct buf text = BUF_INIT(1 << 20);

    json_write(j, &text);
    return buf_take(&text);
}

static void assert_weights_are_sound(const struct bandit_route *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->spec.arm_count; i++) {
        assert_true(r->status.arms[i].desired >= 0 && r->status.arms[i].desired <= 1);
        assert_string_equal(r->status.arms[i].name, r->spec.arms[i].name);
        sum += r->status.arms[i].desired;
    }
    if (fabs(sum - 1) > 1e-6)
        fail_msg("weights sum to %.17g", sum);
    assert_true(r->status.leader >= ROUTE_NO_ARM &&
                r->status.leader < (int)r->spec.arm_count);
}

/* To the bit: a restart must not change what is decided next. */
static void a_status_survives_the_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 500; i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = route_of("{}");
        CLEANUP(route_freep)
        struct bandit_route *copy = NULL;
        CLEANUP(mem_freep)
        char *text = NULL;
        CLEANUP(mem_freep)
        char *again = NULL;
        CLEANUP(json_freep)
        struct json *j = NULL;
        struct error err;

        fill(r);
        text = status_text(r);
        copy = route_of("{}");
        j = json_parse(text, strlen(text), &err);
        assert_non_null(j);
        assert_true(route_status_from_json(copy, j, &err));
        again = status_text(copy);
        assert_string_equal(text, again);
        assert_memory_equal(&r->status.conditions, &copy->status.conditions,
                            sizeof(r->status.conditions));
        for (size_t k = 0; k < r->spec.arm_count; k++)
            assert_true(copy->status.arms[k].desired == r->status.arms[k].desired);
    }
}

static void a_status_is_written_as_kubernetes_has_it(void **state)
{
    static const char want[] =
        "{\"observedGeneration\":3,\"lastDecisionTime\":\"2026-11-22T00:00:00Z\","
        "\"mode\":\"Active\",\"verdict\":\"Adjusted\",\"reason\":\"BestArm\","
        "\"exploration\":0.2,\"estimatedRegret\":0,\"explorationCost\":0,\"flapping\":0,"
        "\"decisions\":8,"
        "\"maxLag\":\"0s\","
        "\"leader\":\"b\",\"summary\":{\"weight\":\"75.0%\",\"reward\":\"0.9000\","
        "\"weights\":\"a=25.0% b=75.0%\"},\"arms\":[{\"name\":\"a\",\"state\":\"Warmup\","
        "\"weight\":{\"desired\":0.25},\"reward\":{},\"samples\":0,\"memory\":{\"good\":"
        "0,"
        "\"events\":0,\"lifetime\":0,\"ejections\":0},\"objectives\":[{\"name\":"
        "\"success\","
        "\"events\":0}]},{\"name\":\"b\",\"state\":\"Active\",\"weight\":{\"desired\":0."
        "75,"
        "\"applied\":0.74},\"reward\":{\"ema\":0.9},\"samples\":0,\"memory\":{\"good\":0,"
        "\"events\":0,\"lifetime\":0,\"ejections\":0},\"objectives\":[{\"name\":"
        "\"success\","
        "\"ratio\":0.99,\"events\":120.5}]}],\"conditions\":[{\"type\":\"Ready\","
        "\"message\":\"\",\"status\":\"True\",\"reason\":\"BestArm\","
        "\"lastTransitionTime\":\"2026-11-22T00:00:00Z\",\"observedGeneration\":3}]}";
    CLEANUP(route_freep)
    struct bandit_route *r =
        route_of("{\"spec\":{\"arms\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"reward\":"
                 "{\"objectives\":[{\"name\":\"success\"}]}}}");
    CLEANUP(mem_freep)
    char *text = NULL;
    struct route_status *s = &r->status;
    const int64_t now = 1795305600000;

    (void)state;
    s->observed_generation = 3;
    s->last_decision_ms = now;
    s->leader = 1;
    s->verdict = VERDICT_ADJUSTED;
    s->reason = REASON_BEST_ARM;
    s->exploration = 0.2;
    s->decisions = 8;
    s->arms[0].desired = 0.25;
    s->arms[1].desired = 0.75;
    s->arms[1].applied = 0.74;
    s->arms[1].reward_ema = 0.9;
    s->arms[1].state = ARM_ACTIVE;
    s->objectives[1] = (struct objective_status){.ratio = 0.99, .events = 120.5};
    s->conditions[CONDITION_READY] =
        (struct route_condition){CONDITION_TRUE, REASON_BEST_ARM, now, 3, ""};
    text = status_text(r);
    assert_string_equal(text, want);
}

static void arms_are_matched_by_name_when_the_list_changes(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = route_of("{}"); /* a b c */
    CLEANUP(mem_freep)
    char *text = NULL;
    struct error err;
    CLEANUP(json_freep)
    struct json *j = NULL;
    static const struct {
        const char *arms;
        double desired[3];
        int leader;
    } rows[] = {
        {"[{\"name\":\"c\"},{\"name\":\"a\"},{\"name\":\"b\"}]",   {0.2, 0.3, 0.5},        2           },
        {"[{\"name\":\"b\"},{\"name\":\"c\"}]",                    {0.5 / 0.7, 0.2 / 0.7}, 0           },
        {"[{\"name\":\"c\"},{\"name\":\"a\"}]",                    {0.4, 0.6},             ROUTE_NO_ARM},
        {"[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"new\"}]",
         {0.98 * 0.3 / 0.8, 0.98 * 0.5 / 0.8, 0.02},
         1                                                                                             },
        {"[{\"name\":\"x\"},{\"name\":\"y\"}]",                    {0.5, 0.5},             ROUTE_NO_ARM},
    };

    (void)state;
    r->status.arms[0].desired = 0.3;
    r->status.arms[1].desired = 0.5;
    r->status.arms[2].desired = 0.2;
    r->status.arms[1].reward_ema = 0.75;
    r->status.leader = 1;
    text = status_text(r);
    j = json_parse(text, strlen(text), &err);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf change = BUF_INIT(4096);
        CLEANUP(route_freep)
        struct bandit_route *other = NULL;
        int b;

        buf_printf(&change, "{\"spec\":{\"arms\":%s}}", rows[i].arms);
        other = route_of(buf_str(&change));
        assert_true(route_status_from_json(other, j, &err));
        assert_weights_are_sound(other);
        for (size_t k = 0; k < other->spec.arm_count; k++)
            if (fabs(other->status.arms[k].desired - rows[i].desired[k]) > 1e-9)
                fail_msg("row %zu arm %zu: %g", i, k, other->status.arms[k].desired);
        assert_int_equal(other->status.leader, rows[i].leader);
        b = route_arm_index(&other->spec, "b");
        if (b >= 0)
            assert_true(other->status.arms[b].reward_ema == 0.75);
    }
}

static struct json *random_value(void)
{
    static const char *const words[] = {"",
                                        "a",
                                        "Active",
                                        "2026-11-22T00:00:00Z",
                                        "-1",
                                        "Infinity",
                                        "9999-99-99T99:99:99Z"};
    struct json *j;

    switch (random_below(9)) {
    case 0:
        return json_new_null();
    case 1:
        return json_new_bool(random_below(2));
    case 2:
        return json_new_number(-1e300);
    case 3:
        return json_new_number(1e300);
    case 4:
        return json_new_number((double)random_below(1000) / 500);
    case 5:
        j = json_new_object();
        json_put_string(j, "name", "a");
        json_put_number(j, "desired", 2);
        return j;
    case 6:
        j = json_new_array();
        json_push(j, json_new_number(1));
        return j;
    default:
        return json_new_string(words[random_below(ARRAY_LEN(words))]);
    }
}

/* A copy in which about one value in `rarely` is another one, or gone. */
static struct json *damaged(const struct json *j, uint32_t rarely)
{
    struct json *copy;

    if (!random_below(rarely))
        return random_value();
    if (!json_is(j, JSON_ARRAY) && !json_is(j, JSON_OBJECT))
        return json_copy(j);
    copy = json_is(j, JSON_ARRAY) ? json_new_array() : json_new_object();
    for (const struct json *c = json_first(j); c; c = json_next(c)) {
        if (!random_below(rarely))
            continue;
        if (json_is(j, JSON_ARRAY))
            json_push(copy, damaged(c, rarely));
        else
            json_put(copy, json_key(c), damaged(c, rarely));
    }
    return copy;
}

static void no_damage_loses_the_object(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = route_of("{}");

    (void)state;
    for (int i = 0; i < 20000; i++) {
        CLEANUP(json_freep)
        struct json *whole = NULL;
        CLEANUP(json_freep)
        struct json *part = NULL;
        struct error err;

        fill(r);
        whole = route_status_to_json(r);
        part = damaged(whole, 2 + random_below(60));
        (void)route_status_from_json(r, part, &err);
        assert_weights_are_sound(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_survives_the_round_trip),
        cmocka_unit_test(a_status_is_written_as_kubernetes_has_it),
        cmocka_unit_test(arms_are_matched_by_name_when_the_list_changes),
        cmocka_unit_test(no_damage_loses_the_object),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
