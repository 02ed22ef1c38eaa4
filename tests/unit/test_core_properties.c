/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of every decision, tried on many routes made up at random. */
#include "support/test.h"

#include <math.h>
#include <string.h>

#include "support/chaos.h"

static void promises_hold_whatever_comes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct chance c = {.state = seed * 0x9e3779b97f4a7c15U};
        struct stage s;

        chaos_init(&s, &c);
        for (int i = 0; i < 60; i++)
            chaos_step(&s, &c); /* aborts */
        stage_clear(&s);
    }
}

/* The same history told with the arms in reverse order. */
static void mirror(const struct stage *from, struct stage *to)
{
    size_t n = from->spec.arm_count;

    to->spec.policy = from->spec.policy;
    to->spec.guardrails = from->spec.guardrails;
    to->spec.interval_ms = from->spec.interval_ms;
    to->spec.reward.window = from->spec.reward.window;
    to->spec.baseline = n - 1 - from->spec.baseline;
    memcpy(to->objectives, from->objectives, sizeof(to->objectives));
    to->seen.problem = from->seen.problem;
    for (size_t i = 0; i < n; i++)
        to->seen.arms[n - 1 - i] = from->seen.arms[i];
}

static void the_order_of_the_arms_does_not_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct chance c = {.state = seed * 0x9e3779b97f4a7c15U};
        struct stage s;
        struct stage other;

        chaos_init(&s, &c);
        s.spec.mode = MODE_ACTIVE;
        s.spec.pin.set = false;
        stage_init(&other, s.spec.arm_count, s.spec.reward.objective_count);
        for (int i = 0; i < 20; i++) {
            chaos_see_plausible(&s, &c);
            mirror(&s, &other);
            stage_decide(&s);
            stage_decide(&other);
            for (size_t k = 0; k < s.spec.arm_count; k++)
                if (fabs(s.last.weights[k] -
                         other.last.weights[s.spec.arm_count - 1 - k]) > 1e-6)
                    fail_msg("seed %d step %d arm %zu: %g and %g", (int)seed, i, k,
                             s.last.weights[k],
                             other.last.weights[s.spec.arm_count - 1 - k]);
        }
        stage_clear(&s);
        stage_clear(&other);
    }
}

/* With one objective and all else equal, an arm that had more good answers never gets
 * less traffic for it. */
static void better_never_means_less(void **state)
{
    static const enum route_policy_type policies[] = {
        POLICY_EPSILON_GREEDY, POLICY_SOFTMAX, POLICY_PROBABILITY_OF_BEST};

    (void)state;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct chance c = {.state = seed * 0x9e3779b97f4a7c15U};
        struct stage s;
        struct decision better = {.write = false};
        size_t arm;

        stage_init(&s, 2 + chance_below(&c, 4), 1);
        s.spec.policy.type = policies[seed % ARRAY_LEN(policies)];
        for (int i = 0; i < 5; i++) {
            chaos_see_plausible(&s, &c);
            stage_decide(&s);
        }
        s.status.flapping = 0; /* a change of leader would damp the steps of all */
        chaos_see_plausible(&s, &c);
        s.now_ms += s.spec.interval_ms;
        for (size_t i = 0; i < s.spec.arm_count; i++)
            s.seen.arms[i].newest_ms = s.now_ms;
        arm = chance_below(&c, (uint32_t)s.spec.arm_count);
        core_decide(&s.spec, &s.status, &s.seen, 1, s.now_ms, &s.last);
        s.seen.arms[arm].objectives[0].good +=
            chance_unit(&c) *
            (s.seen.arms[arm].objectives[0].events - s.seen.arms[arm].objectives[0].good);
        core_decide(&s.spec, &s.status, &s.seen, 1, s.now_ms, &better);
        if (better.weights[arm] < s.last.weights[arm] - 1e-3)
            fail_msg("seed %d: %g became %g", (int)seed, s.last.weights[arm],
                     better.weights[arm]);
        decision_clear(&better);
        stage_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promises_hold_whatever_comes),
        cmocka_unit_test(the_order_of_the_arms_does_not_matter),
        cmocka_unit_test(better_never_means_less),
    };

    return cmocka_run_group_tests_name("core_properties", tests, NULL, NULL);
}
