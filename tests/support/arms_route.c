/* SPDX-License-Identifier: Apache-2.0 */
#include "support/arms_route.h"

#include <stdio.h>

#include "base/mem.h"

struct bandit_route *arms_route(const char *namespace, const char *target, size_t arms)
{
    struct bandit_route *r = route_new();

    r->spec.arm_count = arms;
    r->spec.arms = mem_alloc(arms, sizeof(*r->spec.arms));
    for (size_t i = 0; i < arms; i++) {
        const char name[] = {(char)('a' + i), '\0'};

        (void)snprintf(r->spec.arms[i].name, ROUTE_LABEL_MAX, "%s", name);
        (void)snprintf(r->spec.arms[i].service, ROUTE_LABEL_MAX, "%s", name);
    }
    (void)snprintf(r->namespace, sizeof(r->namespace), "%s", namespace);
    (void)snprintf(r->spec.target.name, sizeof(r->spec.target.name), "%s", target);
    return r;
}
