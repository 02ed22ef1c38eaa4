/* SPDX-License-Identifier: Apache-2.0 */
/* Microseconds per row of each model file given: rows one at a time, as requests bring
 * them, and in batches of 64; and milliseconds to load.
 *
 *     engine_bench MODEL.onnx...
 *
 * Rows are random numbers within what the model's own drift reference saw in training,
 * else between 0 and 16. The best of several rounds is shown: other programs on the
 * machine only ever make a round slower.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "engine/metadata.h"
#include "engine/model.h"
#include "engine/reference.h"

enum { ROWS = 256, BATCH = 64, ROUNDS = 7, FILE_MAX_BYTES = 128 << 20 };
static const double ROUND_NS = 30e6;

static double random_ratio(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (double)(*state >> 40) / (double)(1 << 24);
}

static void fill_rows(const struct model *m, float *rows)
{
    const char *json = model_metadata(m, METADATA_REFERENCE);
    size_t width = model_features(m);
    struct error ignored;
    CLEANUP(reference_freep)
    struct reference *r = json ? reference_parse(json, width, &ignored) : NULL;
    uint64_t state = 42;

    for (size_t i = 0; i < ROWS * width; i++) {
        const struct reference_feature *f = r ? &r->features[i % width] : NULL;
        double low = f ? f->edges[0] : 0;
        double high = f ? f->edges[f->edge_count - 1] : 16;

        rows[i] = (float)(low + (high - low) * random_ratio(&state));
    }
}

struct work {
    const struct model *m;
    struct model_scratch *s;
    const float *rows;
    float *ratios;
    size_t batch;
};

static void all_rows(const struct work *w)
{
    size_t best[BATCH];

    for (size_t i = 0; i < ROWS; i += w->batch)
        model_infer(w->m, w->s, w->rows + i * model_features(w->m), w->batch, w->ratios,
                    best, NULL);
}

static double micros_per_row(const struct work *w)
{
    double least = 1e300;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_mono_ns();
        double passes = 0;
        double took;

        do {
            all_rows(w);
            passes++;
            took = (double)(clock_mono_ns() - start);
        } while (took < ROUND_NS);
        took /= passes * ROWS * 1e3;
        least = took < least ? took : least;
    }
    return least;
}

static struct model *timed_load(const char *path, double *ms, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(FILE_MAX_BYTES);
    struct model *m;
    int64_t start;

    if (!file_read(path, &bytes, err))
        return NULL;
    start = clock_mono_ns();
    m = model_parse(buf_str(&bytes), bytes.len, err);
    *ms = (double)(clock_mono_ns() - start) / 1e6;
    return m;
}

static bool bench(const char *path, struct error *err)
{
    double load_ms;
    CLEANUP(model_freep)
    struct model *m = timed_load(path, &load_ms, err);
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = NULL;
    CLEANUP(mem_freep)
    float *rows = NULL;
    CLEANUP(mem_freep)
    float *ratios = NULL;
    const char *slash = strrchr(path, '/');
    struct work w;
    double one;

    if (!m)
        return false;
    s = model_scratch_new(m);
    rows = mem_alloc(ROWS * model_features(m), sizeof(*rows));
    ratios = mem_alloc(BATCH * model_classes(m), sizeof(*ratios));
    fill_rows(m, rows);
    w = (struct work){m, s, rows, ratios, 1};
    one = micros_per_row(&w);
    w.batch = BATCH;
    printf("%-28s %-24s %8.3f %8.3f %8.2f\n", slash ? slash + 1 : path, model_kind(m),
           one, micros_per_row(&w), load_ms);
    return true;
}

int main(int argc, char **argv)
{
    struct error err;

    printf("%-28s %-24s %8s %8s %8s\n", "model", "kind", "us/row", "batch", "load ms");
    for (int i = 1; i < argc; i++)
        if (!bench(argv[i], &err)) {
            (void)fprintf(stderr, "engine_bench: %s\n", err.msg);
            return 1;
        }
    return 0;
}
