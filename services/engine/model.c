/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/metadata.h"
#include "engine/names.h"
#include "engine/onnx.h"
#include "engine/plan.h"
#include "engine/pool.h"

enum {
    DECODED_MAX_BYTES = 512 << 20,
    PLAN_MAX_BYTES = 512 << 20,
    CACHE_LINE_CELLS = 16,
};

struct entry {
    char *key, *value;
};

struct model {
    struct pool pool;
    struct plan plan;
    struct entry *metadata;
    size_t metadata_count;
    const char **class_names;
    const char **feature_names;
};

struct model_scratch {
    const struct model *model;
    void **slots;
    float *cells;
};

static bool keep_metadata(struct model *m, const struct onnx_model *source,
                          struct error *err)
{
    m->metadata_count = source->metadata_count;
    m->metadata = pool_alloc(&m->pool, m->metadata_count, sizeof(*m->metadata), err);
    for (size_t i = 0; m->metadata && i < m->metadata_count; i++) {
        const struct onnx_entry *e = &source->metadata[i];

        if (!text_is_utf8(e->key.s, e->key.n) || !text_is_utf8(e->value.s, e->value.n) ||
            memchr(e->key.s, 0, e->key.n) || memchr(e->value.s, 0, e->value.n))
            return error_set(err, ERR_INVALID, "metadata entry %zu is no text", i);
        m->metadata[i].key = pool_text(&m->pool, e->key.s, e->key.n, err);
        m->metadata[i].value = pool_text(&m->pool, e->value.s, e->value.n, err);
        if (!m->metadata[i].key || !m->metadata[i].value)
            return false;
    }
    return m->metadata != NULL;
}

const char *model_metadata(const struct model *m, const char *key)
{
    for (size_t i = 0; i < m->metadata_count; i++)
        if (!strcmp(m->metadata[i].key, key))
            return m->metadata[i].value;
    return NULL;
}

/* What a class or feature is called when the metadata does not say. */
static const char *plain_class_name(const struct model *m, size_t i, char out[32])
{
    const struct labels *labels = &m->plan.labels;

    if (labels->names)
        return labels->names[i];
    (void)snprintf(out, 32, "%" PRId64, labels->ints[i]);
    return out;
}

static const char *plain_feature_name(const struct model *m, size_t i, char out[32])
{
    (void)m;
    (void)snprintf(out, 32, "f%zu", i);
    return out;
}

/* The names as a JSON array under `key`, which must have just `count`; else plain ones.
 */
static const char **make_names(struct model *m, const char *key, size_t count,
                               const char *(*plain)(const struct model *, size_t,
                                                    char[32]),
                               struct error *err)
{
    const char **names = pool_alloc(&m->pool, count, sizeof(*names), err);
    const char *json = model_metadata(m, key);
    char text[32];

    if (!names)
        return NULL;
    if (json && !names_parse(json, &m->pool, names, count, err)) {
        (void)error_wrap(err, "metadata %s", key);
        return NULL;
    }
    for (size_t i = 0; !json && i < count; i++) {
        const char *name = plain(m, i, text);

        names[i] = pool_text(&m->pool, name, strlen(name), err);
        if (!names[i])
            return NULL;
    }
    if (!names_differ(names, count, err)) {
        (void)error_wrap(err, "%s", key);
        return NULL;
    }
    return names;
}

/* Scores instead of probabilities (an SVM exported without them, a regression) cannot be
 * told from the graph; they show on any row. */
static bool check_probabilities(const struct model *m, struct error *err)
{
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = model_scratch_new(m);
    CLEANUP(mem_freep)
    float *row = mem_alloc(m->plan.features, sizeof(*row));
    CLEANUP(mem_freep)
    float *ratios = mem_alloc(m->plan.classes, sizeof(*ratios));
    double sum = 0;
    size_t best;

    model_infer(m, s, row, 1, ratios, &best, NULL);
    for (size_t i = 0; i < m->plan.classes; i++) {
        if (!(ratios[i] >= -1e-3F && ratios[i] <= 1 + 1e-3F))
            return error_set(err, ERR_INVALID,
                             "its output is no probability (%g for class %s of a row of "
                             "zeros)",
                             (double)ratios[i], m->class_names[i]);
        sum += (double)ratios[i];
    }
    if (fabs(sum - 1) > 1e-2)
        return error_set(err, ERR_INVALID,
                         "its probabilities do not sum to 1 (%g on a row of zeros)", sum);
    return true;
}

static bool build(struct model *m, const void *bytes, size_t n, struct pool *temporary,
                  struct error *err)
{
    struct onnx_model source;

    if (!onnx_decode(bytes, n, temporary, &source, err) ||
        !plan_compile(&source, temporary, &m->pool, &m->plan, err) ||
        !keep_metadata(m, &source, err))
        return false;
    m->class_names =
        make_names(m, METADATA_CLASS_NAMES, m->plan.classes, plain_class_name, err);
    m->feature_names = m->class_names
                           ? make_names(m, METADATA_FEATURE_NAMES, m->plan.features,
                                        plain_feature_name, err)
                           : NULL;
    return m->feature_names && check_probabilities(m, err);
}

struct model *model_parse(const void *bytes, size_t n, struct error *err)
{
    CLEANUP(pool_clear)
    struct pool temporary = POOL_INIT(DECODED_MAX_BYTES);
    CLEANUP(model_freep)
    struct model *m = mem_alloc(1, sizeof(*m));

    m->pool = (struct pool)POOL_INIT(PLAN_MAX_BYTES);
    if (!n) {
        (void)error_set(err, ERR_INVALID, "not an ONNX model: empty");
        return NULL;
    }
    return build(m, bytes, n, &temporary, err) ? STEAL(m) : NULL;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    pool_clear(&m->pool);
    free(m);
}

size_t model_features(const struct model *m)
{
    return m->plan.features;
}

size_t model_classes(const struct model *m)
{
    return m->plan.classes;
}

const char *model_class_name(const struct model *m, size_t i)
{
    return m->class_names[i];
}

int64_t model_class_label(const struct model *m, size_t i)
{
    return m->plan.labels.ints ? m->plan.labels.ints[i] : (int64_t)i;
}

const char *model_feature_name(const struct model *m, size_t i)
{
    return m->feature_names[i];
}

const char *model_kind(const struct model *m)
{
    return m->plan.kind;
}

/* Cells of a slot, rounded up so that no two slots share a cache line. */
static size_t slot_cells(const struct plan *plan, size_t i)
{
    size_t cells = plan->slots[i].width * (plan->slots[i].per_row ? plan->block_rows : 1);

    return (cells + CACHE_LINE_CELLS - 1) / CACHE_LINE_CELLS * CACHE_LINE_CELLS;
}

struct model_scratch *model_scratch_new(const struct model *m)
{
    const struct plan *plan = &m->plan;
    struct model_scratch *s = mem_alloc(1, sizeof(*s));
    size_t cells = 0;

    for (size_t i = 0; i < plan->slot_count; i++)
        cells += slot_cells(plan, i);
    s->model = m;
    s->slots = mem_alloc(plan->slot_count, sizeof(*s->slots));
    s->cells = mem_alloc(cells, sizeof(*s->cells));
    cells = 0;
    for (size_t i = 0; i < plan->slot_count; i++) {
        s->slots[i] = s->cells + cells;
        cells += slot_cells(plan, i);
    }
    return s;
}

void model_scratch_free(struct model_scratch *s)
{
    if (!s)
        return;
    free(s->slots);
    free(s->cells);
    free(s);
}

static size_t largest(const float *row, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best])
            best = i;
    return best;
}

/* Probabilities that are sums, such as those of a forest, may be a few units in the last
 * place above one: 1.0000001 is no probability, and no bucket up to 1 would count it. */
static void round_to_one(float *probabilities, size_t n)
{
    const float most = 1 + 1e-5F;

    for (size_t i = 0; i < n; i++)
        if (probabilities[i] > 1 && probabilities[i] <= most)
            probabilities[i] = 1;
}

static void infer_block(const struct model *m, struct model_scratch *s, const float *rows,
                        size_t n, float *probabilities, size_t *predicted,
                        size_t *label_out)
{
    const struct plan *plan = &m->plan;
    struct frame f = {.slots = s->slots, .rows = n};

    memcpy(frame_numbers(&f, plan->input_slot), rows, n * plan->features * sizeof(*rows));
    plan_run(plan, &f);
    memcpy(probabilities, frame_numbers(&f, plan->output_slot),
           n * plan->classes * sizeof(*probabilities));
    round_to_one(probabilities, n * plan->classes);
    for (size_t i = 0; i < n; i++) {
        predicted[i] = largest(probabilities + i * plan->classes, plan->classes);
        if (label_out)
            label_out[i] = plan->has_label
                               ? (size_t)frame_classes(&f, plan->label_slot)[i]
                               : predicted[i];
    }
}

void model_infer(const struct model *m, struct model_scratch *s, const float *rows,
                 size_t row_count, float *probabilities, size_t *predicted,
                 size_t *label_out)
{
    for (size_t done = 0; done < row_count;) {
        size_t n = row_count - done;

        if (n > m->plan.block_rows)
            n = m->plan.block_rows;
        infer_block(m, s, rows + done * m->plan.features, n,
                    probabilities + done * m->plan.classes, predicted + done,
                    label_out ? label_out + done : NULL);
        done += n;
    }
}
