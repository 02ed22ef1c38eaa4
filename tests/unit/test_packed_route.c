/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "controller/packed_route.h"

enum { ROUNDS = 500, DENSITIES = 5 };

/* xorshift64 */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* So many fifths of the bytes are something. */
static void fill(void *array, size_t bytes, unsigned fifths, uint64_t *state)
{
    for (size_t i = 0; i < bytes; i++)
        ((uint8_t *)array)[i] =
            next(state) % DENSITIES < fifths ? (uint8_t)(next(state) | 1) : 0;
}

static struct bandit_route *any_route(size_t arms, size_t objectives, bool decided,
                                      uint64_t *state)
{
    struct bandit_route *r = route_new();
    const unsigned fifths = (unsigned)(next(state) % (DENSITIES + 1));

    fill(r->name, sizeof(r->name), fifths, state);
    r->spec.arm_count = arms;
    r->spec.arms = mem_alloc(arms, sizeof(*r->spec.arms));
    fill(r->spec.arms, arms * sizeof(*r->spec.arms), fifths, state);
    r->spec.reward.objective_count = objectives;
    r->spec.reward.objectives = mem_alloc(objectives, sizeof(struct route_objective));
    fill(r->spec.reward.objectives, objectives * sizeof(struct route_objective), fifths,
         state);
    if (!decided)
        return r;
    r->status.arms = mem_alloc(arms, sizeof(*r->status.arms));
    fill(r->status.arms, arms * sizeof(*r->status.arms), fifths, state);
    r->status.objectives = mem_alloc(arms * objectives, sizeof(*r->status.objectives));
    fill(r->status.objectives, arms * objectives * sizeof(*r->status.objectives),
         DENSITIES, state);
    return r;
}

static void assert_same(const void *got, const void *want, size_t bytes)
{
    assert_true(!got == !want);
    if (want)
        assert_memory_equal(got, want, bytes);
}

static void assert_comes_back(const struct bandit_route *r)
{
    const size_t arms = r->spec.arm_count, objectives = r->spec.reward.objective_count;
    CLEANUP(mem_freep)
    struct packed_route *packed = route_pack(r);
    CLEANUP(route_freep)
    struct bandit_route *got = route_unpack(packed);

    assert_memory_equal(got->name, r->name, sizeof(r->name));
    assert_memory_equal(&got->spec.policy, &r->spec.policy, sizeof(r->spec.policy));
    assert_same(got->spec.arms, r->spec.arms, arms * sizeof(*r->spec.arms));
    assert_same(got->spec.reward.objectives, r->spec.reward.objectives,
                objectives * sizeof(struct route_objective));
    assert_same(got->status.arms, r->status.arms, arms * sizeof(*r->status.arms));
    assert_same(got->status.objectives, r->status.objectives,
                arms * objectives * sizeof(*r->status.objectives));
}

static void every_byte_comes_back(void **state)
{
    uint64_t seed = 20240517;

    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = any_route(1 + next(&seed) % ROUTE_ARMS_MAX,
                                           1 + next(&seed) % ROUTE_OBJECTIVES_MAX,
                                           next(&seed) % 3 != 0, &seed);

        assert_comes_back(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
