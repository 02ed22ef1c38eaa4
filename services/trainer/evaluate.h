/* SPDX-License-Identifier: Apache-2.0 */
/* evaluate.h - how good a kind of model is on rows it was not trained on. */
#ifndef TRAINER_EVALUATE_H
#define TRAINER_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engine/model.h"
#include "trainer/dataset.h"
#include "trainer/fit.h"

enum { EVALUATE_FOLDS_MAX = 100 };

struct evaluation {
    size_t folds;
    double accuracy[EVALUATE_FOLDS_MAX]; /* share of rows, of each fold */
    double mean, spread;                 /* spread: standard deviation over the folds */
};

/* The class that the model predicts for each of the rows (model_features() wide each), as
 * indices of its classes; the caller frees them. */
size_t *evaluate_classes(const struct model *m, const float *x, size_t rows);

/* Stratified k-fold cross-validation. Every model is written and run as it would be
 * served, so what is measured is the file, not the trainer's idea of it.
 * The progress of `o` is told as a whole over all folds. */
bool evaluate(const struct dataset *d, const struct fit_kind *kind,
              const struct fit_options *o, size_t folds, struct evaluation *out,
              struct error *err);

#endif
