/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.h - a model file, decoded but not yet understood.
 *
 * Texts point into the file's bytes, which must outlive them; arrays lie in the pool.
 * Decoding bounds what it makes; it does not look at what the parts mean together.
 * Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
#ifndef ENGINE_ONNX_H
#define ENGINE_ONNX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/pool.h"
#include "engine/protobuf.h"

/* Bytes of the file, not NUL-terminated. */
struct onnx_text {
    const char *s;
    size_t n;
};

bool onnx_text_is(struct onnx_text t, const char *s);
bool onnx_text_equal(struct onnx_text a, struct onnx_text b);

/* For printf's "%.*s": names in errors are cut. */
#define ONNX_TEXT_ARGS(t) (int)((t).n < 64 ? (t).n : 64), (t).s ? (t).s : ""

enum { ONNX_RANK_MAX = 4 };

/* TensorProto.DataType: those that are read. */
enum onnx_type {
    ONNX_FLOAT = 1,
    ONNX_INT32 = 6,
    ONNX_INT64 = 7,
    ONNX_STRING = 8,
    ONNX_BOOL = 9,
    ONNX_DOUBLE = 11,
};

struct onnx_tensor {
    struct onnx_text name;
    enum onnx_type type;
    size_t rank;
    size_t dims[ONNX_RANK_MAX];
    size_t count;              /* the product of dims */
    double *numbers;           /* FLOAT, DOUBLE */
    int64_t *ints;             /* INT32, INT64, BOOL */
    struct onnx_text *strings; /* STRING */
};

struct onnx_attribute {
    struct onnx_text name;
    int64_t type; /* AttributeProto.AttributeType */
    float f;
    int64_t i;
    struct onnx_text s;
    const struct onnx_tensor *t;
    float *floats;
    int64_t *ints;
    struct onnx_text *strings;
    size_t float_count, int_count, string_count;
};

struct onnx_node {
    struct onnx_text op_type, domain, name;
    struct onnx_text *inputs, *outputs;
    size_t input_count, output_count;
    struct onnx_attribute *attributes;
    size_t attribute_count;
};

/* An input or output of the graph. */
struct onnx_port {
    struct onnx_text name;
    bool is_tensor;
    int64_t type; /* of its elements */
    size_t rank;
    int64_t dims[ONNX_RANK_MAX]; /* 0: not known */
};

struct onnx_entry {
    struct onnx_text key, value;
};

struct onnx_graph {
    struct onnx_node *nodes;
    size_t node_count;
    struct onnx_tensor *initializers;
    size_t initializer_count;
    struct onnx_port *inputs, *outputs;
    size_t input_count, output_count;
};

struct onnx_model {
    int64_t opset; /* of the default domain; 0 when it is not imported */
    struct onnx_graph graph;
    struct onnx_entry *metadata;
    size_t metadata_count;
};

bool onnx_decode(const void *bytes, size_t n, struct pool *pool, struct onnx_model *m,
                 struct error *err);

/* A TensorProto; onnx_tensor.c. */
bool onnx_decode_tensor(struct protobuf in, struct pool *pool, struct onnx_tensor *t,
                        struct error *err);

/* A NodeProto with its attributes; onnx_node.c. */
bool onnx_decode_node(struct protobuf in, struct pool *pool, struct onnx_node *node,
                      struct error *err);

bool onnx_field_text(const struct protobuf_field *f, struct onnx_text *out,
                     struct error *err);

#endif
