/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/dataset.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "csv/csv.h"
#include "trainer/classes.h"

enum { FILE_MAX_BYTES = 1 << 30 };

void dataset_free(struct dataset *d)
{
    if (!d)
        return;
    for (size_t i = 0; d->feature_names && i < d->width; i++)
        free(d->feature_names[i]);
    for (size_t i = 0; d->class_names && i < d->classes; i++)
        free(d->class_names[i]);
    free(d->feature_names);
    free(d->class_names);
    free(d->class_ints);
    free(d->x);
    free(d->y);
    free(d);
}

/* Sets *target to the class column's index and takes the other names. */
static bool read_header(struct csv *c, const char *name, struct dataset *d,
                        size_t *target, struct error *err)
{
    int more = csv_next(c, err);

    if (more <= 0)
        return more < 0 ? false : error_set(err, ERR_INVALID, "the file is empty");
    *target = c->count;
    for (size_t i = 0; i < c->count; i++) {
        if (!*csv_field(c, i) || !text_is_utf8(csv_field(c, i), strlen(csv_field(c, i))))
            return error_set(err, ERR_INVALID,
                             "line %zu, column %zu: a column needs a name in UTF-8",
                             c->record_line, csv_column(c, i));
        for (size_t j = 0; j < i; j++)
            if (!strcmp(csv_field(c, i), csv_field(c, j)))
                return error_set(err, ERR_INVALID,
                                 "line %zu, column %zu: two columns are called \"%.64s\"",
                                 c->record_line, csv_column(c, i), csv_field(c, i));
        if (!strcmp(csv_field(c, i), name))
            *target = i;
    }
    if (*target == c->count)
        return error_set(err, ERR_INVALID,
                         "line %zu: no column is called \"%.64s\" (--target-column)",
                         c->record_line, name);
    if (c->count < 2)
        return error_set(err, ERR_INVALID, "line %zu: there are no features",
                         c->record_line);
    d->feature_names = mem_alloc(c->count - 1, sizeof(*d->feature_names));
    for (size_t i = 0; i < c->count; i++)
        if (i != *target)
            d->feature_names[d->width++] = mem_strdup(csv_field(c, i));
    return true;
}

static bool read_number(const struct csv *c, size_t i, const char *name, float *out,
                        struct error *err)
{
    double v;

    if (!text_to_double(csv_field(c, i), &v, err) || !(fabs(v) <= (double)FLT_MAX)) {
        return error_set(err, ERR_INVALID,
                         "line %zu, column %zu: \"%.64s\" of \"%.64s\" is no finite "
                         "number",
                         c->record_line, csv_column(c, i), csv_field(c, i), name);
    }
    *out = (float)v;
    return true;
}

/* The fields of one record into x and *y. */
static bool read_row(const struct csv *c, const struct dataset *d, size_t target,
                     struct classes *classes, float *x, uint32_t *y, struct error *err)
{
    size_t feature = 0;

    if (c->count != d->width + 1)
        return error_set(err, ERR_INVALID, "line %zu: %zu fields, the header has %zu",
                         c->record_line, c->count, d->width + 1);
    for (size_t i = 0; i < c->count; i++) {
        if (i == target)
            continue;
        if (!read_number(c, i, d->feature_names[feature], &x[feature], err))
            return false;
        feature++;
    }
    if (classes_add(classes, csv_field(c, target), y, err))
        return true;
    return error_wrap(err, "line %zu, column %zu", c->record_line, csv_column(c, target));
}

static bool read_rows(struct csv *c, struct dataset *d, size_t target,
                      struct classes *classes, struct error *err)
{
    size_t room = 0;
    int more;

    while ((more = csv_next(c, err)) > 0) {
        if (d->rows == room) {
            room = room ? room * 2 : 64;
            d->x = mem_resize(d->x, room, d->width * sizeof(*d->x));
            d->y = mem_resize(d->y, room, sizeof(*d->y));
        }
        if (!read_row(c, d, target, classes, d->x + d->rows * d->width, &d->y[d->rows],
                      err))
            return false;
        d->rows++;
    }
    return more == 0;
}

static bool parse(struct csv *c, const char *target, struct dataset *d, struct error *err)
{
    CLEANUP(classes_clear)
    struct classes classes = {0};
    size_t column = 0;

    if (!read_header(c, target, d, &column, err) ||
        !read_rows(c, d, column, &classes, err))
        return false;
    if (classes.count < 2)
        return error_set(err, ERR_INVALID, "%zu rows of %zu classes: nothing to learn",
                         d->rows, classes.count);
    classes_finish(&classes, d->y, d->rows);
    d->classes = classes.count;
    d->class_names = STEAL(classes.names);
    d->class_ints = STEAL(classes.ints);
    return true;
}

struct dataset *dataset_parse(const char *text, size_t n, const char *target,
                              struct error *err)
{
    CLEANUP(dataset_freep)
    struct dataset *d = mem_alloc(1, sizeof(*d));
    CLEANUP(csv_clear)
    struct csv c;

    csv_init(&c, text, n);
    return parse(&c, target, d, err) ? STEAL(d) : NULL;
}

struct dataset *dataset_read(const char *path, const char *target, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(FILE_MAX_BYTES);
    struct dataset *d;

    if (!file_read(path, &text, err))
        return NULL;
    d = dataset_parse(buf_str(&text), text.len, target, err);
    if (!d)
        (void)error_wrap(err, "%s", path);
    return d;
}

struct sample dataset_sample(const struct dataset *d)
{
    return (struct sample){d->rows, d->width, d->classes, d->x, d->y};
}

struct sample sample_pick(const struct sample *from, const size_t *indices, size_t n)
{
    float *x = mem_alloc(n * from->width, sizeof(*x));
    uint32_t *y = mem_alloc(n, sizeof(*y));

    for (size_t i = 0; i < n; i++) {
        memcpy(x + i * from->width, from->x + indices[i] * from->width,
               from->width * sizeof(*x));
        y[i] = from->y[indices[i]];
    }
    return (struct sample){n, from->width, from->classes, x, y};
}

void sample_clear(struct sample *s)
{
    mem_freep(&s->x);
    mem_freep(&s->y);
}
