/* SPDX-License-Identifier: Apache-2.0 */
/* packed_route.h - a route at rest, in a fraction of its size.
 *
 * Names and messages are arrays of their greatest length, so most of a route is zeros.
 * Ten thousand routes are worked on one at a time; the others wait without their zeros.
 */
#ifndef CONTROLLER_PACKED_ROUTE_H
#define CONTROLLER_PACKED_ROUTE_H

#include "route/route.h"

struct packed_route;

/* Release: free(). */
struct packed_route *route_pack(const struct bandit_route *r);
struct bandit_route *route_unpack(const struct packed_route *p);

#endif
