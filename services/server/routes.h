/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h - every endpoint of the model-server, as one table. */
#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include "httpd/httpd.h"
#include "server/server.h"
#include "json/json.h"

enum { ROUTES_MAX = 32 };

/* Fill in the rows that this server answers; returns how many. That of the metrics is
 * lib/web's. */
size_t routes_make(const struct server *s, struct httpd_route rows[ROUTES_MAX]);

/* [{"method":"GET","path":"/health","what":"..."}, ...], for people. */
struct json *routes_describe(const struct server *s);

#endif
