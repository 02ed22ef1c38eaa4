/* SPDX-License-Identifier: Apache-2.0 */
/* route_cases.h - the objects of tests/data/routes. */
#ifndef SUPPORT_ROUTE_CASES_H
#define SUPPORT_ROUTE_CASES_H

#include "json/json.h"

/* The file of that name, which must be there and good. */
struct json *case_file(const char *name);

/* base.yaml with the change, a JSON merge patch (RFC 7396). */
struct json *case_object(const struct json *change);

#endif
