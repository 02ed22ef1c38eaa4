/* SPDX-License-Identifier: Apache-2.0 */
/* A wall clock that is set back, or a node that takes over and whose clock is behind:
 * nobody waits for it to catch up. */
#include "support/test.h"

#include "support/decided.h"
#include "support/stage.h"

enum { HOUR_MS = 3600 * 1000, INTERVAL_MS = 30000 };

/* Prometheus stamps scrapes with the same clock. */
static void set_clock(struct stage *s, int64_t by_ms)
{
    s->now_ms += by_ms;
    for (size_t i = 0; i < s->spec.arm_count; i++)
        s->seen.arms[i].newest_ms = s->now_ms;
}

static void assert_nothing_is_to_come(const struct stage *s)
{
    assert_true(s->status.last_leader_change_ms <= s->now_ms);
    assert_true(s->status.last_observation_ms <= s->now_ms);
    for (size_t i = 0; i < s->spec.arm_count; i++) {
        assert_true(s->status.arms[i].state_since_ms <= s->now_ms);
        assert_true(s->status.arms[i].counted_until_ms <= s->now_ms);
    }
    for (size_t c = 0; c < CONDITION_COUNT; c++)
        assert_true(s->status.conditions[c].since_ms <= s->now_ms);
}

/* Decisions until arm b, which is better from now on, leads. */
static int decisions_to_follow(struct stage *s)
{
    int n = 0;

    stage_see(s, 1, 0, 1000, 1000);
    for (; s->status.leader != 1 && n < 1000; n++) {
        stage_decide(s);
        assert_nothing_is_to_come(s);
    }
    return n;
}

static void a_better_arm_is_followed_as_soon_as_ever(void **state)
{
    struct stage s;
    int usual;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    usual = decisions_to_follow(&s);
    stage_clear(&s);
    stage_init(&s, 3, 1);
    stage_settle(&s);
    set_clock(&s, -HOUR_MS);
    assert_int_equal(decisions_to_follow(&s), usual);
    stage_clear(&s);
}

static void dwell_is_not_longer_than_itself(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.guardrails.dwell_ms = 20 * INTERVAL_MS;
    set_clock(&s, -HOUR_MS);
    assert_in_range(decisions_to_follow(&s), 20, 22);
    stage_clear(&s);
}

static void an_ejected_arm_comes_back_after_its_cooldown(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.objectives[0].min = 0.9;
    stage_see(&s, 1, 0, 500, 1000);
    stage_decide(&s);
    assert_int_equal(s.status.arms[1].state, ARM_EJECTED);
    stage_see(&s, 1, 0, 970, 1000);
    set_clock(&s, -HOUR_MS);
    for (int64_t i = 0; i < s.spec.guardrails.cooldown_ms / INTERVAL_MS; i++) {
        assert_int_equal(s.status.arms[1].state, ARM_EJECTED);
        stage_decide(&s);
    }
    stage_decide(&s);
    assert_int_equal(s.status.arms[1].state, ARM_REENTRY);
    assert_nothing_is_to_come(&s);
    stage_clear(&s);
}

/* Half an hour after it came back is no relapse, whatever the clock says. */
static void an_old_ejection_is_forgotten(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.objectives[0].min = 0.9;
    s.status.arms[1].ejections = 1;
    set_clock(&s, -HOUR_MS);
    for (int i = 0; i < HOUR_MS / 2 / INTERVAL_MS; i++)
        stage_decide(&s);
    stage_see(&s, 1, 0, 500, 1000);
    stage_decide(&s);
    assert_int_equal(s.status.arms[1].state, ARM_EJECTED);
    assert_int_equal(s.status.arms[1].ejections, 1);
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_better_arm_is_followed_as_soon_as_ever),
        cmocka_unit_test(dwell_is_not_longer_than_itself),
        cmocka_unit_test(an_ejected_arm_comes_back_after_its_cooldown),
        cmocka_unit_test(an_old_ejection_is_forgotten),
    };

    return cmocka_run_group_tests_name("core_clock", tests, NULL, NULL);
}
