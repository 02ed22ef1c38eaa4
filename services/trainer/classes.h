/* SPDX-License-Identifier: Apache-2.0 */
/* classes.h - the classes met while reading, and their final order. */
#ifndef TRAINER_CLASSES_H
#define TRAINER_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct classes {
    size_t count;
    char **names;
    int64_t *ints; /* set by classes_finish() when all names are whole numbers */
    size_t room;
};

/* The index of the class, for now: that of its first appearance. */
bool classes_add(struct classes *c, const char *name, uint32_t *index, struct error *err);

/* Order them, by value when all are whole numbers, and rewrite the indices in y. */
void classes_finish(struct classes *c, uint32_t *y, size_t rows);

void classes_clear(struct classes *c);

#endif
