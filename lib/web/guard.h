/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - who may come in, and how often: basic authentication and the rate limit. For
 * lib/web only.
 *
 * A password costs a bcrypt, which is slow by intention: its outcome is remembered, only
 * one is computed at a time, and a name that does not exist costs as much as one that
 * does, so that time does not tell which names exist.
 */
#ifndef WEB_GUARD_H
#define WEB_GUARD_H

#include "web/config.h"

struct guard;

struct guard *guard_new(void);
void guard_free(struct guard *g);

/* Whether this Authorization header (NULL: none) belongs to a user. Any thread. */
bool guard_admits(struct guard *g, const struct web_config *c, const char *authorization);

/* Whether another request fits into the rate now. */
bool guard_has_room(struct guard *g, const struct web_config *c, int64_t now_ms);

#endif
