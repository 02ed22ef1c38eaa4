/* SPDX-License-Identifier: Apache-2.0 */
/* Every input missing, one after the other: what is decided without it, and that nothing
 * moves on no data. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>

#include "support/stage.h"

enum { LEADER, OTHER, SPARE, ARMS };

/* What is done to an arm's data. */
enum harm {
    HARM_NONE,
    HARM_NO_SERIES,
    HARM_NO_GOOD,
    HARM_NO_EVENTS,
    HARM_NO_TRAFFIC,
    HARM_STALE,
    HARM_NEVER_SCRAPED,
    HARM_INFINITE_GOOD,
    HARM_INFINITE_EVENTS,
    HARM_NEGATIVE,
    HARM_COUNT
};

static const char *const harm_names[HARM_COUNT] = {
    "none",  "no series",     "no good",       "no events",       "no traffic",
    "stale", "never scraped", "infinite good", "infinite events", "negative"};

static void do_harm(struct stage *s, size_t arm, enum harm harm)
{
    static const struct {
        double good, events;
    } counts[HARM_COUNT] = {
        [HARM_NO_SERIES] = {NAN,      NAN     },
          [HARM_NO_GOOD] = {NAN,      1000    },
        [HARM_NO_EVENTS] = {970,      NAN     },
          [HARM_NO_TRAFFIC] = {0,        0       },
        [HARM_INFINITE_GOOD] = {INFINITY, 1       },
          [HARM_INFINITE_EVENTS] = {1,        INFINITY},
        [HARM_NEGATIVE] = {-1,       1000    },
    };

    if (harm == HARM_STALE)
        s->seen.arms[arm].newest_ms = s->now_ms - 600000;
    else if (harm == HARM_NEVER_SCRAPED)
        s->seen.arms[arm].newest_ms = 0;
    else if (harm != HARM_NONE)
        stage_see(s, arm, 0, counts[harm].good, counts[harm].events);
}

struct memory {
    double weights[ARMS], ema[ARMS], error[ARMS], pooled[ARMS], lifetime[ARMS];
    int64_t counted[ARMS];
    int leader;
};

static struct memory remember(const struct stage *s)
{
    struct memory m = {.leader = s->status.leader};

    for (size_t i = 0; i < ARMS; i++) {
        const struct route_arm_status *a = &s->status.arms[i];

        m.weights[i] = a->desired;
        m.ema[i] = a->reward_ema;
        m.error[i] = a->reward_stderr;
        m.pooled[i] = a->discounted_events;
        m.lifetime[i] = a->lifetime_samples;
        m.counted[i] = a->counted_until_ms;
    }
    return m;
}

static bool same(const struct memory *a, const struct memory *b)
{
    for (size_t i = 0; i < ARMS; i++)
        if (a->weights[i] != b->weights[i] || a->ema[i] != b->ema[i] ||
            a->error[i] != b->error[i] || a->pooled[i] != b->pooled[i] ||
            a->lifetime[i] != b->lifetime[i] || a->counted[i] != b->counted[i])
            return false;
    return a->leader == b->leader;
}

static void prepare(struct stage *s, enum route_policy_type policy)
{
    stage_init(s, ARMS, 1);
    s->spec.policy.type = policy;
    stage_settle(s);
}

static void every_problem_of_the_whole_holds_with_its_own_reason(void **state)
{
    (void)state;
    for (int policy = 0; policy < POLICY_TYPE_COUNT; policy++)
        for (int problem = REASON_NO_DATA; problem < REASON_COUNT; problem++) {
            struct stage s;
            struct memory before;
            struct memory after;

            prepare(&s, (enum route_policy_type)policy);
            before = remember(&s);
            s.seen.problem = (enum reason)problem;
            (void)snprintf(s.seen.detail, sizeof(s.seen.detail), "what happened");
            stage_see(&s, OTHER, 0, 1000, 1000);
            stage_decide(&s);
            after = remember(&s);
            assert_int_equal(s.last.verdict, VERDICT_HELD);
            assert_int_equal(s.last.reason, problem);
            assert_true(same(&before, &after));
            assert_true(s.last.regret == 0);
            assert_string_equal(s.status.message, "what happened");
            assert_int_equal(s.status.conditions[CONDITION_READY].status,
                             CONDITION_FALSE);
            /* Of metrics that were not asked for, nothing can be said. */
            assert_int_equal(s.status.conditions[CONDITION_METRICS_AVAILABLE].status,
                             problem <= REASON_BAD_ANSWER ? CONDITION_FALSE
                                                          : CONDITION_UNKNOWN);
            assert_int_equal(s.status.conditions[CONDITION_METRICS_AVAILABLE].reason,
                             problem);
            stage_clear(&s);
        }
}

static void an_arm_that_died_between_decisions_says_nothing_of_the_metrics(void **state)
{
    static const enum reason before[] = {REASON_NONE, REASON_PROMETHEUS_DOWN,
                                         REASON_DATA_PLANE_DOWN};

    (void)state;
    for (size_t b = 0; b < ARRAY_LEN(before); b++) {
        struct stage s;
        struct route_condition was;

        prepare(&s, POLICY_EPSILON_GREEDY);
        s.seen.problem = before[b];
        stage_decide(&s);
        was = s.status.conditions[CONDITION_METRICS_AVAILABLE];
        s.seen.problem = REASON_ARM_NOT_READY;
        s.seen.arms[OTHER].ready = false;
        stage_decide(&s);
        assert_int_equal(s.last.verdict, VERDICT_ADJUSTED);
        assert_true(s.last.weights[OTHER] == 0);
        assert_memory_equal(&was, &s.status.conditions[CONDITION_METRICS_AVAILABLE],
                            sizeof(was));
        stage_clear(&s);
    }
}

static void
every_harm_to_an_arm_is_told_and_moves_nothing_that_it_should_not(void **state)
{
    static const struct {
        enum harm harm;
        enum reason leader; /* why it is held when the leader is harmed */
        enum reason all;    /* when every arm is */
        bool others;        /* whether harm to another arm holds as well */
    } rows[] = {
        {HARM_NO_SERIES,       REASON_NO_DATA,    REASON_NO_DATA,    false},
        {HARM_NO_GOOD,         REASON_NO_DATA,    REASON_NO_DATA,    false},
        {HARM_NO_EVENTS,       REASON_NO_DATA,    REASON_NO_DATA,    false},
        {HARM_NO_TRAFFIC,      REASON_NO_DATA,    REASON_NO_DATA,    false},
        {HARM_STALE,           REASON_STALE_DATA, REASON_STALE_DATA, false},
        {HARM_NEVER_SCRAPED,   REASON_NO_DATA,    REASON_NO_DATA,    false},
        {HARM_INFINITE_GOOD,   REASON_INFINITE,   REASON_INFINITE,   true },
        {HARM_INFINITE_EVENTS, REASON_INFINITE,   REASON_INFINITE,   true },
        {HARM_NEGATIVE,        REASON_BAD_ANSWER, REASON_BAD_ANSWER, true },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++)
        for (int whom = 0; whom < 3; whom++) { /* the leader, another, all */
            struct stage s;
            struct memory before;
            struct memory after;
            bool held = whom != 1 || rows[r].others;

            prepare(&s, POLICY_EPSILON_GREEDY);
            before = remember(&s);
            for (size_t i = 0; i < ARMS; i++)
                if (whom == 2 || (int)i == whom)
                    do_harm(&s, i, rows[r].harm);
            stage_decide(&s);
            after = remember(&s);
            if ((s.last.verdict == VERDICT_HELD) != held)
                fail_msg("%s, whom %d: %s", harm_names[rows[r].harm], whom,
                         verdict_name(s.last.verdict));
            if (held && s.last.reason != (whom == 2 ? rows[r].all : rows[r].leader))
                fail_msg("%s, whom %d: %s", harm_names[rows[r].harm], whom,
                         reason_name(s.last.reason));
            if (held && !same(&before, &after))
                fail_msg("%s, whom %d: something moved", harm_names[rows[r].harm], whom);
            if (!held) { /* the harmed arm stands still, the others go on */
                assert_true(after.ema[OTHER] == before.ema[OTHER]);
                assert_true(after.weights[OTHER] <= before.weights[OTHER] + 1e-12);
                assert_true(after.counted[SPARE] > before.counted[SPARE]);
            }
            stage_clear(&s);
        }
}

static void an_arm_that_cannot_be_seen_is_never_promoted(void **state)
{
    (void)state;
    for (int harm = HARM_NO_SERIES; harm <= HARM_NEVER_SCRAPED; harm++) {
        struct stage s;

        prepare(&s, POLICY_EPSILON_GREEDY);
        s.status.arms[OTHER].reward_ema =
            1; /* by far the best, from what is remembered */
        do_harm(&s, OTHER, (enum harm)harm);
        stage_decide(&s);
        /* Without traffic it is only idle: what is remembered still counts. */
        if (s.status.leader != (harm == HARM_NO_TRAFFIC ? OTHER : LEADER))
            fail_msg("%s", harm_names[harm]);
        stage_clear(&s);
    }
}

static void the_missing_policies_differ_as_they_say(void **state)
{
    static const struct {
        enum route_missing missing;
        bool seen; /* whether the arm has a reward */
        double reward;
    } rows[] = {
        {MISSING_HOLD,   false, NAN              },
        {MISSING_IGNORE, true,  (0.97 + 0.98) / 2}, /* the leader's 0.98 stands in */
        {MISSING_ZERO,   true,  0.97 / 2         },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct stage s;

        stage_init(&s, ARMS, 2);
        stage_settle(&s);
        s.objectives[1].missing = rows[r].missing;
        stage_see(&s, OTHER, 1, NAN, NAN);
        stage_decide(&s);
        assert_int_equal(s.last.verdict, VERDICT_KEPT);
        if (rows[r].seen)
            assert_true(fabs(s.status.arms[OTHER].reward - rows[r].reward) < 1e-9);
        else
            assert_true(isnan(s.status.arms[OTHER].reward));
        stage_clear(&s);
    }
}

static void an_objective_that_nobody_has_is_left_out_for_all(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, ARMS, 2);
    s.objectives[1].missing = MISSING_IGNORE;
    for (size_t i = 0; i < ARMS; i++) {
        stage_see(&s, i, 0, 900, 1000);
        stage_see(&s, i, 1, NAN, NAN);
    }
    stage_decide(&s);
    for (size_t i = 0; i < ARMS; i++)
        assert_true(fabs(s.status.arms[i].reward - 0.9) < 1e-12);
    stage_clear(&s);
}

static void a_missing_objective_without_weight_is_no_loss(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, ARMS, 2);
    stage_settle(&s);
    s.objectives[1].weight = 0; /* there for its min only */
    stage_see(&s, LEADER, 1, NAN, NAN);
    stage_decide(&s);
    assert_int_equal(s.last.verdict, VERDICT_KEPT);
    stage_clear(&s);
}

static void an_unknown_data_plane_keeps_what_was_known_of_it(void **state)
{
    struct stage s;

    (void)state;
    prepare(&s, POLICY_EPSILON_GREEDY);
    s.seen.data_plane_known = false;
    for (size_t i = 0; i < ARMS; i++)
        s.seen.arms[i].ready = false;
    stage_decide(&s);
    assert_int_equal(s.last.verdict, VERDICT_KEPT);
    assert_int_equal(s.status.arms[LEADER].state, ARM_ACTIVE);
    assert_int_equal(s.status.conditions[CONDITION_ROUTE_PROGRAMMED].status,
                     CONDITION_UNKNOWN);
    stage_clear(&s);
}

static void good_beyond_events_is_cut_and_counted(void **state)
{
    struct stage s;

    (void)state;
    prepare(&s, POLICY_EPSILON_GREEDY);
    stage_see(&s, OTHER, 0, 1001, 1000);
    stage_decide(&s);
    assert_int_equal(s.last.clamps, 1);
    assert_true(s.status.arms[OTHER].reward == 1);
    stage_clear(&s);
}

static void a_hold_ends_where_it_began(void **state)
{
    struct stage s;
    struct memory before;

    (void)state;
    prepare(&s, POLICY_DISCOUNTED_COUNTS);
    before = remember(&s);
    s.seen.problem = REASON_PROMETHEUS_DOWN;
    for (int i = 0; i < 100; i++)
        stage_decide(&s);
    s.seen.problem = REASON_NONE;
    for (size_t i = 0; i < ARMS; i++)
        s.seen.arms[i].newest_ms = s.now_ms;
    stage_decide(&s);
    assert_int_equal(s.last.verdict, VERDICT_KEPT);
    for (size_t i = 0; i < ARMS; i++) {
        assert_true(s.status.arms[i].desired == before.weights[i]);
        /* Old evidence has aged with the clock, not with the decisions. */
        assert_true(s.status.arms[i].discounted_events < before.pooled[i]);
    }
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_of_the_whole_holds_with_its_own_reason),
        cmocka_unit_test(an_arm_that_died_between_decisions_says_nothing_of_the_metrics),
        cmocka_unit_test(
            every_harm_to_an_arm_is_told_and_moves_nothing_that_it_should_not),
        cmocka_unit_test(an_arm_that_cannot_be_seen_is_never_promoted),
        cmocka_unit_test(the_missing_policies_differ_as_they_say),
        cmocka_unit_test(an_objective_that_nobody_has_is_left_out_for_all),
        cmocka_unit_test(a_missing_objective_without_weight_is_no_loss),
        cmocka_unit_test(an_unknown_data_plane_keeps_what_was_known_of_it),
        cmocka_unit_test(good_beyond_events_is_cut_and_counted),
        cmocka_unit_test(a_hold_ends_where_it_began),
    };

    return cmocka_run_group_tests_name("core_missing", tests, NULL, NULL);
}
