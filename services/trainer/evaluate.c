/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/evaluate.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "trainer/fit_model.h"
#include "trainer/folds.h"

/* The part of the whole work that the current fold is. */
struct share {
    const struct fit_options *whole;
    double start, size;
};

static void fold_progress(void *arg, double done)
{
    const struct share *s = arg;

    fit_progress(s->whole, s->start + s->size * done);
}

size_t *evaluate_classes(const struct model *m, const float *x, size_t rows)
{
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = model_scratch_new(m);
    CLEANUP(mem_freep)
    float *ratios = mem_alloc(rows * model_classes(m), sizeof(*ratios));
    size_t *best = mem_alloc(rows, sizeof(*best));

    model_infer(m, s, x, rows, ratios, best, NULL);
    return best;
}

static bool accuracy(const struct buf *bytes, const struct sample *test, double *out,
                     struct error *err)
{
    CLEANUP(model_freep)
    struct model *m = model_parse(buf_str(bytes), bytes->len, err);
    CLEANUP(mem_freep)
    size_t *best = NULL;
    size_t right = 0;

    if (!m)
        return error_wrap(err, "the model just trained does not load");
    best = evaluate_classes(m, test->x, test->rows);
    for (size_t i = 0; i < test->rows; i++)
        right += best[i] == test->y[i];
    *out = (double)right / (double)test->rows;
    return true;
}

/* Rows of fold k to test, all others to train on. */
static void part(const struct sample *all, const uint32_t *fold, size_t k,
                 struct sample *train, struct sample *test)
{
    CLEANUP(mem_freep)
    size_t *in = mem_alloc(all->rows, sizeof(*in));
    CLEANUP(mem_freep)
    size_t *out = mem_alloc(all->rows, sizeof(*out));
    size_t in_count = 0;
    size_t out_count = 0;

    for (size_t i = 0; i < all->rows; i++)
        if (fold[i] == k)
            out[out_count++] = i;
        else
            in[in_count++] = i;
    *train = sample_pick(all, in, in_count);
    *test = sample_pick(all, out, out_count);
}

static bool run_fold(const struct dataset *d, const uint32_t *fold, size_t k,
                     const struct fit_kind *kind, const struct fit_options *o,
                     double *result, struct error *err)
{
    struct sample all = dataset_sample(d);
    CLEANUP(sample_clear)
    struct sample train = {0};
    CLEANUP(sample_clear)
    struct sample test = {0};
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(0);

    part(&all, fold, k, &train, &test);
    return fit_model(&train, d, kind, o, NULL, 0, &bytes, err) &&
           accuracy(&bytes, &test, result, err);
}

static void summarise(struct evaluation *e)
{
    double squares = 0;

    e->mean = 0;
    for (size_t k = 0; k < e->folds; k++)
        e->mean += e->accuracy[k] / (double)e->folds;
    for (size_t k = 0; k < e->folds; k++)
        squares += (e->accuracy[k] - e->mean) * (e->accuracy[k] - e->mean);
    e->spread = sqrt(squares / (double)(e->folds - 1));
}

/* Each fold needs rows, and each class must be left in what is trained on. */
static bool check(const struct dataset *d, size_t folds, struct error *err)
{
    CLEANUP(mem_freep)
    size_t *counts = mem_alloc(d->classes, sizeof(*counts));

    for (size_t i = 0; i < d->rows; i++)
        counts[d->y[i]]++;
    for (size_t c = 0; c < d->classes; c++)
        if (counts[c] < folds)
            return error_set(err, ERR_INVALID,
                             "class \"%.64s\" has %zu rows, too few for %zu folds "
                             "(--folds)",
                             d->class_names[c], counts[c], folds);
    return true;
}

bool evaluate(const struct dataset *d, const struct fit_kind *kind,
              const struct fit_options *o, size_t folds, struct evaluation *out,
              struct error *err)
{
    CLEANUP(mem_freep)
    uint32_t *fold = mem_alloc(d->rows, sizeof(*fold));
    struct random random = random_stream((uint64_t)o->seed, UINT64_MAX);
    struct evaluation e = {.folds = folds};

    if (!check(d, folds, err))
        return false;
    folds_deal(d->y, d->rows, d->classes, folds, &random, fold);
    for (size_t k = 0; k < folds; k++) {
        struct share share = {o, (double)k / (double)folds, 1 / (double)folds};
        struct fit_options own = *o;

        own.progress = fold_progress;
        own.progress_arg = &share;
        if (!run_fold(d, fold, k, kind, &own, &e.accuracy[k], err))
            return error_wrap(err, "fold %zu", k + 1);
    }
    summarise(&e);
    *out = e;
    return true;
}
