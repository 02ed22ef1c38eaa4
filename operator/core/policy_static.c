/* SPDX-License-Identifier: Apache-2.0 */
/* policy_static.c - an even split among the arms that can take traffic: an A/B/n test
 * that still measures, names the leader, and takes traffic from what fails. */
#include "core/policy.h"

static void share(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].participating)
            w->arms[i].target = 1;
}

const struct policy policy_static = {.pools = false, .share = share};
