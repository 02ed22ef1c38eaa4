/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes that outlive a process: they stand in files, or two versions of a program must
 * agree on them. The wanted values were made by another program, from the definition. */
#include "support/test.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "exporter/shard.h"
#include "journal/entry.h"

/* From the definition's own list of test vectors. */
static void the_hash_is_fnv_1a(void **state)
{
    static const struct {
        const char *text;
        uint64_t want;
    } rows[] = {
        {"",       UINT64_C(0xcbf29ce484222325)},
        {"a",      UINT64_C(0xaf63dc4c8601ec8c)},
        {"foobar", UINT64_C(0x85944171f73967e8)},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *text = rows[i].text;

        assert_true(hash_text(HASH_SEED, text) == rows[i].want);
        assert_true(hash_bytes(HASH_SEED, text, strlen(text)) == rows[i].want);
    }
    assert_true(hash_bytes(hash_text(HASH_SEED, "foo"), "bar", 3) == rows[2].want);
}

static void an_object_stays_with_its_shard(void **state)
{
    static const struct {
        const char *namespace, *name;
        int64_t of_three, of_many; /* of_many: of a million and three, the hash itself */
    } rows[] = {
        {"default", "digits",              1, 818206},
        {"team-a",  "iris",                2, 825441},
        {"default", "\xc3\xbc",            2, 966586},
        {"a",       "b",                   0, 324839},
        {"prod",    "checkout-ranking-v2", 0, 106712},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct shard few = {rows[i].of_three, 3};
        const struct shard many = {rows[i].of_many, 1000003};

        assert_true(shard_has(&few, rows[i].namespace, rows[i].name));
        assert_true(shard_has(&many, rows[i].namespace, rows[i].name));
    }
}

static void the_digest_of_a_state_stays(void **state)
{
    struct route_arm_status arms[] = {
        {
         .state = ARM_ACTIVE,
         .state_since_ms = INT64_C(1700000000000),
         .desired = 0.75,
         .reward_ema = 0.875,
         .reward_stderr = NAN,
         .discounted_good = 1e300,
         .discounted_events = 0.1,
         .lifetime_samples = 100,
         .counted_until_ms = INT64_C(1795253400125),
         },
        {
         .state = ARM_EJECTED,
         .state_since_ms = -1,
         .desired = 0.25,
         .reward_ema = -NAN,
         .reward_stderr = 0.03125,
         .lifetime_samples = 5e-324,
         .ejected_until_ms = INT64_C(1795253460125),
         .ejections = 3,
         },
    };
    struct bandit_route r = {
        .spec.arm_count = 2,
        .status = {.leader = 1,
                   .last_leader_change_ms = INT64_C(1795253400125),
                   .flapping = 0.5,
                   .estimated_regret = 12.25,
                   .exploration_cost = -0.0,
                   .arms = arms},
    };

    (void)state;
    assert_true(entry_digest(&r) == UINT64_C(0x4c8b4a023e769f33));
    /* What is only told to people does not count. */
    arms[0].reward = 0.5;
    r.status.decisions = 7;
    assert_true(entry_digest(&r) == UINT64_C(0x4c8b4a023e769f33));
    r.status = (struct route_status){.leader = ROUTE_NO_ARM};
    assert_true(entry_digest(&r) == UINT64_C(0x1c2871dcb514e6bd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_fnv_1a),
        cmocka_unit_test(an_object_stays_with_its_shard),
        cmocka_unit_test(the_digest_of_a_state_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
