/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.h - sums of products, sixteen at a time.
 *
 * Where many sums are made of the same numbers x (one per class, per output, per support
 * vector), their weights are kept in groups of sixteen: for each x, the sixteen weights
 * it meets lie side by side. The sums of a group then stay in registers, and nothing
 * depends on a compiler's mood. Groups are padded with zeros.
 */
#ifndef ENGINE_LANES_H
#define ENGINE_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

/* Vector types of gcc and clang; machines without such registers get plain code. */
typedef float lanes_vector __attribute__((vector_size(16)));
enum { LANES_VECTOR = 4, LANES_VECTORS = LANES / LANES_VECTOR };

/* Room for the weights of `outputs` sums of n numbers. */
static inline size_t lanes_padded(size_t outputs)
{
    return (outputs + LANES - 1) / LANES * LANES;
}

/* Where the weight of output o for input i is kept. */
static inline size_t lanes_index(size_t o, size_t i, size_t n)
{
    return (o / LANES * n + i) * LANES + o % LANES;
}

/* The k-th of a group's vectors. */
static inline lanes_vector lanes_load(const float *group, size_t k)
{
    lanes_vector v;

    memcpy(&v, group + k * LANES_VECTOR, sizeof(v));
    return v;
}

/* out[lane] += sum over i of x[i] * w[i][lane] */
static inline void lanes_products(const float *x, size_t n, const float *w, float *out)
{
    lanes_vector sums[LANES_VECTORS];

    memcpy(sums, out, sizeof(sums));
    for (size_t i = 0; i < n; i++, w += LANES) {
        lanes_vector all = {x[i], x[i], x[i], x[i]};

        sums[0] += all * lanes_load(w, 0);
        sums[1] += all * lanes_load(w, 1);
        sums[2] += all * lanes_load(w, 2);
        sums[3] += all * lanes_load(w, 3);
    }
    memcpy(out, sums, sizeof(sums));
}

/* out[lane] += sum over i of (x[i] - w[i][lane])^2 */
static inline void lanes_distances(const float *x, size_t n, const float *w, float *out)
{
    lanes_vector sums[LANES_VECTORS];

    memcpy(sums, out, sizeof(sums));
    for (size_t i = 0; i < n; i++, w += LANES) {
        lanes_vector all = {x[i], x[i], x[i], x[i]};
        lanes_vector d0 = all - lanes_load(w, 0);
        lanes_vector d1 = all - lanes_load(w, 1);
        lanes_vector d2 = all - lanes_load(w, 2);
        lanes_vector d3 = all - lanes_load(w, 3);

        sums[0] += d0 * d0;
        sums[1] += d1 * d1;
        sums[2] += d2 * d2;
        sums[3] += d3 * d3;
    }
    memcpy(out, sums, sizeof(sums));
}

/* Sum of a[i] * b[i]; n is a multiple of LANES_VECTOR. */
static inline float lanes_dot(const float *a, const float *b, size_t n)
{
    lanes_vector sum = {0};

    for (size_t k = 0; k < n / LANES_VECTOR; k++)
        sum += lanes_load(a, k) * lanes_load(b, k);
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* e to the x, within two units in the last place; 0 below the smallest normal float. For
 * x <= 0. x = n log 2 + r, |r| <= log(2) / 2: a polynomial for r (the coefficients are
 * those of Cephes' expf()), and n is added to the exponent. */
static inline lanes_vector lanes_exp(lanes_vector x)
{
    typedef int32_t ints __attribute__((vector_size(16)));
    const float round = 0x1.8p23F; /* added, it leaves no room for a fraction */
    const float log2_high = 0.693359375F, log2_low = -2.12194440e-4F, least = -87.0F;
    ints normal = (ints)(x > least);
    lanes_vector shifted = x * 1.44269504088896341F + round;
    lanes_vector n = shifted - round;
    lanes_vector r = x - n * log2_high - n * log2_low;
    lanes_vector p = r * 1.9875691500e-4F + 1.3981999507e-3F;

    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * r * r + r + 1.0F;
    return (lanes_vector)(((ints)p + ((ints)shifted << 23)) & normal);
}

/* All groups: n inputs to lanes_padded(outputs) sums, which start at `bias`. */
static inline void lanes_apply(const float *x, size_t n, const float *w,
                               const float *bias, size_t padded, float *out)
{
    memcpy(out, bias, padded * sizeof(*out));
    for (size_t o = 0; o < padded; o += LANES, w += n * LANES)
        lanes_products(x, n, w, out + o);
}

#endif
