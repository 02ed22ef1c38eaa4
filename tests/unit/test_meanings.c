/* SPDX-License-Identifier: Apache-2.0 */
/* What the manual says of verdicts, reasons and conditions is what decisions do. */
#include "support/test.h"

#include <string.h>

#include "route/route_meanings.h"
#include "support/chaos.h"

enum { ROUTES = 1500, DECISIONS = 40 };

static void assert_sentence(const char *text, const char *of)
{
    size_t len = text ? strlen(text) : 0;

    if (len < 5 || text[len - 1] != '.' || strchr(text, '|') || strchr(text, '\n'))
        fail_msg("%s: \"%s\"", of, text ? text : "nothing");
}

static void every_word_has_a_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < VERDICT_COUNT; i++) {
        assert_sentence(route_verdict_meanings[i].what, verdict_name((enum verdict)i));
        assert_sentence(route_verdict_meanings[i].weights, verdict_name((enum verdict)i));
    }
    for (size_t i = 0; i < REASON_COUNT; i++) {
        assert_sentence(route_reason_meanings[i].when, reason_name((enum reason)i));
        assert_sentence(route_reason_meanings[i].remedy, reason_name((enum reason)i));
    }
    for (size_t i = 0; i < CONDITION_COUNT; i++) {
        const char *name = condition_name((enum condition_type)i);

        assert_sentence(route_condition_meanings[i].when_true, name);
        assert_sentence(route_condition_meanings[i].when_false, name);
        assert_sentence(route_condition_meanings[i].remedy, name);
    }
    for (size_t i = 0; i < ARM_STATE_COUNT; i++) {
        assert_sentence(route_arm_state_meanings[i].when,
                        arm_state_name((enum arm_state)i));
        assert_sentence(route_arm_state_meanings[i].traffic,
                        arm_state_name((enum arm_state)i));
        assert_sentence(route_arm_state_meanings[i].next,
                        arm_state_name((enum arm_state)i));
    }
    for (const struct event_meaning *m = route_event_meanings; m->name; m++) {
        assert_sentence(m->when, m->name);
        assert_sentence(m->remedy, m->name);
    }
}

/* What was seen of decisions about routes made up at random: a bit each. */
static struct {
    unsigned verdicts[REASON_COUNT];
    unsigned statuses[CONDITION_COUNT];
    unsigned events[REASON_COUNT];
} found;

/* chaos_step() tells problems that nobody can have: a hold for one of these is its own.
 */
static bool is_made_up(const struct stage *s)
{
    return s->last.verdict == VERDICT_HELD && s->last.reason == s->seen.problem &&
           !(route_reason_meanings[s->seen.problem].verdicts >> VERDICT_HELD & 1U);
}

static void look(const struct stage *s)
{
    if (is_made_up(s))
        return;
    found.verdicts[s->last.reason] |= 1U << s->last.verdict;
    for (size_t c = 0; c < CONDITION_COUNT; c++)
        found.statuses[c] |= 1U << s->status.conditions[c].status;
    for (size_t i = 0; i < s->last.event_count; i++)
        found.events[s->last.events[i].reason] |= 1U << s->last.events[i].type;
}

static int look_at_many(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= ROUTES; seed++) {
        struct chance c = {.state = seed * 0x9e3779b97f4a7c15U};
        struct stage s;

        chaos_init(&s, &c);
        for (int i = 0; i < DECISIONS; i++) {
            chaos_step(&s, &c);
            look(&s);
        }
        stage_clear(&s);
    }
    return 0;
}

static void reasons_come_with_the_verdicts_that_are_said(void **state)
{
    bool same = true;

    (void)state;
    for (size_t r = 0; r < REASON_COUNT; r++) {
        unsigned said = route_reason_meanings[r].verdicts;

        for (size_t v = 0; v < VERDICT_COUNT; v++)
            if ((said ^ found.verdicts[r]) >> v & 1U)
                print_message("%s with %s: %s\n", reason_name((enum reason)r),
                              verdict_name((enum verdict)v),
                              said >> v & 1U ? "never seen" : "not said");
        same &= said == found.verdicts[r];
    }
    assert_true(same);
}

static void conditions_have_the_statuses_that_are_said(void **state)
{
    (void)state;
    for (size_t c = 0; c < CONDITION_COUNT; c++) {
        bool unknown = found.statuses[c] >> CONDITION_UNKNOWN & 1U;

        if (c == CONDITION_ROUTE_PROGRAMMED)
            continue; /* the shell has the last word */
        assert_true(found.statuses[c] >> CONDITION_TRUE & 1U);
        assert_true(found.statuses[c] >> CONDITION_FALSE & 1U);
        assert_int_equal(unknown, route_condition_meanings[c].when_unknown != NULL);
    }
}

/* Beside those in the list, any decision that was made may be told of, and any hold. */
static void events_have_the_types_that_are_said(void **state)
{
    unsigned said[REASON_COUNT] = {0};

    (void)state;
    for (const struct reason_event_meaning *m = route_reason_event_meanings; m->when; m++)
        said[m->reason] |= 1U << (m->warning ? EVENT_WARNING : EVENT_NORMAL);
    for (size_t r = 0; r < REASON_COUNT; r++) {
        bool held = route_reason_meanings[r].verdicts >> VERDICT_HELD & 1U;
        bool made = route_reason_meanings[r].verdicts & ~(1U << VERDICT_HELD);
        unsigned beside = (unsigned)made << EVENT_NORMAL | (unsigned)held
                                                               << EVENT_WARNING;

        if (said[r] & ~found.events[r] || found.events[r] & ~(said[r] | beside))
            fail_msg("%s: %x said, %x told", reason_name((enum reason)r), said[r],
                     found.events[r]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_has_a_meaning),
        cmocka_unit_test(reasons_come_with_the_verdicts_that_are_said),
        cmocka_unit_test(conditions_have_the_statuses_that_are_said),
        cmocka_unit_test(events_have_the_types_that_are_said),
    };

    return cmocka_run_group_tests(tests, look_at_many, NULL);
}
