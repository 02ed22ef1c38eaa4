/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - discounted counts; see pool.c. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "core/work.h"

void pool_advance(struct work *w);

/* Mean and standard error of the pool as it is worth now; NAN while it is empty. */
void pool_estimate(const struct work *w, struct arm_work *a);

#endif
