/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/lbfgs.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { MEMORY = 10, HALVINGS_MAX = 40 };

/* The last steps s and changes of gradient y, in rings. */
struct history {
    size_t count, next;
    double *s, *y;            /* MEMORY x n */
    double curvature[MEMORY]; /* s'y */
};

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double largest(const double *a, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(a[i]));
    return most;
}

static void add(double *a, double factor, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] += factor * b[i];
}

/* direction = -H gradient, H from the history: the two loops of algorithm 7.4. */
static void find_direction(const struct history *h, const double *gradient, size_t n,
                           double *direction)
{
    double alpha[MEMORY];
    double scale = 1;

    for (size_t i = 0; i < n; i++)
        direction[i] = -gradient[i];
    for (size_t k = 0; k < h->count; k++) {
        size_t i = (h->next + MEMORY - 1 - k) % MEMORY;

        alpha[i] = dot(h->s + i * n, direction, n) / h->curvature[i];
        add(direction, -alpha[i], h->y + i * n, n);
    }
    if (h->count) {
        size_t last = (h->next + MEMORY - 1) % MEMORY;

        scale = h->curvature[last] / dot(h->y + last * n, h->y + last * n, n);
    }
    for (size_t i = 0; i < n; i++)
        direction[i] *= scale;
    for (size_t k = h->count; k-- > 0;) {
        size_t i = (h->next + MEMORY - 1 - k) % MEMORY;
        double beta = dot(h->y + i * n, direction, n) / h->curvature[i];

        add(direction, alpha[i] - beta, h->s + i * n, n);
    }
}

/* Keep the step unless the curvature along it is not clearly positive, which would spoil
 * H; rounding can cause that near the minimum. */
static void remember(struct history *h, const double *x, const double *gradient,
                     const double *next_x, const double *next_gradient, size_t n)
{
    double *s = h->s + h->next * n;
    double *y = h->y + h->next * n;
    double curvature;

    for (size_t i = 0; i < n; i++) {
        s[i] = next_x[i] - x[i];
        y[i] = next_gradient[i] - gradient[i];
    }
    curvature = dot(s, y, n);
    if (curvature <= 1e-12 * dot(y, y, n))
        return;
    h->curvature[h->next] = curvature;
    h->next = (h->next + 1) % MEMORY;
    if (h->count < MEMORY)
        h->count++;
}

struct point {
    double *x, *gradient;
    double value;
};

/* Halve the step until the value falls by a fair part of what the slope promises. */
static bool search(lbfgs_fn *f, void *arg, const struct point *from,
                   const double *direction, size_t n, double step, struct point *to)
{
    double slope = dot(from->gradient, direction, n);

    for (int i = 0; i < HALVINGS_MAX; i++, step /= 2) {
        memcpy(to->x, from->x, n * sizeof(*to->x));
        add(to->x, step, direction, n);
        to->value = f(arg, to->x, to->gradient);
        if (to->value <= from->value + 1e-4 * step * slope)
            return true;
    }
    return false;
}

static void swap(struct point *a, struct point *b)
{
    struct point kept = *a;

    *a = *b;
    *b = kept;
}

struct lbfgs_outcome lbfgs_minimise(lbfgs_fn *f, void *arg, double *x, size_t n,
                                    double tolerance, size_t iterations_max)
{
    CLEANUP(mem_freep)
    double *memory = mem_alloc(((size_t)2 * MEMORY + 5) * n, sizeof(*memory));
    struct history h = {.s = memory, .y = memory + (size_t)MEMORY * n};
    double *rest = memory + (size_t)2 * MEMORY * n;
    struct point at = {rest, rest + n, 0};
    struct point next = {rest + 2 * n, rest + 3 * n, 0};
    double *direction = rest + 4 * n;
    struct lbfgs_outcome out = {0};

    memcpy(at.x, x, n * sizeof(*x));
    at.value = f(arg, at.x, at.gradient);
    for (; out.iterations < iterations_max; out.iterations++) {
        double steepness = largest(at.gradient, n);

        out.converged = steepness <= tolerance;
        if (out.converged)
            break;
        find_direction(&h, at.gradient, n, direction);
        /* Without a history the direction has no scale yet. */
        if (!search(f, arg, &at, direction, n, h.count ? 1 : fmin(1, 1 / steepness),
                    &next))
            break; /* as low as rounding lets us see */
        remember(&h, at.x, at.gradient, next.x, next.gradient, n);
        swap(&at, &next);
    }
    memcpy(x, at.x, n * sizeof(*x));
    out.value = at.value;
    return out;
}
