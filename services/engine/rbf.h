/* SPDX-License-Identifier: Apache-2.0 */
/* rbf.h - a row's radial basis functions: exp(-gamma |row - vector|^2) of many vectors.
 *
 * Most of what an SVM costs. On x86-64 there are two versions of the same code, for the
 * vector registers that each machine has and for twice as wide ones (AVX2); both give the
 * same results to the bit, as neither sums in another order nor fuses multiplications
 * with additions.
 */
#ifndef ENGINE_RBF_H
#define ENGINE_RBF_H

#include <stddef.h>

/* vectors: as lanes.h has weights, `padded` places being the outputs. */
typedef void rbf_fn(const float *row, size_t features, const float *vectors,
                    size_t padded, float gamma, float *out);

rbf_fn rbf_plain;

/* The fastest that this machine runs. */
rbf_fn *rbf_choose(void);

#endif
