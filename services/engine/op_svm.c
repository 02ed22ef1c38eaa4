/* SPDX-License-Identifier: Apache-2.0 */
/* SVMClassifier: a kernel against every support vector, one decision for every pair of
 * classes, and the pairs coupled into probabilities.
 */
#include <math.h>
#include <string.h>

#include "engine/build.h"
#include "engine/coupling.h"
#include "engine/lanes.h"
#include "engine/ops.h"
#include "engine/post_transform.h"
#include "engine/rbf.h"

enum kernel { KERNEL_LINEAR, KERNEL_POLY, KERNEL_RBF, KERNEL_SIGMOID };

struct svm {
    size_t in, label, out;
    size_t kernel_slot, sum_slot, decision_slot, pair_slot, coupling_slot;
    size_t features, classes;
    size_t pairs;   /* coupling_pairs() */
    size_t vectors; /* of the file */
    size_t places;  /* of them here: a class's are filled up to whole lanes_vectors */
    const size_t *counts; /* the file's vectors of each class */
    const float *support; /* as lanes.h has weights, places being the outputs */
    const float *coefs;   /* by class, by other class, by place of the class */
    const float *rho, *prob_a, *prob_b; /* of each pair */
    enum kernel kernel;
    float gamma, coef0, degree;
};

/* Places for n vectors of one class. */
static size_t places_of(size_t n)
{
    return (n + LANES_VECTOR - 1) / LANES_VECTOR * LANES_VECTOR;
}

static void apply_kernel(const struct svm *s, float *k)
{
    switch (s->kernel) {
    case KERNEL_LINEAR:
    case KERNEL_RBF: /* see rbf.h */
        break;
    case KERNEL_POLY:
        for (size_t i = 0; i < s->places; i++)
            k[i] = powf(s->gamma * k[i] + s->coef0, s->degree);
        break;
    case KERNEL_SIGMOID:
        for (size_t i = 0; i < s->places; i++)
            k[i] = tanhf(s->gamma * k[i] + s->coef0);
        break;
    }
}

static void kernels(const struct svm *s, const float *row, float *k)
{
    size_t padded = lanes_padded(s->places);

    if (s->kernel == KERNEL_RBF) {
        rbf(row, s->features, s->support, padded, s->gamma, k);
        return;
    }
    memset(k, 0, padded * sizeof(*k));
    for (size_t v = 0; v < padded; v += LANES)
        lanes_products(row, s->features, s->support + v * s->features, k + v);
    apply_kernel(s, k);
}

/* sums[c][j]: what the vectors of class c say in the j-th of the pairs c is part of. */
static void class_sums(const struct svm *s, const float *k, float *sums)
{
    const float *coefs = s->coefs;

    for (size_t c = 0; c < s->classes; c++) {
        size_t n = places_of(s->counts[c]);

        for (size_t other = 0; other + 1 < s->classes; other++, coefs += n)
            *sums++ = lanes_dot(k, coefs, n);
        k += n;
    }
}

/* The votes decide the label, as in libsvm; the probabilities may see it differently. */
static int32_t decide(const struct svm *s, const float *sums, float *votes,
                      float *decisions)
{
    size_t others = s->classes - 1;
    size_t p = 0;

    memset(votes, 0, s->classes * sizeof(*votes));
    for (size_t i = 0; i < s->classes; i++)
        for (size_t j = i + 1; j < s->classes; j++, p++) {
            float d = sums[i * others + j - 1] + sums[j * others + i] + s->rho[p];

            votes[d > 0 ? i : j]++;
            decisions[p] = d;
        }
    return argmax_row(votes, s->classes);
}

static void svm_run(const void *op, const struct frame *f)
{
    const struct svm *s = op;
    const float *row = frame_numbers(f, s->in);
    float *out = frame_numbers(f, s->out);
    int32_t *label = frame_classes(f, s->label);
    float *sums = frame_numbers(f, s->sum_slot);
    float *decisions = frame_numbers(f, s->decision_slot);
    double *pairs = f->slots[s->pair_slot];

    for (size_t i = 0; i < f->rows; i++, row += s->features, out += s->classes) {
        float *k = frame_numbers(f, s->kernel_slot);

        kernels(s, row, k);
        class_sums(s, k, sums);
        label[i] = decide(s, sums, out, decisions); /* out: free until the coupling */
        coupling_sigmoids(decisions, s->prob_a, s->prob_b, s->pairs, pairs);
        couple(pairs, s->classes, f->slots[s->coupling_slot], out);
    }
}

static bool read_kernel(const struct build *b, struct svm *s)
{
    static const char *const words[] = {"LINEAR", "POLY", "RBF", "SIGMOID", NULL};
    struct build_floats params;
    int kernel;

    if (!attr_word(b, "kernel_type", "LINEAR", words, &kernel) ||
        !attr_floats(b, "kernel_params", &params))
        return false;
    if (params.n != 0 && params.n != 3)
        return build_refuse(b, "kernel_params has %zu numbers, not 3", params.n);
    s->kernel = (enum kernel)kernel;
    s->gamma = params.n ? params.v[0] : 0;
    s->coef0 = params.n ? params.v[1] : 0;
    s->degree = params.n ? params.v[2] : 0;
    if (s->kernel == KERNEL_RBF && !(s->gamma >= 0))
        return build_refuse(b, "gamma of an RBF kernel is not positive");
    return true;
}

static bool read_classes(const struct build *b, struct svm *s)
{
    struct build_ints file;
    size_t *counts;

    if (!attr_ints(b, "vectors_per_class", &file))
        return false;
    if (file.n != s->classes || s->classes < 2)
        return build_refuse(b, "vectors_per_class has %zu numbers for %zu classes",
                            file.n, s->classes);
    counts = build_alloc(b, s->classes, sizeof(*counts));
    if (!counts)
        return false;
    for (size_t c = 0; c < s->classes; c++) {
        if (file.v[c] < 0 || file.v[c] > INT32_MAX)
            return build_refuse(b, "vectors_per_class has a wrong number");
        counts[c] = (size_t)file.v[c];
        s->vectors += counts[c];
        s->places += places_of(counts[c]);
    }
    s->counts = counts;
    return true;
}

static bool arrange_support(const struct build *b, struct svm *s)
{
    struct build_floats file;
    const float *vector;
    float *support;
    size_t place = 0;

    if (!attr_floats(b, "support_vectors", &file))
        return false;
    if (!s->vectors || file.n / s->vectors != s->features || file.n % s->vectors)
        return build_refuse(b, "%zu numbers for %zu support vectors of %zu features",
                            file.n, s->vectors, s->features);
    support = build_alloc(b, lanes_padded(s->places) * s->features, sizeof(*support));
    if (!support)
        return false;
    vector = file.v;
    for (size_t c = 0; c < s->classes; place += places_of(s->counts[c++]))
        for (size_t v = 0; v < s->counts[c]; v++, vector += s->features)
            for (size_t i = 0; i < s->features; i++)
                support[lanes_index(place + v, i, s->features)] = vector[i];
    s->support = support;
    return true;
}

/* Class by class: its vectors' towards each other class. */
static void copy_coefs(const struct svm *s, const float *file, float *coefs)
{
    size_t start = 0;

    for (size_t c = 0; c < s->classes; start += s->counts[c++])
        for (size_t other = 0; other + 1 < s->classes; other++) {
            memcpy(coefs, file + other * s->vectors + start,
                   s->counts[c] * sizeof(*coefs));
            coefs += places_of(s->counts[c]);
        }
}

static bool arrange_coefs(const struct build *b, struct svm *s)
{
    struct build_floats file;
    size_t others = s->classes - 1;
    float *coefs;

    if (!attr_floats(b, "coefficients", &file))
        return false;
    if (!others || file.n / others != s->vectors || file.n % others)
        return build_refuse(b, "%zu coefficients for %zu vectors of %zu classes", file.n,
                            s->vectors, s->classes);
    coefs = build_alloc(b, s->places * others, sizeof(*coefs));
    if (!coefs)
        return false;
    copy_coefs(s, file.v, coefs);
    s->coefs = coefs;
    return true;
}

/* Filled up with zeros to `room`. */
static const float *per_pair(const struct build *b, const char *name, size_t pairs,
                             size_t room)
{
    struct build_floats file;
    float *copy;

    if (!attr_floats(b, name, &file))
        return NULL;
    if (file.n != pairs) {
        (void)build_refuse(b, "%s has %zu numbers for %zu pairs of classes%s", name,
                           file.n, pairs, file.n ? "" : " (train with probability=True)");
        return NULL;
    }
    copy = build_alloc(b, room, sizeof(*copy));
    if (copy)
        memcpy(copy, file.v, pairs * sizeof(*copy));
    return copy;
}

static bool read_pairs(const struct build *b, struct svm *s, size_t pairs)
{
    enum post_transform post;

    s->rho = per_pair(b, "rho", pairs, s->pairs);
    s->prob_a = s->rho ? per_pair(b, "prob_a", pairs, s->pairs) : NULL;
    s->prob_b = s->prob_a ? per_pair(b, "prob_b", pairs, s->pairs) : NULL;
    if (!s->prob_b || !post_transform_attr(b, &post))
        return false;
    return post == POST_NONE ||
           build_refuse(b, "post_transform on probabilities is not supported");
}

static bool declare(struct build *b, struct svm *s, const struct labels *labels)
{
    struct value *label = build_output_classes(b, 0, labels);
    struct value *out = label ? build_output_numbers(b, 1, s->classes) : NULL;

    if (!out)
        return false;
    s->label = label->slot;
    s->out = out->slot;
    out->sums_to_one = true;
    b->plan->kind = "SVMClassifier";
    return build_scratch(b, lanes_padded(s->places), &s->kernel_slot) &&
           build_scratch(b, s->classes * (s->classes - 1), &s->sum_slot) &&
           build_scratch(b, s->pairs, &s->decision_slot) &&
           build_scratch(b, s->pairs * 2, &s->pair_slot) &&
           build_scratch(b, coupling_doubles(s->classes) * 2, &s->coupling_slot) &&
           build_step(b, svm_run, s);
}

bool op_svm_classifier(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    struct svm *s = in ? build_alloc(b, 1, sizeof(*s)) : NULL;
    struct labels labels;
    size_t pairs;

    if (!s || !attr_labels(b, "classlabels_ints", "classlabels_strings", &labels))
        return false;
    s->in = in->slot;
    s->features = in->width;
    s->classes = labels.count;
    if (s->classes > UINT16_MAX)
        return build_refuse(b, "too many classes");
    pairs = s->classes * (s->classes - 1) / 2;
    s->pairs = coupling_pairs(s->classes);
    return read_kernel(b, s) && read_classes(b, s) && arrange_support(b, s) &&
           arrange_coefs(b, s) && read_pairs(b, s, pairs) && declare(b, s, &labels);
}
