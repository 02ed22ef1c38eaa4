/* SPDX-License-Identifier: Apache-2.0 */
/* Multinomial logistic regression: the softmax of a linear score per class, with the
 * squared weights (not the intercepts) held small, minimised by L-BFGS.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trainer/fit.h"
#include "trainer/lbfgs.h"
#include "trainer/onnx_out.h"
#include "trainer/scaler.h"

enum { ITERATIONS_MAX = 2000 };
static const double TOLERANCE = 1e-6; /* of the mean gradient over the rows */

/* Parameters: classes x (width weights, then the intercept). */
struct problem {
    const struct sample *s;
    const double *x; /* scaled rows */
    double penalty;  /* 1 / C */
    double *scores;  /* one row's */
};

static void score_row(const struct problem *p, const double *w, const double *row)
{
    size_t width = p->s->width;

    for (size_t c = 0; c < p->s->classes; c++, w += width + 1) {
        double score = w[width];

        for (size_t f = 0; f < width; f++)
            score += w[f] * row[f];
        p->scores[c] = score;
    }
}

/* scores become probabilities; returns the logarithm of what they were divided by. */
static double softmax(double *scores, size_t n)
{
    double top = scores[0];
    double sum = 0;

    for (size_t c = 1; c < n; c++)
        top = fmax(top, scores[c]);
    for (size_t c = 0; c < n; c++)
        sum += exp(scores[c] - top);
    for (size_t c = 0; c < n; c++)
        scores[c] = exp(scores[c] - top) / sum;
    return top + log(sum);
}

static double add_row(const struct problem *p, const double *w, const double *row,
                      uint32_t y, double *gradient)
{
    size_t width = p->s->width;
    double own;
    double loss;

    score_row(p, w, row);
    own = p->scores[y];
    loss = softmax(p->scores, p->s->classes) - own;
    for (size_t c = 0; c < p->s->classes; c++, gradient += width + 1) {
        double off = p->scores[c] - (c == y ? 1 : 0);

        for (size_t f = 0; f < width; f++)
            gradient[f] += off * row[f];
        gradient[width] += off;
    }
    return loss;
}

/* The mean loss of the rows and their share of the penalty. */
static double objective(void *arg, const double *w, double *gradient)
{
    const struct problem *p = arg;
    size_t width = p->s->width;
    size_t n = p->s->classes * (width + 1);
    double rows = (double)p->s->rows;
    double value = 0;

    memset(gradient, 0, n * sizeof(*gradient));
    for (size_t i = 0; i < p->s->rows; i++)
        value += add_row(p, w, p->x + i * width, p->s->y[i], gradient);
    for (size_t i = 0; i < n; i++) {
        if (i % (width + 1) != width) {
            value += p->penalty / 2 * w[i] * w[i];
            gradient[i] += p->penalty * w[i];
        }
        gradient[i] /= rows;
    }
    return value / rows;
}

static void write_classifier(const struct sample *s, const double *w, const char *input,
                             const struct fit_labels *labels, struct buf *nodes)
{
    CLEANUP(mem_freep)
    float *coefs = mem_alloc(s->classes * s->width, sizeof(*coefs));
    CLEANUP(mem_freep)
    float *bias = mem_alloc(s->classes, sizeof(*bias));
    struct buf node;

    for (size_t c = 0; c < s->classes; c++, w += s->width + 1) {
        for (size_t f = 0; f < s->width; f++)
            coefs[c * s->width + f] = (float)w[f];
        bias[c] = (float)w[s->width];
    }
    onnx_node_begin(&node, ONNX_OUT_ML, "LinearClassifier",
                    (const char *const[]){input, NULL},
                    (const char *const[]){"label", "probabilities", NULL});
    fit_put_labels(&node, "classlabels_ints", "classlabels_strings", labels);
    onnx_attr_floats(&node, "coefficients", coefs, s->classes * s->width);
    onnx_attr_floats(&node, "intercepts", bias, s->classes);
    onnx_attr_int(&node, "multi_class", 1);
    onnx_attr_text(&node, "post_transform", "SOFTMAX");
    onnx_node_end(&node, nodes);
}

bool fit_logistic(const struct sample *s, const struct fit_options *o,
                  const struct fit_labels *labels, struct buf *nodes, struct error *err)
{
    CLEANUP(scaling_clear)
    struct scaling scaling = o->scale ? scaling_measure(s) : scaling_none(s->width);
    CLEANUP(mem_freep)
    double *x = scaling_apply(&scaling, s);
    CLEANUP(mem_freep)
    double *scores = mem_alloc(s->classes, sizeof(*scores));
    size_t n = s->classes * (s->width + 1);
    CLEANUP(mem_freep)
    double *w = mem_alloc(n, sizeof(*w));
    struct problem p = {s, x, 1 / o->c, scores};
    struct lbfgs_outcome out =
        lbfgs_minimise(objective, &p, w, n, TOLERANCE, ITERATIONS_MAX);

    if (!isfinite(out.value))
        return error_set(err, ERR_INVALID, "logistic regression: the numbers overflow");
    if (o->scale)
        scaling_write(&scaling, "scaled", nodes);
    write_classifier(s, w, o->scale ? "scaled" : "X", labels, nodes);
    fit_progress(o, 1);
    return true;
}
