/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "httpd/internal.h"

bool httpd_route_has(const struct httpd_route *row, const char *path)
{
    size_t n = strlen(row->path);

    if (n && row->path[n - 1] == '*')
        return !strncmp(row->path, path, n - 1);
    return !strcmp(row->path, path);
}

static bool method_fits(const struct httpd_route *r, const char *method)
{
    return !strcmp(r->method, method) ||
           (!strcmp(r->method, "GET") && !strcmp(method, "HEAD"));
}

const struct httpd_route *route_find(const struct httpd_options *o, const char *method,
                                     const char *path, int *status)
{
    *status = 404;
    for (size_t i = 0; i < o->route_count; i++) {
        const struct httpd_route *r = &o->routes[i];

        if (!httpd_route_has(r, path))
            continue;
        if (method_fits(r, method))
            return r;
        *status = 405;
    }
    return NULL;
}

static void allow(char out[ALLOW_MAX], const char *method)
{
    size_t n = strlen(out);

    if (!strstr(out, method)) /* no method is part of another's name */
        (void)snprintf(out + n, ALLOW_MAX - n, "%s%s", n ? ", " : "", method);
}

void route_allow(const struct httpd_options *o, const char *path, char out[ALLOW_MAX])
{
    out[0] = '\0';
    for (size_t i = 0; i < o->route_count; i++) {
        const struct httpd_route *r = &o->routes[i];

        if (!httpd_route_has(r, path))
            continue;
        allow(out, r->method);
        if (!strcmp(r->method, "GET"))
            allow(out, "HEAD");
    }
}
