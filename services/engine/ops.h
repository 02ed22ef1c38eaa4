/* SPDX-License-Identifier: Apache-2.0 */
/* ops.h - the operators, by file; ops.c has them in a table. */
#ifndef ENGINE_OPS_H
#define ENGINE_OPS_H

#include "engine/build.h"

/* op_scale.c */
build_fn op_scaler, op_normalizer;

/* The classifiers: op_linear.c, op_svm.c, op_tree.c */
build_fn op_linear_classifier, op_svm_classifier, op_tree_ensemble_classifier;

/* op_math.c: element by element */
build_fn op_add, op_sub, op_mul, op_div;
build_fn op_neg, op_abs, op_exp, op_log, op_sqrt, op_relu, op_tanh, op_sigmoid;

/* op_matmul.c */
build_fn op_matmul, op_gemm;

/* op_reduce.c: along a row */
build_fn op_softmax, op_argmax;
build_fn op_reduce_sum, op_reduce_max, op_reduce_log_sum_exp;

/* op_shape.c: the same numbers under another shape or type */
build_fn op_identity, op_cast, op_reshape, op_flatten, op_constant, op_zipmap;
build_fn op_array_feature_extractor, op_concat, op_feature_vectorizer;

#endif
