/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever comes in Prometheus' name, and however it is cut: the same verdict, the same
 * table, and no observation with a number that is none. The first byte says where to cut.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rewards/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bandit_route *new_route(void)
{
    struct bandit_route *r = route_new();

    (void)snprintf(r->namespace, sizeof(r->namespace), "default");
    (void)snprintf(r->name, sizeof(r->name), "digits");
    r->spec.arm_count = 1;
    r->spec.arms = mem_alloc(1, sizeof(*r->spec.arms));
    r->spec.arms[0].name[0] = 'a';
    r->spec.reward.objective_count = 1;
    r->spec.reward.objectives = mem_alloc(1, sizeof(*r->spec.reward.objectives));
    (void)snprintf(r->spec.reward.objectives[0].name, ROUTE_LABEL_MAX, "success");
    return r;
}

static enum reason take(struct rewards_table *t, const char *text, size_t n, size_t step)
{
    char detail[ANSWER_DETAIL_MAX];
    struct answer a;
    enum reason reason;

    answer_init(&a, t, QUERY_EVENTS);
    for (size_t at = 0; at < n; at += step)
        (void)answer_feed(&a, text + at, n - at < step ? n - at : step);
    reason = answer_reason(&a, 200, detail);
    answer_clear(&a);
    return reason;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(rewards_table_freep)
    struct rewards_table *whole = rewards_table_new();
    CLEANUP(rewards_table_freep)
    struct rewards_table *cut = rewards_table_new();
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct observation a = {.problem = REASON_NONE}, b = a;
    const char *text = (const char *)data + 1;

    if (size < 2)
        return 0;
    assert(take(whole, text, size - 1, size - 1) ==
           take(cut, text, size - 1, 1 + data[0] % 16));
    rewards_table_observe(whole, r, &a);
    rewards_table_observe(cut, r, &b);
    assert(a.problem == b.problem && strcmp(a.detail, b.detail) == 0);
    assert(!isinf(a.arms[0].objectives[0].events));
    assert(isnan(a.arms[0].objectives[0].events) || a.arms[0].objectives[0].events >= 0);
    return 0;
}
