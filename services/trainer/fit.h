/* SPDX-License-Identifier: Apache-2.0 */
/* fit.h - what every kind of model is trained by: rows in, the nodes of a graph out.
 *
 * The nodes read "X" and write "label" and "probabilities". What they are is all that is
 * kept of a trained model: its accuracy is measured by running them.
 */
#ifndef TRAINER_FIT_H
#define TRAINER_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "trainer/dataset.h"

struct fit_options {
    int64_t seed;
    double c;              /* of lr and svm: how little is regularised */
    double gamma;          /* of svm; 0: 1 / (features * variance) */
    bool scale;            /* lr, svm: standardise the features inside the model */
    int64_t trees;         /* of rf */
    int64_t depth;         /* of rf: at most so deep; 0: no limit */
    int64_t feature_count; /* of rf: features tried at a branch; 0: square root of all */
    /* Called now and then with how far it has come; may be NULL. */
    void (*progress)(void *arg, double done);
    void *progress_arg;
};

/* How classes are called in the graph. */
struct fit_labels {
    const int64_t *ints; /* or NULL */
    const char *const *names;
    size_t count;
};

typedef bool fit_fn(const struct sample *s, const struct fit_options *o,
                    const struct fit_labels *labels, struct buf *nodes,
                    struct error *err);

struct fit_kind {
    const char *name;  /* on the command line */
    const char *title; /* in the metadata */
    fit_fn *fit;
};

/* By name, or NULL; the table's end has no name. */
const struct fit_kind *fit_find(const char *name);

fit_fn fit_logistic, fit_svm, fit_forest;

/* The attribute for the labels: classlabels_ints or classlabels_strings. */
void fit_put_labels(struct buf *node, const char *ints_name, const char *texts_name,
                    const struct fit_labels *labels);

void fit_progress(const struct fit_options *o, double done);

#endif
