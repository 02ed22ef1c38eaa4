/* SPDX-License-Identifier: Apache-2.0 */
/* work.h - one decision in the making: what the steps of core_decide() hand on to each
 * other. Private to the core. */
#ifndef CORE_WORK_H
#define CORE_WORK_H

#include "core/decide.h"

/* How much of an arm can be seen at this moment. */
enum sight {
    SIGHT_BLIND,   /* no series, or their newest sample is too old */
    SIGHT_IDLE,    /* scraped, but no traffic in the window */
    SIGHT_PARTIAL, /* traffic, but an objective that counts is missing */
    SIGHT_SEEN,    /* everything that its reward needs */
};

struct arm_work {
    const struct arm_observation *seen;
    const struct route_arm_status *was; /* in the status before */
    struct route_arm_status *now;       /* in the status that is being made */
    struct objective_status *objectives;
    enum sight sight;
    bool stale;         /* blind because of the age of the data */
    bool ready;         /* the data plane can send it traffic */
    bool failing;       /* an objective is below its min, beyond chance */
    double deficit;     /* by how much, the worst of them */
    int64_t elapsed_ms; /* since a decision counted it last */
    double fresh;       /* share of its window that no decision has counted yet */

    double reward, reward_stderr; /* of this window; upper bound where SIGHT_PARTIAL */
    double trials, successes;     /* the same as that many Bernoulli trials */
    double estimate, stderr_mean; /* what the policy compares arms by */
    double evidence; /* that many Bernoulli trials it rests on, as they are worth now */
    double evidence_good; /* the successes among them */

    double start;       /* weight before */
    double low, high;   /* bounds of the new one */
    double target;      /* what the policy wants */
    double weight;      /* what it gets */
    bool participating; /* the policy may give it traffic freely */
    bool collapsed; /* participates, but what it has beyond its target leaves at once */
};

struct work {
    const struct route_spec *spec;
    const struct policy *policy; /* of the spec */
    int64_t window_ms;           /* of the spec */
    const struct route_status *before;
    const struct observation *seen;
    struct route_status *status; /* of out */
    struct decision *out;
    int64_t now_ms;
    int64_t generation;
    size_t arm_count;
    size_t objective_count;
    enum reason problem; /* with the data; REASON_NONE: the decision can be made */
    int problem_arm;     /* whose data, or ROUTE_NO_ARM */
    unsigned states;     /* bit for each that some arm is in */
    bool state_changed;  /* of some arm */
    size_t participants; /* how many arms the policy may give traffic freely */
    double overlap;      /* correlation of what is compared with its next update */
    int subject;         /* the arm that the reason is about, or ROUTE_NO_ARM */
    struct arm_work *arms;
};

static inline const char *work_arm_name(const struct work *w, int arm)
{
    return arm == ROUTE_NO_ARM ? "no arm" : w->spec->arms[arm].name;
}

/* ---- the steps, in their order; see also leader.h, policy.h, conditions.h ------------
 */

/* Who has a live backend, and what can be seen of whom. Sets the problem. */
void data_read(struct work *w);

/* Rewards of the window; then, unless there is a problem, the averages that rest on them.
 */
void reward_measure(struct work *w);
void reward_advance(struct work *w);

/* The states of the arms: readiness always, the rest unless there is a problem. */
void eligibility_update(struct work *w);

/* Until when an arm is out that is ejected now, so many times in a row. Never 0, which
 * would read as "not at all". */
int64_t eligibility_cooled_ms(const struct work *w, uint32_t ejections);

/* Estimates the policy works with, and each arm's probability of being the best. */
void evidence_update(struct work *w);

/* From targets to weights within bounds and steps. */
void guardrails_apply(struct work *w);
/* Take weight from the arms without a live backend, leave the rest in proportion. False
 * when nobody is left to take it. */
bool guardrails_evacuate_unready(struct work *w);

void regret_update(struct work *w);

/* What people should read about: compares the status before with the one made. */
void events_add(struct work *w);

#endif
