/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/coupling.h"

#include <math.h>
#include <string.h>

#include "engine/lanes.h"

static const double AWAY = 1e-7;
static const double CLOSE_ENOUGH = 0.005; /* divided by the number of classes */
enum { ROUNDS_MAX = 100 };

/* Rows of Q, p and Qp are filled up with zeros to whole vectors. */
typedef double doubles __attribute__((vector_size(16)));
enum { DOUBLES = 2 };

static size_t row_length(size_t classes)
{
    return (classes + DOUBLES - 1) / DOUBLES * DOUBLES;
}

static inline doubles load(const double *at)
{
    doubles v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static inline void store(double *at, doubles v)
{
    memcpy(at, &v, sizeof(v));
}

size_t coupling_pairs(size_t classes)
{
    size_t pairs = classes * (classes - 1) / 2;

    return (pairs + LANES_VECTOR - 1) / LANES_VECTOR * LANES_VECTOR;
}

/* No branches: the signs of decisions are what nobody can predict. */
void coupling_sigmoids(const float *decisions, const float *a, const float *b, size_t n,
                       double *pairs)
{
    typedef lanes_ints ints;
    const lanes_vector one = {1, 1, 1, 1};

    for (size_t k = 0; k < n / LANES_VECTOR; k++) {
        lanes_vector x = lanes_load(a, k) * lanes_load(decisions, k) + lanes_load(b, k);
        lanes_vector e = lanes_exp((lanes_vector)((ints)x | INT32_MIN)); /* of -|x| */
        ints above = (ints)(x >= 0), below = (ints)(x < 0);
        ints bits = ((ints)e & above) | ((ints)one & below) | ~(above | below);
        lanes_vector top = (lanes_vector)bits; /* not a number where x is none */

        for (size_t lane = 0; lane < LANES_VECTOR; lane++) {
            double p = (double)top[lane] / (1 + (double)e[lane]);

            p = p < AWAY ? AWAY : p;
            *pairs++ = p > 1 - AWAY ? 1 - AWAY : p;
        }
    }
}

size_t coupling_doubles(size_t classes)
{
    return row_length(classes) * (classes + 2) + classes;
}

/* Q of the paper's equation: minimise p'Qp over distributions p. */
static void fill_q(const double *pairs, size_t n, double *q)
{
    size_t row = row_length(n);

    memset(q, 0, n * row * sizeof(*q));
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double r = *pairs++;

            q[i * row + i] += (1 - r) * (1 - r);
            q[j * row + j] += r * r;
            q[i * row + j] = q[j * row + i] = -r * (1 - r);
        }
}

/* All classes as likely: p, Qp, and p'Qp as the result. */
static double start(const double *q, size_t n, double *p, double *qp)
{
    size_t row = row_length(n);
    double share = 1 / (double)n;
    double pqp = 0;

    memset(p, 0, 2 * row * sizeof(*p)); /* and qp, which is behind it */
    for (size_t t = 0; t < n; t++, q += row) {
        p[t] = share;
        for (size_t j = 0; j < row; j += DOUBLES)
            store(qp + j, load(qp + j) + load(q + j) * share);
    }
    for (size_t i = 0; i < n; i++)
        pqp += qp[i] * share;
    return pqp;
}

static double worst(const double *qp, double pqp, size_t n)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        double off = fabs(qp[i] - pqp);

        largest = off > largest ? off : largest;
    }
    return largest;
}

/* One sweep: each coordinate to its optimum. The paper scales the whole back to sum one
 * after each; here that waits for the end of the sweep, and `sum` is what p sums to until
 * then. Qp follows each step, and p'Qp, which is the result. */
static double sweep(const double *restrict q, const double *restrict inverse, size_t n,
                    double *restrict p, double *restrict qp, double pqp)
{
    size_t row = row_length(n);
    double sum = 1;
    double scale;

    for (size_t t = 0; t < n; t++, q += row) {
        double optimum = pqp / sum; /* of Qp at t */
        double step = (optimum - qp[t]) * inverse[t];

        pqp += step * (optimum + qp[t]);
        sum += step;
        p[t] += step;
        for (size_t j = 0; j < row; j += DOUBLES)
            store(qp + j, load(qp + j) + load(q + j) * step);
    }
    scale = 1 / sum;
    for (size_t j = 0; j < row; j += DOUBLES) {
        store(p + j, load(p + j) * scale);
        store(qp + j, load(qp + j) * scale);
    }
    return pqp * scale * scale;
}

void couple(const double *pairs, size_t classes, double *work, float *out)
{
    size_t row = row_length(classes);
    double *q = work;
    double *p = q + classes * row;
    double *qp = p + row;
    double *inverse = qp + row; /* of Q's diagonal */
    double close_enough = CLOSE_ENOUGH / (double)classes;
    double pqp;

    fill_q(pairs, classes, q);
    for (size_t i = 0; i < classes; i++)
        inverse[i] = 1 / q[i * row + i];
    pqp = start(q, classes, p, qp);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (worst(qp, pqp, classes) < close_enough)
            break;
        pqp = sweep(q, inverse, classes, p, qp, pqp);
    }
    for (size_t i = 0; i < classes; i++)
        out[i] = (float)p[i];
}
