/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/coupling.h"

#include <math.h>
#include <string.h>

static const double AWAY = 1e-7;
static const double CLOSE_ENOUGH = 0.005; /* divided by the number of classes */
enum { ROUNDS_MAX = 100 };

double coupling_sigmoid(double decision, double a, double b)
{
    double x = a * decision + b;
    double e = exp(-fabs(x));
    double p = (x >= 0 ? e : 1) / (1 + e);

    return p < AWAY ? AWAY : p > 1 - AWAY ? 1 - AWAY : p;
}

size_t coupling_doubles(size_t classes)
{
    return classes * classes + 2 * classes;
}

/* Q of the paper's equation: minimise p'Qp over distributions p. */
static void fill_q(const double *pairs, size_t n, double *q)
{
    memset(q, 0, n * n * sizeof(*q));
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double r = *pairs++;

            q[i * n + i] += (1 - r) * (1 - r);
            q[j * n + j] += r * r;
            q[i * n + j] = q[j * n + i] = -r * (1 - r);
        }
}

/* Qp, and p'Qp as the result. */
static double multiply(const double *q, const double *p, size_t n, double *qp)
{
    double pqp = 0;

    for (size_t i = 0; i < n; i++) {
        qp[i] = 0;
        for (size_t j = 0; j < n; j++)
            qp[i] += q[i * n + j] * p[j];
        pqp += p[i] * qp[i];
    }
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

/* One sweep: each coordinate to its optimum, then the whole scaled back to sum one. Qp
 * follows each step, and p'Qp, which is the result. */
static double sweep(const double *restrict q, size_t n, double *restrict p,
                    double *restrict qp, double pqp)
{
    for (size_t t = 0; t < n; t++, q += n) {
        double diff = (pqp - qp[t]) / q[t];
        double scale = 1 / (1 + diff);

        p[t] += diff;
        pqp = (pqp + diff * (diff * q[t] + 2 * qp[t])) * scale * scale;
        for (size_t j = 0; j < n; j++) {
            qp[j] = (qp[j] + diff * q[j]) * scale;
            p[j] *= scale;
        }
    }
    return pqp;
}

void couple(const double *pairs, size_t classes, double *work, float *out)
{
    double *q = work;
    double *p = q + classes * classes;
    double *qp = p + classes;
    double close_enough = CLOSE_ENOUGH / (double)classes;
    double pqp;

    fill_q(pairs, classes, q);
    for (size_t i = 0; i < classes; i++)
        p[i] = 1 / (double)classes;
    pqp = multiply(q, p, classes, qp);
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (worst(qp, pqp, classes) < close_enough)
            break;
        pqp = sweep(q, classes, p, qp, pqp);
    }
    for (size_t i = 0; i < classes; i++)
        out[i] = (float)p[i];
}
