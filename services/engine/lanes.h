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

/* Sum of a[i] * b[i]; n is a multiple of LANES_VECTOR. */
static inline float lanes_dot(const float *a, const float *b, size_t n)
{
    lanes_vector sum = {0};

    for (size_t k = 0; k < n / LANES_VECTOR; k++)
        sum += lanes_load(a, k) * lanes_load(b, k);
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/* Defines name(v): e to each of a vector's numbers x <= 0, within two units in the last
 * place; 0 below the smallest normal float. x = n log 2 + r, |r| <= log(2) / 2: a
 * polynomial for r (the coefficients are those of Cephes' expf()), and n is added to the
 * exponent. */
#define LANES_DEFINE_EXP(name, vector, ints)                                         \
    static inline __attribute__((always_inline)) void name(vector v[static 1])       \
    {                                                                                \
        const float round = 0x1.8p23F; /* added, it leaves no room for a fraction */ \
        const float log2_high = 0.693359375F, log2_low = -2.12194440e-4F;            \
        const float least = -87.0F;                                                  \
        ints normal = (ints)(*v > least);                                            \
        vector shifted = *v * 1.44269504088896341F + round;                          \
        vector n = shifted - round;                                                  \
        vector r = *v - n * log2_high - n * log2_low;                                \
        vector p = r * 1.9875691500e-4F + 1.3981999507e-3F;                          \
                                                                                     \
        p = p * r + 8.3334519073e-3F;                                                \
        p = p * r + 4.1665795894e-2F;                                                \
        p = p * r + 1.6666665459e-1F;                                                \
        p = p * r + 5.0000001201e-1F;                                                \
        p = p * r * r + r + 1.0F;                                                    \
        *v = (vector)(((ints)p + ((ints)shifted << 23)) & normal);                   \
    }

typedef int32_t lanes_ints __attribute__((vector_size(16)));

LANES_DEFINE_EXP(lanes_exp_in_place, lanes_vector, lanes_ints)

static inline lanes_vector lanes_exp(lanes_vector x)
{
    lanes_exp_in_place(&x);
    return x;
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
