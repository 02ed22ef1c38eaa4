/* SPDX-License-Identifier: Apache-2.0 */
/* debug.h - GET /debug/routes: what a route's decision rests on.
 *
 * Without arguments, every route in short. With ?namespace=N&name=R one route in full:
 * what the words of its last decision mean, the queries as they are sent, what the newest
 * answers say of each arm and objective, the spec with its defaults filled in, and the
 * status.
 */
#ifndef CONTROLLER_DEBUG_H
#define CONTROLLER_DEBUG_H

#include "base/buf.h"
#include "controller/cache.h"
#include "rewards/rewards.h"

/* Append the list as JSON. */
void debug_list(struct cache *c, struct buf *out);

/* Append one route as JSON; false when there is none of that key. */
bool debug_route(struct cache *c, struct rewards *rewards, const char *key,
                 struct buf *out);

#endif
