/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/summary.h"

#include <stdio.h>
#include <stdlib.h>

struct summary *summary_new(const struct bandit_route *r)
{
    size_t n = r->spec.arm_count;
    struct summary *s = mem_alloc(1, sizeof(*s) + n * sizeof(s->arms[0]));

    s->namespace = mem_strdup(r->namespace);
    s->name = mem_strdup(r->name);
    s->message = mem_strdup(r->status.message);
    s->policy = r->spec.policy.type;
    s->window = r->spec.reward.window;
    s->mode = r->status.mode;
    s->verdict = r->status.verdict;
    s->reason = r->status.reason;
    s->last_decision_ms = r->status.last_decision_ms;
    s->last_observation_ms = r->status.last_observation_ms;
    s->interval_ms = r->spec.interval_ms;
    s->max_data_age_ms = r->spec.guardrails.max_data_age_ms;
    s->exploration = r->status.exploration;
    s->leader = r->status.leader;
    s->arm_count = n;
    for (size_t i = 0; i < n; i++) {
        const struct route_arm_status *a = &r->status.arms[i];

        (void)snprintf(s->arms[i].name, sizeof(s->arms[i].name), "%s",
                       r->spec.arms[i].name);
        s->arms[i].state = a->state;
        s->arms[i].desired = a->desired;
        s->arms[i].applied = a->applied;
        s->arms[i].reward_ema = a->reward_ema;
        s->arms[i].reward_stderr = a->reward_stderr;
        s->arms[i].probability_best = a->probability_best;
        s->arms[i].samples = a->samples;
    }
    return s;
}

void summary_free(struct summary *s)
{
    if (!s)
        return;
    free(s->namespace);
    free(s->name);
    free(s->message);
    free(s);
}
