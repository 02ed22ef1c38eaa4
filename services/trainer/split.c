/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/split.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "csv/csv.h"
#include "trainer/dataset.h"
#include "trainer/folds.h"

enum { FILE_MAX_BYTES = 1 << 30 };

static void add_record(struct buf *out, const struct csv *c)
{
    buf_add(out, c->raw, c->raw_size);
    buf_putc(out, '\n');
}

/* The records once more, which the data set has shown to be in order. */
static bool deal(const struct buf *text, const bool *held, struct buf *train,
                 struct buf *holdout, struct error *err)
{
    CLEANUP(csv_clear)
    struct csv c;
    int more;

    csv_init(&c, buf_str(text), text->len);
    if (csv_next(&c, err) < 0)
        return false;
    add_record(train, &c);
    add_record(holdout, &c);
    while ((more = csv_next(&c, err)) > 0)
        add_record(*held++ ? holdout : train, &c);
    return more == 0;
}

bool split(const struct split_options *o, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(FILE_MAX_BYTES);
    CLEANUP(buf_clear)
    struct buf train = BUF_INIT(FILE_MAX_BYTES);
    CLEANUP(buf_clear)
    struct buf holdout = BUF_INIT(FILE_MAX_BYTES);
    CLEANUP(dataset_freep)
    struct dataset *d = NULL;
    CLEANUP(mem_freep)
    bool *held = NULL;
    struct random random = random_stream((uint64_t)o->seed, 0);
    size_t out = 0;

    if (!file_read(o->data, &text, err))
        return false;
    d = dataset_parse(buf_str(&text), text.len, o->target, err);
    if (!d)
        return error_wrap(err, "%s", o->data);
    held = mem_alloc(d->rows, sizeof(*held));
    folds_hold_out(d->y, d->rows, d->classes, o->share, &random, held);
    for (size_t i = 0; i < d->rows; i++)
        out += held[i];
    if (!deal(&text, held, &train, &holdout, err) ||
        !file_write(o->train, buf_str(&train), train.len, 0644, err) ||
        !file_write(o->holdout, buf_str(&holdout), holdout.len, 0644, err))
        return false;
    printf("%s: %zu rows\n%s: %zu rows\n", o->train, d->rows - out, o->holdout, out);
    return true;
}
