/* SPDX-License-Identifier: Apache-2.0 */
/* rbf.h - a row's radial basis functions: exp(-gamma |row - vector|^2) of many vectors.
 *
 * Most of what an SVM costs. Wider registers (AVX2) halve it where nothing else is done,
 * and make a request dearer by a fifth: a processor takes its time to switch them on, and
 * the kernel has more to keep of a thread that used them.
 */
#ifndef ENGINE_RBF_H
#define ENGINE_RBF_H

#include <stddef.h>

/* vectors: as lanes.h has weights, `padded` places being the outputs. */
void rbf(const float *row, size_t features, const float *vectors, size_t padded,
         float gamma, float *out);

#endif
