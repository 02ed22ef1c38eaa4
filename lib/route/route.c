/* SPDX-License-Identifier: Apache-2.0 */
#include "route/route.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void arm_status_init(struct route_arm_status *a, const struct route_spec *spec,
                            size_t arm)
{
    *a = (struct route_arm_status){
        .state = ARM_WARMUP,
        .desired = 1.0 / (double)spec->arm_count,
        .applied = NAN,
        .reward = NAN,
        .reward_ema = NAN,
        .reward_stderr = NAN,
        .probability_best = NAN,
    };
    (void)snprintf(a->name, sizeof(a->name), "%s", spec->arms[arm].name);
}

void route_status_init(struct route_status *status, const struct route_spec *spec)
{
    size_t cells = spec->arm_count * spec->reward.objective_count;

    *status = (struct route_status){
        .leader = ROUTE_NO_ARM,
        .mode = spec->mode,
        .exploration = NAN,
        .arms = mem_alloc(spec->arm_count, sizeof(*status->arms)),
        .objectives = mem_alloc(cells, sizeof(*status->objectives)),
    };
    for (size_t i = 0; i < spec->arm_count; i++)
        arm_status_init(&status->arms[i], spec, i);
    for (size_t i = 0; i < cells; i++)
        status->objectives[i].ratio = NAN;
}

void route_status_clear(struct route_status *status)
{
    free(status->arms);
    free(status->objectives);
    *status = (struct route_status){.leader = ROUTE_NO_ARM, .exploration = NAN};
}

static void *refill(void *storage, const void *bytes, size_t n)
{
    return storage ? memcpy(storage, bytes, n) : mem_dup(bytes, n);
}

void route_status_copy(struct route_status *to, const struct route_status *from,
                       const struct route_spec *spec)
{
    size_t cells = spec->arm_count * spec->reward.objective_count;
    struct route_arm_status *arms = to->arms;
    struct objective_status *objectives = to->objectives;

    *to = *from;
    to->arms = refill(arms, from->arms, spec->arm_count * sizeof(*arms));
    to->objectives = refill(objectives, from->objectives, cells * sizeof(*objectives));
}

void route_spec_clear(struct route_spec *spec)
{
    free(spec->arms);
    free(spec->reward.objectives);
    *spec = (struct route_spec){.arms = NULL};
}

static void spec_copy(struct route_spec *to, const struct route_spec *from)
{
    *to = *from;
    to->arms = mem_dup(from->arms, from->arm_count * sizeof(*to->arms));
    to->reward.objectives =
        mem_dup(from->reward.objectives,
                from->reward.objective_count * sizeof(*to->reward.objectives));
}

struct bandit_route *route_new(void)
{
    struct bandit_route *r = mem_alloc(1, sizeof(*r));

    r->status.leader = ROUTE_NO_ARM;
    r->status.exploration = NAN;
    return r;
}

struct bandit_route *route_copy(const struct bandit_route *r)
{
    struct bandit_route *copy = mem_dup(r, sizeof(*r));

    spec_copy(&copy->spec, &r->spec);
    copy->status.arms = NULL; /* or they would be taken for storage of the copy */
    copy->status.objectives = NULL;
    if (r->status.arms)
        route_status_copy(&copy->status, &r->status, &r->spec);
    return copy;
}

void route_free(struct bandit_route *r)
{
    if (!r)
        return;
    route_spec_clear(&r->spec);
    route_status_clear(&r->status);
    free(r);
}

int route_arm_index(const struct route_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->arm_count; i++)
        if (!strcmp(spec->arms[i].name, name))
            return (int)i;
    return ROUTE_NO_ARM;
}
