/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_out.h - writing ONNX: nodes with attributes, and the model around them.
 *
 * A node is built in a buffer of its own and then added to the graph. All buffers have
 * the ceiling ONNX_OUT_MAX; whether anything was dropped is checked once, at the end.
 */
#ifndef TRAINER_ONNX_OUT_H
#define TRAINER_ONNX_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { ONNX_OUT_MAX = 128 << 20 }; /* what the engine reads */

extern const char ONNX_OUT_ML[]; /* the domain of classifiers */

/* Start a node; inputs and outputs end with NULL. */
void onnx_node_begin(struct buf *node, const char *domain, const char *op_type,
                     const char *const *inputs, const char *const *outputs);
void onnx_attr_int(struct buf *node, const char *name, int64_t v);
void onnx_attr_text(struct buf *node, const char *name, const char *v);
void onnx_attr_floats(struct buf *node, const char *name, const float *v, size_t n);
void onnx_attr_ints(struct buf *node, const char *name, const int64_t *v, size_t n);
void onnx_attr_texts(struct buf *node, const char *name, const char *const *v, size_t n);
void onnx_node_end(struct buf *node, struct buf *graph); /* clears the node */

struct onnx_out_entry {
    const char *key, *value;
};

struct onnx_out_model {
    const char *name;
    const struct buf *nodes; /* onnx_node_end() put them there */
    size_t features, classes;
    int text_labels; /* the label output is of strings, not of int64 */
    const struct onnx_out_entry *metadata;
    size_t metadata_count;
};

/* Input "X", outputs "label" and "probabilities". */
void onnx_model_write(const struct onnx_out_model *m, struct buf *out);

#endif
