/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "json/json.h"

static const double SMOOTHING = 0.5; /* observations added to each bin */

static struct reference *reference_new(size_t feature_count)
{
    struct reference *r = mem_alloc(1, sizeof(*r));

    r->features = mem_alloc(feature_count, sizeof(*r->features));
    r->feature_count = feature_count;
    return r;
}

void reference_free(struct reference *r)
{
    if (!r)
        return;
    free(r->features);
    free(r);
}

size_t reference_bin(const struct reference_feature *f, double x)
{
    size_t bin = 0;

    while (bin < f->edge_count && x > f->edges[bin])
        bin++;
    return bin;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;

    return (x > y) - (x < y);
}

/* The nearest-rank deciles, equal ones once. The largest value is no edge, for nothing
 * seen in training would lie beyond it, unless it is the only one there is. */
static void set_edges(struct reference_feature *f, const float *sorted, size_t n)
{
    for (size_t decile = 1; decile < REFERENCE_BINS; decile++) {
        double edge = sorted[(n * decile + REFERENCE_BINS - 1) / REFERENCE_BINS - 1];

        if (f->edge_count && edge <= f->edges[f->edge_count - 1])
            continue;
        if (f->edge_count && edge >= sorted[n - 1])
            continue;
        f->edges[f->edge_count++] = edge;
    }
}

static void set_ratios(struct reference_feature *f, const float *sorted, size_t n)
{
    double bins = (double)f->edge_count + 1;
    double counts[REFERENCE_BINS] = {0};

    for (size_t i = 0; i < n; i++)
        counts[reference_bin(f, sorted[i])]++;
    for (size_t i = 0; i <= f->edge_count; i++)
        f->ratios[i] = (counts[i] + SMOOTHING) / ((double)n + SMOOTHING * bins);
}

struct reference *reference_measure(const float *rows, size_t row_count, size_t width)
{
    struct reference *r = reference_new(width);
    CLEANUP(mem_freep)
    float *column = mem_alloc(row_count, sizeof(*column));

    r->observations = (double)row_count;
    for (size_t f = 0; row_count && f < width; f++) {
        for (size_t i = 0; i < row_count; i++)
            column[i] = rows[i * width + f];
        qsort(column, row_count, sizeof(*column), compare);
        set_edges(&r->features[f], column, row_count);
        set_ratios(&r->features[f], column, row_count);
    }
    return r;
}

static void write_numbers(struct buf *out, const double *v, size_t n)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < n; i++) {
        char text[NUMBER_MAX];

        if (i)
            buf_putc(out, ',');
        buf_add(out, text, number_format(v[i], text));
    }
    buf_putc(out, ']');
}

void reference_write(const struct reference *r, struct buf *out)
{
    buf_puts(out, "{\"observations\":");
    json_add_number(out, r->observations);
    buf_puts(out, ",\"features\":[");
    for (size_t i = 0; i < r->feature_count; i++) {
        const struct reference_feature *f = &r->features[i];

        buf_puts(out, i ? ",{\"edges\":" : "{\"edges\":");
        write_numbers(out, f->edges, f->edge_count);
        buf_puts(out, ",\"ratios\":");
        write_numbers(out, f->ratios, f->edge_count + 1);
        buf_putc(out, '}');
    }
    buf_puts(out, "]}");
}

/* At most `most` finite numbers; returns how many, or -1. */
static int read_numbers(const struct json *array, double *out, int most)
{
    int n = 0;

    if (!json_is(array, JSON_ARRAY) || json_count(array) > (size_t)most)
        return -1;
    for (const struct json *j = json_first(array); j; j = json_next(j)) {
        out[n] = json_number(j, NAN);
        if (!isfinite(out[n++]))
            return -1;
    }
    return n;
}

static bool read_feature(const struct json *j, struct reference_feature *f,
                         struct error *err)
{
    int edges = read_numbers(json_get(j, "edges"), f->edges, REFERENCE_EDGES);
    int ratios = read_numbers(json_get(j, "ratios"), f->ratios, REFERENCE_BINS);

    if (edges < 1 || ratios != edges + 1)
        return error_set(err, ERR_INVALID, "needs 1 to %d edges and one ratio more",
                         REFERENCE_EDGES);
    for (int i = 1; i < edges; i++)
        if (f->edges[i] <= f->edges[i - 1])
            return error_set(err, ERR_INVALID, "edges do not rise");
    for (int i = 0; i < ratios; i++)
        if (f->ratios[i] <= 0 || f->ratios[i] > 1)
            return error_set(err, ERR_INVALID, "a ratio is not between 0 and 1");
    f->edge_count = (size_t)edges;
    return true;
}

struct reference *reference_parse(const char *json, size_t feature_count,
                                  struct error *err)
{
    CLEANUP(json_freep)
    struct json *root = json_parse(json, strlen(json), err);
    CLEANUP(reference_freep)
    struct reference *r = NULL;
    const struct json *features = json_get(root, "features");
    size_t i = 0;

    if (!root) {
        (void)error_wrap(err, "drift reference");
        return NULL;
    }
    if (!json_is(features, JSON_ARRAY) || json_count(features) != feature_count) {
        (void)error_set(err, ERR_INVALID, "drift reference: not of %zu features",
                        feature_count);
        return NULL;
    }
    r = reference_new(feature_count);
    r->observations = json_number(json_get(root, "observations"), NAN);
    if (!(r->observations >= 1)) {
        (void)error_set(err, ERR_INVALID, "drift reference: no observations");
        return NULL;
    }
    for (const struct json *j = json_first(features); j; j = json_next(j), i++)
        if (!read_feature(j, &r->features[i], err)) {
            (void)error_wrap(err, "drift reference: feature %zu", i);
            return NULL;
        }
    return STEAL(r);
}
