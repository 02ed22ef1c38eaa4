/* SPDX-License-Identifier: Apache-2.0 */
/* split.h - the command split: labelled rows into two files, class by class. */
#ifndef TRAINER_SPLIT_H
#define TRAINER_SPLIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct split_options {
    const char *data, *train, *holdout;
    const char *target;
    double share; /* of the rows, held out */
    int64_t seed;
};

/* Every record goes into one of the files as it stands in the data, in its order, below
 * the same header. */
bool split(const struct split_options *o, struct error *err);

#endif
