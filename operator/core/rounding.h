/* SPDX-License-Identifier: Apache-2.0 */
/* rounding.h - weights as integers, for data planes that count in steps. */
#ifndef CORE_ROUNDING_H
#define CORE_ROUNDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Share `total` among n weights that sum to one, by largest remainder (ties to the lower
 * index). The integers sum to total, and a weight above zero is at least 1, as zero often
 * means "out of service"; total must be at least n. */
void rounding_share(const double *weights, size_t n, uint32_t total, uint32_t *out);

/* The same for weights of any sum, up to ROUTE_ARMS_MAX of them: what is written to a
 * data plane, and what it is expected to have. False when they share nothing out: none is
 * above zero, or one is negative or not finite. */
bool rounding_units(const double *weights, size_t n, uint32_t total, uint32_t *out);

#endif
