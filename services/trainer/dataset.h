/* SPDX-License-Identifier: Apache-2.0 */
/* dataset.h - labelled rows, read from CSV.
 *
 * The first record names the columns. One column is the class, all others are features
 * and must be finite numbers. Classes that are all whole numbers keep their values and
 * are ordered by them; else classes are texts in byte order.
 */
#ifndef TRAINER_DATASET_H
#define TRAINER_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

enum { DATASET_CLASSES_MAX = 1000 };

struct dataset {
    size_t rows, width, classes;
    float *x;    /* rows x width */
    uint32_t *y; /* class of each row */
    char **feature_names;
    char **class_names;
    int64_t *class_ints; /* NULL unless all classes are whole numbers */
};

/* Errors name line and column of the text. */
struct dataset *dataset_parse(const char *text, size_t n, const char *target,
                              struct error *err);
struct dataset *dataset_read(const char *path, const char *target, struct error *err);
void dataset_free(struct dataset *d);
DEFINE_FREEP(struct dataset *, dataset_free)

/* What trainers get: rows without names. */
struct sample {
    size_t rows, width, classes;
    const float *x;
    const uint32_t *y;
};

struct sample dataset_sample(const struct dataset *d);

/* The rows with these indices, copied; release with sample_clear(). */
struct sample sample_pick(const struct sample *from, const size_t *indices, size_t n);
void sample_clear(struct sample *s);

#endif
