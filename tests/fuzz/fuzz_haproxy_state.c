/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a socket says in HAProxy's name: refused with a reason, or shares that are
 * shares. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "dataplane/haproxy_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bandit_route *new_route(void)
{
    struct bandit_route *r = route_new();

    r->spec.arm_count = 2;
    r->spec.arms = mem_alloc(2, sizeof(*r->spec.arms));
    (void)snprintf(r->spec.arms[0].name, sizeof(r->spec.arms[0].name), "a");
    (void)snprintf(r->spec.arms[1].name, sizeof(r->spec.arms[1].name), "b");
    (void)snprintf(r->spec.target.name, sizeof(r->spec.target.name), "d");
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct dataplane_arm arms[2];
    int64_t pid, uptime_s;
    struct error err;

    if (haproxy_read_answer((const char *)data, size, r, arms, &err)) {
        double sum = arms[0].applied + arms[1].applied;

        assert(arms[0].applied >= 0 && arms[1].applied >= 0);
        assert(sum == 0 || fabs(sum - 1) < 1e-9);
    } else {
        assert(err.kind == ERR_INVALID || err.kind == ERR_IO);
    }
    if (haproxy_read_info((const char *)data, size, &pid, &uptime_s, &err))
        assert(pid >= 0 && uptime_s >= 0);
    return 0;
}
