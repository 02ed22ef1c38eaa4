/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/train.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "engine/metadata.h"
#include "engine/names.h"
#include "engine/reference.h"
#include "trainer/evaluate.h"
#include "trainer/fit_model.h"
#include "trainer/progress.h"

enum { CARD_MAX_BYTES = 16 << 20 };

/* metadata_props in the making: all texts one after the other, told apart by NULs. */
struct card {
    struct buf texts;
    size_t starts[METADATA_KEYS];
    const char *keys[METADATA_KEYS];
    size_t count;
};

static void card_clear(struct card *c)
{
    buf_clear(&c->texts);
}

static struct buf *card_key(struct card *c, const char *key)
{
    c->keys[c->count] = key;
    c->starts[c->count++] = c->texts.len;
    return &c->texts;
}

static void card_text(struct card *c, const char *key, const char *value)
{
    buf_puts(card_key(c, key), value);
    buf_putc(&c->texts, '\0');
}

static void card_number(struct card *c, const char *key, double value)
{
    char text[NUMBER_MAX];

    (void)number_format(value, text);
    card_text(c, key, text);
}

/* The data set is called as said, or as the model, or as its file. */
static void card_dataset(struct card *c, const struct train_options *o)
{
    const char *base = strrchr(o->data, '/');
    size_t n;

    base = base ? base + 1 : o->data;
    if (*o->dataset || *o->name) {
        card_text(c, METADATA_DATASET, *o->dataset ? o->dataset : o->name);
        return;
    }
    n = strlen(base);
    if (n > 4 && !strcmp(base + n - 4, ".csv"))
        n -= 4;
    buf_add(card_key(c, METADATA_DATASET), base, n);
    buf_putc(&c->texts, '\0');
}

static void fill_card(struct card *c, const struct dataset *d,
                      const struct fit_kind *kind, const struct train_options *o,
                      const struct evaluation *e)
{
    CLEANUP(reference_freep)
    struct reference *reference = reference_measure(d->x, d->rows, d->width);
    char now[CLOCK_TEXT_MAX];

    card_text(c, METADATA_NAME, *o->name ? o->name : kind->title);
    card_text(c, METADATA_KIND, kind->title);
    card_dataset(c, o);
    names_write((const char *const *)d->class_names, d->classes,
                card_key(c, METADATA_CLASS_NAMES));
    buf_putc(&c->texts, '\0');
    names_write((const char *const *)d->feature_names, d->width,
                card_key(c, METADATA_FEATURE_NAMES));
    buf_putc(&c->texts, '\0');
    if (e->folds) {
        card_number(c, METADATA_ACCURACY, e->mean);
        card_number(c, METADATA_ACCURACY_STD, e->spread);
        card_number(c, METADATA_FOLDS, (double)e->folds);
    }
    card_number(c, METADATA_TRAINING_ROWS, (double)d->rows);
    card_text(c, METADATA_TRAINED_AT,
              *o->trained_at ? o->trained_at : clock_format(clock_wall_ms(), now));
    card_number(c, METADATA_SEED, (double)o->fit.seed);
    reference_write(reference, card_key(c, METADATA_REFERENCE));
    buf_putc(&c->texts, '\0');
}

static void print_evaluation(const struct evaluation *e)
{
    if (!e->folds) {
        printf("accuracy  not measured (--folds 0)\n");
        return;
    }
    printf("accuracy  %.4f +- %.4f (mean and standard deviation of %zu stratified folds:",
           e->mean, e->spread, e->folds);
    for (size_t k = 0; k < e->folds; k++)
        printf(" %.4f", e->accuracy[k]);
    printf(")\n");
}

static bool write_model(const struct dataset *d, const struct fit_kind *kind,
                        const struct train_options *o, const struct evaluation *e,
                        struct error *err)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(0);
    CLEANUP(card_clear)
    struct card card = {.texts = BUF_INIT(CARD_MAX_BYTES)};
    struct onnx_out_entry entries[METADATA_KEYS];
    struct sample all = dataset_sample(d);
    bool ok;

    fill_card(&card, d, kind, o, e);
    if (!buf_ok(&card.texts))
        return error_set(err, ERR_TOO_BIG, "more metadata than %d bytes", CARD_MAX_BYTES);
    for (size_t i = 0; i < card.count; i++)
        entries[i] =
            (struct onnx_out_entry){card.keys[i], card.texts.data + card.starts[i]};
    ok = fit_model(&all, d, kind, &o->fit, entries, card.count, &bytes, err);
    progress_end();
    if (!ok || !file_write(o->out, bytes.data, bytes.len, 0644, err))
        return false;
    printf("model     %s, %zu bytes\n", o->out, bytes.len);
    return true;
}

bool train(const struct fit_kind *kind, const struct train_options *o, struct error *err)
{
    CLEANUP(dataset_freep)
    struct dataset *d = dataset_read(o->data, o->target, err);
    struct train_options own = *o;
    struct evaluation e = {0};
    struct progress progress = {.what = "cross-validation"};
    bool ok = true;

    if (!d)
        return false;
    own.fit.progress = progress_show;
    own.fit.progress_arg = &progress;
    printf("data      %s: %zu rows, %zu features, %zu classes\n", o->data, d->rows,
           d->width, d->classes);
    if (o->folds)
        ok = evaluate(d, kind, &own.fit, (size_t)o->folds, &e, err);
    progress_end();
    if (!ok)
        return false;
    print_evaluation(&e);
    progress.what = "training";
    return write_model(d, kind, &own, &e, err);
}
