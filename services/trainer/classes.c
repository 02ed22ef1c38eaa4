/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/classes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "trainer/dataset.h"

enum { NAME_MAX_BYTES = 128 };

void classes_clear(struct classes *c)
{
    for (size_t i = 0; c->names && i < c->count; i++)
        free(c->names[i]);
    free(c->names);
    free(c->ints);
}

bool classes_add(struct classes *c, const char *name, uint32_t *index, struct error *err)
{
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->names[i], name)) {
            *index = (uint32_t)i;
            return true;
        }
    if (!*name || strlen(name) > NAME_MAX_BYTES || !text_is_utf8(name, strlen(name)))
        return error_set(err, ERR_INVALID, "a class is a text of 1 to %d bytes of UTF-8",
                         NAME_MAX_BYTES);
    if (c->count == DATASET_CLASSES_MAX)
        return error_set(err, ERR_INVALID, "more than %d classes: is this the class?",
                         DATASET_CLASSES_MAX);
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 16;
        c->names = mem_resize(c->names, c->room, sizeof(*c->names));
    }
    *index = (uint32_t)c->count;
    c->names[c->count++] = mem_strdup(name);
    return true;
}

struct ranked {
    char *name;
    int64_t value;
    uint32_t index;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    return (x->value > y->value) - (x->value < y->value);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct ranked *)a)->name, ((const struct ranked *)b)->name);
}

/* "07" is a text: as a number it would come back as another one. */
static bool is_int(const char *name, int64_t *value)
{
    struct error ignored;
    char back[32];

    if (!text_to_int(name, INT64_MIN, INT64_MAX, value, &ignored))
        return false;
    (void)snprintf(back, sizeof(back), "%" PRId64, *value);
    return !strcmp(back, name);
}

void classes_finish(struct classes *c, uint32_t *y, size_t rows)
{
    CLEANUP(mem_freep)
    struct ranked *ranked = mem_alloc(c->count, sizeof(*ranked));
    CLEANUP(mem_freep)
    uint32_t *rank = mem_alloc(c->count, sizeof(*rank));
    bool ints = true;

    for (size_t i = 0; i < c->count; i++) {
        ranked[i] = (struct ranked){.name = c->names[i], .index = (uint32_t)i};
        ints = is_int(c->names[i], &ranked[i].value) && ints;
    }
    qsort(ranked, c->count, sizeof(*ranked), ints ? by_value : by_name);
    if (ints)
        c->ints = mem_alloc(c->count, sizeof(*c->ints));
    for (size_t i = 0; i < c->count; i++) {
        rank[ranked[i].index] = (uint32_t)i;
        c->names[i] = ranked[i].name;
        if (ints)
            c->ints[i] = ranked[i].value;
    }
    for (size_t i = 0; i < rows; i++)
        y[i] = rank[y[i]];
}
