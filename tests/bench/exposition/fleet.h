/* SPDX-License-Identifier: Apache-2.0 */
/* fleet.h - many made-up routes with plausible numbers, the same for every run. */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include "route/route.h"

/* Route number i with that many arms; turn chooses its moving numbers. */
struct bandit_route *made_up_route(size_t i, size_t arms, uint64_t turn);

#endif
