/* SPDX-License-Identifier: Apache-2.0 */
/* train.h - the commands lr, svm and rf: measure, fit, describe, write. */
#ifndef TRAINER_TRAIN_H
#define TRAINER_TRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "trainer/fit.h"

struct train_options {
    const char *data, *out;
    const char *target;     /* the class column */
    const char *name;       /* of the model */
    const char *dataset;    /* "" : the name, or else the file's */
    const char *trained_at; /* "": now */
    int64_t folds;
    struct fit_options fit;
};

/* Prints what was measured and written on standard output. */
bool train(const struct fit_kind *kind, const struct train_options *o, struct error *err);

#endif
