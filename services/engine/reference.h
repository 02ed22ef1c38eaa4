/* SPDX-License-Identifier: Apache-2.0 */
/* reference.h - how the training data was distributed: what drift is measured against.
 *
 * Each feature has at most ten bins between the training data's deciles; equal deciles
 * make one edge, so a feature that hardly varies has fewer bins, and never less than two.
 * Bin i holds edges[i-1] < x <= edges[i], the first and the last are open. Ratios are
 * smoothed by half an observation per bin, so that none is zero and PSI stays finite.
 *
 * As JSON (metadata_props "drift_reference"):
 *   {"observations":120,"features":[{"edges":[4.8,...],"ratios":[0.1,...]},...]}
 */
#ifndef ENGINE_REFERENCE_H
#define ENGINE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

enum { REFERENCE_EDGES = 9, REFERENCE_BINS = REFERENCE_EDGES + 1 };

struct reference_feature {
    size_t edge_count; /* bins: one more */
    double edges[REFERENCE_EDGES];
    double ratios[REFERENCE_BINS];
};

struct reference {
    double observations; /* training rows */
    size_t feature_count;
    struct reference_feature *features;
};

/* From row_count rows of width finite numbers. */
struct reference *reference_measure(const float *rows, size_t row_count, size_t width);

/* NULL unless the text is a reference of just that many features. */
struct reference *reference_parse(const char *json, size_t feature_count,
                                  struct error *err);
void reference_write(const struct reference *r, struct buf *out);
void reference_free(struct reference *r);
DEFINE_FREEP(struct reference *, reference_free)

/* The bin of x, 0 to edge_count. */
size_t reference_bin(const struct reference_feature *f, double x);

#endif
