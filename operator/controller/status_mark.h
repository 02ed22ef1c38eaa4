/* SPDX-License-Identifier: Apache-2.0 */
/* status_mark.h - what of a status people and alerts act on, in a few bytes: enough to
 * see whether another one says something new.
 *
 * Material: the generation, mode, leader and conditions; that deciding is held, frozen or
 * pinned, and why; the state of an arm; a weight that moved by more than a hundredth, a
 * smoothed reward by more than a twentieth. The rest (the time of the decision, samples,
 * the noise of rewards) is news, but it can wait.
 */
#ifndef CONTROLLER_STATUS_MARK_H
#define CONTROLLER_STATUS_MARK_H

#include "route/route.h"

struct status_mark;

/* Release: free(). written_ms: when the store got it. */
struct status_mark *status_mark_new(const struct bandit_route *r, int64_t written_ms);

int64_t status_mark_written_ms(const struct status_mark *m);

/* Does the status of r say something else that matters? m NULL: it does. */
bool status_mark_differs(const struct status_mark *m, const struct bandit_route *r);

#endif
