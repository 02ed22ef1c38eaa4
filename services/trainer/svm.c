/* SPDX-License-Identifier: Apache-2.0 */
/* Support vector classification with a radial basis function, by libsvm.
 *
 * libsvm draws the folds of its probability estimates from rand(), which nothing else in
 * this program uses and nobody seeds: the same command gives the same model. The seed
 * decides through the order of the rows.
 */
#include <libsvm/svm.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "trainer/fit.h"
#include "trainer/onnx_out.h"
#include "trainer/scaler.h"

static void silent(const char *text)
{
    (void)text;
}

/* scikit-learn's "scale": one over features times the variance of all numbers. */
static double default_gamma(const double *x, size_t n, size_t width)
{
    double mean = 0;
    double variance = 0;

    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += (x[i] - mean) * (x[i] - mean) / (double)n;
    return variance > 0 ? 1 / ((double)width * variance) : 1;
}

struct rows {
    struct svm_problem problem;
    struct svm_node *nodes; /* all rows, each ended by index -1; zeros are left out */
};

static void rows_clear(struct rows *r)
{
    free(r->problem.y);
    free(r->problem.x);
    free(r->nodes);
}

static void add_row(struct rows *r, const double *x, size_t width, uint32_t y,
                    struct svm_node **at)
{
    r->problem.x[r->problem.l] = *at;
    r->problem.y[r->problem.l++] = (double)y;
    for (size_t f = 0; f < width; f++)
        if (x[f] != 0)
            *(*at)++ = (struct svm_node){(int)f, x[f]};
    *(*at)++ = (struct svm_node){-1, 0};
}

/* Class by class, for libsvm numbers classes as it meets them; within a class in random
 * order. */
static struct rows make_rows(const struct sample *s, const double *x, int64_t seed)
{
    CLEANUP(mem_freep)
    size_t *order = mem_alloc(s->rows, sizeof(*order));
    struct random random = random_stream((uint64_t)seed, 0);
    struct rows r = {
        .problem = {.l = 0,
                    .y = mem_alloc(s->rows, sizeof(*r.problem.y)),
                    .x = mem_alloc(s->rows, sizeof(struct svm_node *))},
        .nodes = mem_alloc(s->rows * (s->width + 1), sizeof(*r.nodes))
    };
    struct svm_node *at = r.nodes;

    for (size_t i = 0; i < s->rows; i++)
        order[i] = i;
    random_shuffle(&random, order, s->rows);
    for (size_t c = 0; c < s->classes; c++)
        for (size_t i = 0; i < s->rows; i++)
            if (s->y[order[i]] == c)
                add_row(&r, x + order[i] * s->width, s->width, (uint32_t)c, &at);
    return r;
}

static void put_doubles(struct buf *node, const char *name, const double *v, size_t n,
                        float factor)
{
    CLEANUP(mem_freep)
    float *floats = mem_alloc(n, sizeof(*floats));

    for (size_t i = 0; i < n; i++)
        floats[i] = factor * (float)v[i];
    onnx_attr_floats(node, name, floats, n);
}

static void put_vectors(struct buf *node, const struct svm_model *m, size_t width)
{
    size_t count = (size_t)m->l;
    CLEANUP(mem_freep)
    float *dense = mem_alloc(count * width, sizeof(*dense));

    for (size_t v = 0; v < count; v++)
        for (const struct svm_node *n = m->SV[v]; n->index >= 0; n++)
            dense[v * width + (size_t)n->index] = (float)n->value;
    onnx_attr_floats(node, "support_vectors", dense, count * width);
}

static void put_coefs(struct buf *node, const struct svm_model *m)
{
    size_t count = (size_t)m->l;
    size_t others = (size_t)m->nr_class - 1;
    CLEANUP(mem_freep)
    float *coefs = mem_alloc(others * count, sizeof(*coefs));

    for (size_t i = 0; i < others; i++)
        for (size_t v = 0; v < count; v++)
            coefs[i * count + v] = (float)m->sv_coef[i][v];
    onnx_attr_floats(node, "coefficients", coefs, others * count);
}

/* ONNX adds rho where libsvm takes it away. */
static void write_classifier(const struct svm_model *m, size_t width, const char *input,
                             const struct fit_labels *labels, struct buf *nodes)
{
    size_t classes = (size_t)m->nr_class;
    size_t pairs = classes * (classes - 1) / 2;
    CLEANUP(mem_freep)
    int64_t *counts = mem_alloc(classes, sizeof(*counts));
    struct buf node;

    for (size_t c = 0; c < classes; c++)
        counts[c] = m->nSV[c];
    onnx_node_begin(&node, ONNX_OUT_ML, "SVMClassifier",
                    (const char *const[]){input, NULL},
                    (const char *const[]){"label", "probabilities", NULL});
    fit_put_labels(&node, "classlabels_ints", "classlabels_strings", labels);
    put_coefs(&node, m);
    onnx_attr_floats(&node, "kernel_params", (const float[]){(float)m->param.gamma, 0, 3},
                     3);
    onnx_attr_text(&node, "kernel_type", "RBF");
    onnx_attr_text(&node, "post_transform", "NONE");
    put_doubles(&node, "prob_a", m->probA, pairs, 1);
    put_doubles(&node, "prob_b", m->probB, pairs, 1);
    put_doubles(&node, "rho", m->rho, pairs, -1);
    put_vectors(&node, m, width);
    onnx_attr_ints(&node, "vectors_per_class", counts, classes);
    onnx_node_end(&node, nodes);
}

bool fit_svm(const struct sample *s, const struct fit_options *o,
             const struct fit_labels *labels, struct buf *nodes, struct error *err)
{
    CLEANUP(scaling_clear)
    struct scaling scaling = o->scale ? scaling_measure(s) : scaling_none(s->width);
    CLEANUP(mem_freep)
    double *x = scaling_apply(&scaling, s);
    struct svm_parameter parameter = {
        .svm_type = C_SVC,
        .kernel_type = RBF,
        .gamma = o->gamma > 0 ? o->gamma : default_gamma(x, s->rows * s->width, s->width),
        .cache_size = 200,
        .eps = 1e-3,
        .C = o->c,
        .shrinking = 1,
        .probability = 1};
    CLEANUP(rows_clear)
    struct rows rows = {0};
    struct svm_model *m;
    const char *wrong;

    if (s->rows > INT_MAX)
        return error_set(err, ERR_TOO_BIG, "svm: too many rows");
    rows = make_rows(s, x, o->seed);
    wrong = svm_check_parameter(&rows.problem, &parameter);
    if (wrong)
        return error_set(err, ERR_INVALID, "svm: %s", wrong);
    svm_set_print_string_function(silent);
    m = svm_train(&rows.problem, &parameter);
    if ((size_t)m->nr_class != s->classes) {
        svm_free_and_destroy_model(&m);
        return error_set(err, ERR_INVALID, "svm: a class has no rows to train on");
    }
    if (o->scale)
        scaling_write(&scaling, "scaled", nodes);
    write_classifier(m, s->width, o->scale ? "scaled" : "X", labels, nodes);
    svm_free_and_destroy_model(&m);
    fit_progress(o, 1);
    return true;
}
