/* SPDX-License-Identifier: Apache-2.0 */
/* build.h - what an operator uses to add itself to a plan.
 *
 * An operator's build function reads the node's attributes, checks them against the
 * shapes of its inputs, declares its outputs and adds steps. It returns false, with the
 * error set, for whatever it cannot do exactly.
 */
#ifndef ENGINE_BUILD_H
#define ENGINE_BUILD_H

#include "engine/plan.h"

enum value_kind {
    VALUE_CONSTANT, /* a tensor of the file */
    VALUE_NUMBERS,  /* floats; integers too, exact to 2^24 */
    VALUE_CLASSES,  /* indices into labels */
};

/* N is the number of rows, which only the run knows. */
enum value_shape {
    SHAPE_MATRIX, /* [N, width] */
    SHAPE_VECTOR, /* [N] */
    SHAPE_ROW,    /* [1, N]: what ArrayFeatureExtractor makes of N indices */
};

struct value {
    struct onnx_text name;
    enum value_kind kind;
    const struct onnx_tensor *constant;
    enum value_shape shape;
    size_t width;
    size_t slot;
    struct labels labels; /* of VALUE_CLASSES; count 0: the index itself */
    size_t index_below;   /* of VALUE_CLASSES: every index is */
    bool sums_to_one;     /* each row is a distribution already */
};

struct build {
    const struct onnx_model *model;
    const struct onnx_node *node;
    struct pool *pool;      /* the plan's */
    struct pool *temporary; /* released when the plan is made */
    struct plan *plan;
    struct error *err;
    struct value *values; /* never moves: pointers to values stay good */
    size_t value_count, value_max;
    size_t step_max, slot_max;
};

/* Set the build's error. Always false. */
bool build_refuse(const struct build *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Zeroed memory of the plan, or NULL with the error set. */
void *build_alloc(const struct build *b, size_t count, size_t size);

/* The node's input i, which must be there; numbers must be a matrix of the rows. */
const struct value *build_input(const struct build *b, size_t i);
const struct value *build_numbers(const struct build *b, size_t i);
const struct onnx_tensor *build_constant(const struct build *b, size_t i);
bool build_has_input(const struct build *b, size_t i);

/* Declare output i of the node. Outputs the node does not name get a slot all the same.
 * Limits of width keep scratch memory small. */
struct value *build_output_numbers(struct build *b, size_t i, size_t width);
struct value *build_output_classes(struct build *b, size_t i,
                                   const struct labels *labels);
/* Output i is another name of the value; change its shape afterwards if need be. */
struct value *build_output_alias(struct build *b, size_t i, const struct value *v);

/* A slot of an operator's own, once for a block and 8-byte aligned. */
bool build_scratch(struct build *b, size_t cells, size_t *slot);

bool build_step(struct build *b, step_fn *run, const void *op);
/* Attributes, or what the specification says when they are missing. Numbers must be
 * finite. A wrong type is refused. Arrays are borrowed from the decoded model. */
struct build_floats {
    const float *v;
    size_t n;
};
struct build_ints {
    const int64_t *v;
    size_t n;
};
bool attr_int(const struct build *b, const char *name, int64_t otherwise, int64_t *out);
bool attr_float(const struct build *b, const char *name, float otherwise, float *out);
bool attr_floats(const struct build *b, const char *name, struct build_floats *out);
bool attr_ints(const struct build *b, const char *name, struct build_ints *out);
const struct onnx_attribute *attr_find(const struct build *b, const char *name);
/* Index of the attribute's text among the NULL-terminated words. */
bool attr_word(const struct build *b, const char *name, const char *otherwise,
               const char *const *words, int *out);

/* The class labels of a classifier, from one of two attributes. */
bool attr_labels(const struct build *b, const char *ints, const char *strings,
                 struct labels *out);
bool build_labels_from_ints(const struct build *b, const int64_t *v, size_t n,
                            struct labels *out);
bool build_labels_from_texts(const struct build *b, const struct onnx_text *v, size_t n,
                             struct labels *out);

/* A constant's numbers as floats of the plan, repeated to `width` when there is one. */
const float *build_row_of(const struct build *b, const struct onnx_tensor *t,
                          size_t width);

typedef bool build_fn(struct build *b);

/* The operator of that name, or NULL. */
build_fn *ops_find(struct onnx_text domain, struct onnx_text op_type);

#endif
