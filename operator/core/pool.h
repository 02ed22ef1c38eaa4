/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - discounted counts; see pool.c. */
#ifndef CORE_POOL_H
#define CORE_POOL_H

#include "core/work.h"

void pool_advance(struct work *w);

/* Mean and standard error of the pool; NAN while it is empty. */
void pool_estimate(struct arm_work *a);

#endif
