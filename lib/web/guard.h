/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - who may come in, and how often: basic authentication and the rate limit. For
 * lib/web only.
 *
 * A password costs a bcrypt, which is slow by intention: a twentieth to a third of a
 * second of the thread that asks. So only one is computed at a time, and outcomes are
 * remembered, those of right passwords apart from those of wrong ones: who was let in
 * before is not held up by guessing. A name that does not exist costs as much as one that
 * does, so that time does not tell which names exist.
 */
#ifndef WEB_GUARD_H
#define WEB_GUARD_H

#include "web/config.h"

struct guard;

enum guard_verdict {
    GUARD_ADMITTED,
    GUARD_REFUSED,
    GUARD_BUSY, /* not known, and not tried now: come again in a second */
};

/* may_wait: a thread answers nobody else, so a password may wait for its turn. Where it
 * answers others, too, it never waits, and of wrong passwords ten at once and then one a
 * second are tried. */
struct guard *guard_new(bool may_wait);
void guard_free(struct guard *g);

/* Whether this Authorization header (NULL: none) belongs to a user. Any thread. now_ms is
 * monotonic. */
enum guard_verdict guard_admits(struct guard *g, const struct web_config *c,
                                const char *authorization, int64_t now_ms);

/* Whether another request fits into the rate now. */
bool guard_has_room(struct guard *g, const struct web_config *c, int64_t now_ms);

#endif
