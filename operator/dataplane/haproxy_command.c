/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to HAProxy: weights as commands of its runtime API. */
#include <string.h>

#include "core/rounding.h"
#include "dataplane/haproxy_text.h"

/* A name goes into a command line, so nothing that ends a word or a command may be in it;
 * these are the characters that HAProxy takes in names. */
static bool is_haproxy_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.:";

    return *name && strspn(name, allowed) == strlen(name);
}

static bool check_names(const struct bandit_route *r, struct error *err)
{
    if (!is_haproxy_name(r->spec.target.name))
        return error_set(err, ERR_INVALID, "\"%s\" is no name of an HAProxy backend",
                         r->spec.target.name);
    for (size_t i = 0; i < r->spec.arm_count; i++)
        if (!is_haproxy_name(r->spec.arms[i].name))
            return error_set(err, ERR_INVALID, "\"%s\" is no name of an HAProxy server",
                             r->spec.arms[i].name);
    return true;
}

static void add_show(const struct bandit_route *r, struct buf *out)
{
    buf_printf(out, "show servers state %s\n", r->spec.target.name);
}

bool haproxy_read_command(const struct bandit_route *r, struct buf *out,
                          struct error *err)
{
    if (!check_names(r, err))
        return false;
    add_show(r, out);
    return true;
}

bool haproxy_write_command(const struct bandit_route *r, const double *weights,
                           struct buf *out, struct error *err)
{
    uint32_t units[ROUTE_ARMS_MAX];
    bool told[ROUTE_ARMS_MAX] = {false};
    size_t n = r->spec.arm_count;

    if (!check_names(r, err))
        return false;
    if (!rounding_units(weights, n, HAPROXY_UNITS, units))
        return error_set(err, ERR_INVALID, "weights that share nothing out");
    for (size_t turn = 0; turn < n; turn++) {
        size_t next = n;

        for (size_t i = 0; i < n; i++)
            if (!told[i] && (next == n || units[i] > units[next]))
                next = i;
        told[next] = true;
        buf_printf(out, "set server %s/%s weight %u;", r->spec.target.name,
                   r->spec.arms[next].name, units[next]);
    }
    add_show(r, out);
    return true;
}
