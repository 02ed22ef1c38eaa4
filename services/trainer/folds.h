/* SPDX-License-Identifier: Apache-2.0 */
/* folds.h - cutting rows into parts in which every class has its share. */
#ifndef TRAINER_FOLDS_H
#define TRAINER_FOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "trainer/dataset.h"

/* The fold of each row, 0 to count - 1: shuffled, the rows of a class are dealt out one
 * fold after the other, and the next class goes on where the last one ended. */
void folds_deal(const uint32_t *y, size_t rows, size_t classes, size_t count,
                struct random *random, uint32_t *fold);

/* True for the rows to be held out: of each class its share, rounded to the nearest, but
 * never all of its rows. */
void folds_hold_out(const uint32_t *y, size_t rows, size_t classes, double share,
                    struct random *random, bool *held);

#endif
