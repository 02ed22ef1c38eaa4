/* SPDX-License-Identifier: Apache-2.0 */
/* arms_route.h - a route for tests of data planes. */
#ifndef SUPPORT_ARMS_ROUTE_H
#define SUPPORT_ARMS_ROUTE_H

#include "route/route.h"

/* In that namespace, to a target of that name; its arms are a, b, c, ..., each served by
 * what it is called. Release: route_free(). */
struct bandit_route *arms_route(const char *namespace, const char *target, size_t arms);

#endif
