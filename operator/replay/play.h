/* SPDX-License-Identifier: Apache-2.0 */
/* play.h - a policy run over a tape: what it would have decided. */
#ifndef REPLAY_PLAY_H
#define REPLAY_PLAY_H

#include "replay/tape.h"

enum { PLAY_NAME_MAX = 128 };

struct play {
    char name[PLAY_NAME_MAX];
    struct bandit_route *route; /* with the policy's spec */
    size_t arm_count, count;
    double *weights; /* decided: [frame * arm_count + arm] */
    int *leaders;
    double *rewards; /* of each arm's window; NAN: not measured */
    double *samples;
    size_t held;
    size_t changes; /* of leader */
};

/* The route's own policy (change NULL), or another one: "Softmax:temperature=0.02" is the
 * type of policy with its fields; a field of the spec's other parts has that part's name
 * in front: "EpsilonGreedy:epsilon=0.05,guardrails.maxStepUp=0.5". */
bool play_init(struct play *p, const struct bandit_route *route, const char *change,
               struct error *err);
void play_clear(struct play *p);

/* Decide at each frame on what was seen then, beginning from nothing, with the weights of
 * the frame before as those in force. */
void play_run(struct play *p, const struct tape *t);

#endif
