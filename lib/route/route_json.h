/* SPDX-License-Identifier: Apache-2.0 */
/* route_json.h - BanditRoute objects from and to JSON trees.
 *
 * One table of fields per struct reads, defaults, checks and (later) describes the
 * object, so that the schema and this code cannot differ. Unknown fields are refused.
 * Errors name the field: `spec.arms[1].name: duplicate "svm"`.
 */
#ifndef ROUTE_ROUTE_JSON_H
#define ROUTE_ROUTE_JSON_H

#include "route/route.h"
#include "json/json.h"

/* The whole object: apiVersion, kind, metadata, spec, and status when there is one. A
 * status that does not fit the spec (another arm list, damaged) is not an error: arms are
 * matched by name, what fits is kept, the rest starts afresh. */
struct bandit_route *route_from_json(const struct json *object, struct error *err);

/* The status alone, as the API server and the folder store keep it. */
struct json *route_status_to_json(const struct bandit_route *r);

/* Read a status into r, whose spec is known; see route_from_json(). */
bool route_status_from_json(struct bandit_route *r, const struct json *status,
                            struct error *err);

/* The spec with every default filled in: what is in force. */
struct json *route_spec_to_json(const struct route_spec *spec);

#endif
