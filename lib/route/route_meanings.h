/* SPDX-License-Identifier: Apache-2.0 */
/* route_meanings.h - what the words of a decision mean: when each is used, and what a
 * person who reads it does about it. docs/decisions.md is made of these tables, and
 * /debug/routes answers with them.
 *
 * The texts are Markdown without tables or headings. That no enumerator lacks its text,
 * and that decisions use the words as it is said here, is tested.
 */
#ifndef ROUTE_ROUTE_MEANINGS_H
#define ROUTE_ROUTE_MEANINGS_H

#include "route/route.h"

struct verdict_meaning {
    const char *what;    /* was decided */
    const char *weights; /* what becomes of them */
};

struct reason_meaning {
    unsigned verdicts; /* that it comes with, a bit each; 0: it is of a condition only */
    const char *when;
    const char *remedy;
};

/* NULL: never in that status. */
struct condition_meaning {
    const char *when_true, *when_false, *when_unknown;
    const char *remedy;
};

struct arm_state_meaning {
    const char *when;
    const char *traffic;
    const char *next; /* how it leaves the state */
};

extern const struct verdict_meaning route_verdict_meanings[VERDICT_COUNT];
extern const struct reason_meaning route_reason_meanings[REASON_COUNT];
extern const struct condition_meaning route_condition_meanings[CONDITION_COUNT];
extern const struct arm_state_meaning route_arm_state_meanings[ARM_STATE_COUNT];

/* Events that are told with a word of their own; the others have a reason's. Ends with a
 * name of NULL. */
struct event_meaning {
    const char *name;
    bool warning;
    const char *when;
    const char *remedy;
};

extern const struct event_meaning route_event_meanings[];

/* Events that have the word of a reason. Besides, the reason of the decision is told when
 * the first arm leads or the route decides again (Normal), and that of a hold or of a
 * refusal when it begins (Warning). */
struct reason_event_meaning {
    enum reason reason;
    bool warning;
    const char *when;
};

/* Ends with a `when` of NULL. */
extern const struct reason_event_meaning route_reason_event_meanings[];

#endif
