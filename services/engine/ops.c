/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/ops.h"

#include "base/mem.h"

static const char ML[] = "ai.onnx.ml";

/* The whole of what this engine can run; docs/models.md repeats it for people. */
static const struct {
    const char *domain; /* "": ai.onnx */
    const char *op_type;
    build_fn *build;
} OPS[] = {
    {ML, "ArrayFeatureExtractor",  op_array_feature_extractor },
    {ML, "FeatureVectorizer",      op_feature_vectorizer      },
    {ML, "LinearClassifier",       op_linear_classifier       },
    {ML, "Normalizer",             op_normalizer              },
    {ML, "SVMClassifier",          op_svm_classifier          },
    {ML, "Scaler",                 op_scaler                  },
    {ML, "TreeEnsembleClassifier", op_tree_ensemble_classifier},
    {ML, "ZipMap",                 op_zipmap                  },
    {"", "Abs",                    op_abs                     },
    {"", "Add",                    op_add                     },
    {"", "ArgMax",                 op_argmax                  },
    {"", "Cast",                   op_cast                    },
    {"", "Concat",                 op_concat                  },
    {"", "Constant",               op_constant                },
    {"", "Div",                    op_div                     },
    {"", "Exp",                    op_exp                     },
    {"", "Flatten",                op_flatten                 },
    {"", "Gemm",                   op_gemm                    },
    {"", "Identity",               op_identity                },
    {"", "Log",                    op_log                     },
    {"", "MatMul",                 op_matmul                  },
    {"", "Mul",                    op_mul                     },
    {"", "Neg",                    op_neg                     },
    {"", "ReduceLogSumExp",        op_reduce_log_sum_exp      },
    {"", "ReduceMax",              op_reduce_max              },
    {"", "ReduceSum",              op_reduce_sum              },
    {"", "Relu",                   op_relu                    },
    {"", "Reshape",                op_reshape                 },
    {"", "Sigmoid",                op_sigmoid                 },
    {"", "Softmax",                op_softmax                 },
    {"", "Sqrt",                   op_sqrt                    },
    {"", "Sub",                    op_sub                     },
    {"", "Tanh",                   op_tanh                    },
};

build_fn *ops_find(struct onnx_text domain, struct onnx_text op_type)
{
    if (onnx_text_is(domain, "ai.onnx"))
        domain.n = 0; /* both spellings mean the default domain */
    for (size_t i = 0; i < ARRAY_LEN(OPS); i++)
        if (onnx_text_is(domain, OPS[i].domain) && onnx_text_is(op_type, OPS[i].op_type))
            return OPS[i].build;
    return NULL;
}
