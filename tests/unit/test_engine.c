/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine refuses, and what it makes of what it takes. Models are written here by
 * the trainer's writer; those of scikit-learn are in test_golden.c. */
#include "support/test.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "engine/metadata.h"
#include "engine/model.h"
#include "engine/protobuf.h"
#include "engine/reference.h"
#include "trainer/onnx_out.h"

#define GOLDEN TEST_DATA "/golden/"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.17g, not %.17g", got, want);
}

static void protobuf_fields_stay_within_their_message(void **state)
{
    static const struct {
        const char *what;
        const char *bytes;
        size_t n;
        bool ok;
    } rows[] = {
        {"varint",               "\x08\x96\x01",                                 3,  true },
        {"largest varint",       "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, true },
        {"bytes",                "\x12\x02hi",                                   4,  true },
        {"fixed32",              "\x15\x00\x00\x80\x3f",                         5,  true },
        {"fixed64",              "\x11\x00\x00\x00\x00\x00\x00\x00\x00",         9,  true },
        {"a key and no more",    "\x08",                                         1,  false},
        {"varint cut",           "\x08\x96",                                     2,  false},
        {"varint of 65 bits",    "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, false},
        {"varint without end",   "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 11, false},
        {"one byte too long",    "\x12\x03hi",                                   4,  false},
        {"length of 2^63",       "\x12\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, false},
        {"fixed32 cut",          "\x15\x00\x00\x80",                             4,  false},
        {"fixed64 cut",          "\x11\x00\x00\x00\x00\x00\x00\x00",             8,  false},
        {"a group",              "\x0b\x0c",                                     2,  false},
        {"wire type 7",          "\x0f",                                         1,  false},
        {"field number 0",       "\x00\x00",                                     2,  false},
        {"field number of 2^29", "\x80\x80\x80\x80\x10\x00",                     6,  false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const unsigned char *at = (const unsigned char *)rows[i].bytes;
        struct protobuf in = {at, at + rows[i].n};
        struct protobuf_field f;
        struct error err;

        if (protobuf_next(&in, &f, &err) != rows[i].ok)
            fail_msg("%s", rows[i].what);
        if (rows[i].ok && protobuf_more(&in))
            fail_msg("%s: bytes are left", rows[i].what);
    }
}

/* A graph of two features, made by `fill`, as a model file. */
typedef void fill_fn(struct buf *nodes);

static void write_model(fill_fn *fill, const struct onnx_out_entry *metadata,
                        size_t metadata_count, size_t classes, struct buf *out)
{
    CLEANUP(buf_clear)
    struct buf nodes = BUF_INIT(ONNX_OUT_MAX);
    struct onnx_out_model m = {.name = "test",
                               .nodes = &nodes,
                               .features = 2,
                               .classes = classes,
                               .metadata = metadata,
                               .metadata_count = metadata_count};

    fill(&nodes);
    onnx_model_write(&m, out);
    assert_true(buf_ok(out));
}

static struct model *load(fill_fn *fill, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(ONNX_OUT_MAX);

    write_model(fill, NULL, 0, 2, &bytes);
    return model_parse(buf_str(&bytes), bytes.len, err);
}

static const char *const FROM_X[] = {"X", NULL};
static const char *const TO_ANSWER[] = {"label", "probabilities", NULL};

static void put_linear(struct buf *nodes, const char *input, const float *coefs, size_t n,
                       const char *post)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "LinearClassifier",
                    (const char *const[]){input, NULL}, TO_ANSWER);
    onnx_attr_ints(&node, "classlabels_ints", (const int64_t[]){7, 9}, 2);
    onnx_attr_floats(&node, "coefficients", coefs, n);
    onnx_attr_floats(&node, "intercepts", (const float[]){0, 0.5F}, 2);
    onnx_attr_text(&node, "post_transform", post);
    onnx_node_end(&node, nodes);
}

static const float COEFS[] = {1, -1, -1, 1};

static void linear(struct buf *nodes)
{
    put_linear(nodes, "X", COEFS, 4, "SOFTMAX");
}

static void linear_short(struct buf *nodes)
{
    put_linear(nodes, "X", COEFS, 3, "SOFTMAX");
}

static void linear_nan(struct buf *nodes)
{
    put_linear(nodes, "X", (const float[]){1, NAN, 0, 0}, 4, "SOFTMAX");
}

static void linear_probit(struct buf *nodes)
{
    put_linear(nodes, "X", COEFS, 4, "PROBIT");
}

static void linear_scores(struct buf *nodes)
{
    put_linear(nodes, "X", COEFS, 4, "NONE");
}

static void linear_of_nothing(struct buf *nodes)
{
    put_linear(nodes, "Y", COEFS, 4, "SOFTMAX");
}

static void linear_twice(struct buf *nodes)
{
    linear(nodes);
    linear(nodes);
}

static void empty(struct buf *nodes)
{
    (void)nodes;
}

static void unknown_operator(struct buf *nodes)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "GaussianProcessClassifier", FROM_X, TO_ANSWER);
    onnx_node_end(&node, nodes);
}

static void scaler_too_wide(struct buf *nodes)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "Scaler", FROM_X,
                    (const char *const[]){"scaled", NULL});
    onnx_attr_floats(&node, "offset", (const float[]){1, 2, 3}, 3);
    onnx_node_end(&node, nodes);
    put_linear(nodes, "scaled", COEFS, 4, "SOFTMAX");
}

static void wrong_attribute_type(struct buf *nodes)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "Normalizer", FROM_X,
                    (const char *const[]){"norm", NULL});
    onnx_attr_int(&node, "norm", 1);
    onnx_node_end(&node, nodes);
}

static void svm_without_probabilities(struct buf *nodes)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "SVMClassifier", FROM_X, TO_ANSWER);
    onnx_attr_ints(&node, "classlabels_ints", (const int64_t[]){0, 1}, 2);
    onnx_attr_floats(&node, "coefficients", (const float[]){1, -1}, 2);
    onnx_attr_floats(&node, "kernel_params", (const float[]){0.5F, 0, 3}, 3);
    onnx_attr_text(&node, "kernel_type", "RBF");
    onnx_attr_floats(&node, "rho", (const float[]){0}, 1);
    onnx_attr_floats(&node, "support_vectors", (const float[]){0, 0, 1, 1}, 4);
    onnx_attr_ints(&node, "vectors_per_class", (const int64_t[]){1, 1}, 2);
    onnx_node_end(&node, nodes);
}

/* One tree: a root, 0, over two leaves, 1 and 2. Tests bend one of the numbers. */
struct stump {
    const char *mode;
    int64_t feature, below, above, second_tree, weight_node, weight_class;
};

static const struct stump STUMP = {"BRANCH_LEQ", 1, 1, 2, 0, 2, 1};

static void put_stump(struct buf *nodes, struct stump s)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "TreeEnsembleClassifier", FROM_X, TO_ANSWER);
    onnx_attr_ints(&node, "classlabels_int64s", (const int64_t[]){0, 1}, 2);
    onnx_attr_ints(&node, "nodes_treeids", (const int64_t[]){0, 0, s.second_tree}, 3);
    onnx_attr_ints(&node, "nodes_nodeids", (const int64_t[]){0, 1, 2}, 3);
    onnx_attr_ints(&node, "nodes_featureids", (const int64_t[]){s.feature, 0, 0}, 3);
    onnx_attr_floats(&node, "nodes_values", (const float[]){5, 0, 0}, 3);
    onnx_attr_texts(&node, "nodes_modes", (const char *const[]){s.mode, "LEAF", "LEAF"},
                    3);
    onnx_attr_ints(&node, "nodes_truenodeids", (const int64_t[]){s.below, 0, 0}, 3);
    onnx_attr_ints(&node, "nodes_falsenodeids", (const int64_t[]){s.above, 0, 0}, 3);
    onnx_attr_ints(&node, "class_treeids", (const int64_t[]){0, s.second_tree}, 2);
    onnx_attr_ints(&node, "class_nodeids", (const int64_t[]){1, s.weight_node}, 2);
    onnx_attr_ints(&node, "class_ids", (const int64_t[]){0, s.weight_class}, 2);
    onnx_attr_floats(&node, "class_weights", (const float[]){1, 1}, 2);
    onnx_node_end(&node, nodes);
}

#define STUMP_FILL(name, field, value)  \
    static void name(struct buf *nodes) \
    {                                   \
        struct stump s = STUMP;         \
                                        \
        s.field = (value);              \
        put_stump(nodes, s);            \
    }
STUMP_FILL(stump_leq, mode, "BRANCH_LEQ")
STUMP_FILL(stump_lt, mode, "BRANCH_LT")
STUMP_FILL(stump_gte, mode, "BRANCH_GTE")
STUMP_FILL(stump_gt, mode, "BRANCH_GT")
STUMP_FILL(stump_eq, mode, "BRANCH_EQ")
STUMP_FILL(stump_feature, feature, 2)
STUMP_FILL(stump_negative, feature, -1)
STUMP_FILL(stump_no_child, above, 3)
STUMP_FILL(stump_same_child, above, 1)
STUMP_FILL(stump_circle, above, 0)
STUMP_FILL(stump_other_tree, second_tree, 1)
STUMP_FILL(stump_weight, weight_node, 0)
STUMP_FILL(stump_class, weight_class, 2)

static void two_roots(struct buf *nodes)
{
    struct stump s = STUMP;

    s.mode = "LEAF";
    put_stump(nodes, s);
}

static void bad_graphs_are_refused_by_name(void **state)
{
    static const struct {
        fill_fn *fill;
        const char *says;
    } rows[] = {
        {empty,                     "\"label\" is not defined"                   },
        {unknown_operator,          "ai.onnx.ml.GaussianProcessClassifier is not"},
        {linear_short,              "LinearClassifier: 3 coefficients"           },
        {linear_nan,                "coefficients: number 1 is not finite"       },
        {linear_probit,             "\"PROBIT\" is not supported"                },
        {linear_scores,             "sum to 1"                                   },
        {linear_of_nothing,         "\"Y\" is not defined"                       },
        {linear_twice,              "\"label\" is defined twice"                 },
        {scaler_too_wide,           "Scaler: offset has 3 numbers"               },
        {wrong_attribute_type,      "Normalizer: attribute norm has type 2"      },
        {svm_without_probabilities, "probability=True"                           },
        {stump_eq,                  "\"BRANCH_EQ\" is not supported"             },
        {stump_feature,             "feature 2 of 2"                             },
        {stump_negative,            "feature -1 of 2"                            },
        {stump_no_child,            "node 3 does not exist"                      },
        {stump_same_child,          "node 1 does not exist or has two parents"   },
        {stump_circle,              "circle"                                     },
        {stump_other_tree,          "node 2 does not exist"                      },
        {stump_weight,              "weight 1 is not of a leaf"                  },
        {stump_class,               "class 2 of 2"                               },
        {two_roots,                 "tree 0 has two roots"                       },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        CLEANUP(model_freep)
        struct model *m = load(rows[i].fill, &err);

        if (m)
            fail_msg("row %zu loads: %s", i, rows[i].says);
        if (!strstr(err.msg, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say: %s", i, err.msg, rows[i].says);
    }
}

static size_t predict(const struct model *m, float x0, float x1, float ratios[2])
{
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = model_scratch_new(m);
    size_t best;
    size_t label;

    model_infer(m, s, (const float[]){x0, x1}, 1, ratios, &best, &label);
    assert_int_equal(best, label);
    return best;
}

static void a_linear_model_says_what_its_formula_says(void **state)
{
    struct error err = {0};
    CLEANUP(model_freep)
    struct model *m = load(linear, &err);
    float ratios[2];

    (void)state;
    assert_non_null(m);
    assert_int_equal(model_features(m), 2);
    assert_int_equal(model_classes(m), 2);
    assert_int_equal(model_class_label(m, 1), 9);
    assert_string_equal(model_class_name(m, 0), "7");
    assert_string_equal(model_feature_name(m, 1), "f1");
    assert_string_equal(model_kind(m), "LinearClassifier");
    assert_null(model_metadata(m, METADATA_ACCURACY));
    /* Scores 3 - 1 and 1 - 3 + 0.5. */
    assert_int_equal(predict(m, 3, 1, ratios), 0);
    assert_near((double)ratios[0], 1 / (1 + exp(-3.5)), 1e-6);
    assert_int_equal(predict(m, 0, 0, ratios), 1);
    assert_near((double)ratios[1], 1 / (1 + exp(-0.5)), 1e-6);
}

static void branches_compare_as_their_mode_says(void **state)
{
    static const struct {
        fill_fn *fill;
        size_t below, at, above; /* class for 4.9999995, 5, 5.0000005 */
    } rows[] = {
        {stump_leq, 0, 0, 1},
        {stump_lt,  0, 1, 1},
        {stump_gte, 1, 0, 0},
        {stump_gt,  1, 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        CLEANUP(model_freep)
        struct model *m = load(rows[i].fill, &err);
        float ratios[2];

        assert_non_null(m);
        assert_int_equal(predict(m, 0, nextafterf(5, 0), ratios), rows[i].below);
        assert_int_equal(predict(m, 0, 5, ratios), rows[i].at);
        assert_int_equal(predict(m, 0, nextafterf(5, 9), ratios), rows[i].above);
    }
}

static void metadata_names_classes_and_features(void **state)
{
    static const struct {
        const char *classes;
        const char *says; /* NULL: loads */
    } rows[] = {
        {"[\"no\",\"yes\"]",          NULL                   },
        {"[\"no\"]",                  "not a list of 2 names"},
        {"[\"no\",\"no\"]",           "\"no\" is there twice"},
        {"[\"no\",\"\"]",             "name 1 is empty"      },
        {"[\"no\",1]",                "name 1 is empty"      },
        {"{\"a\":\"b\",\"c\":\"d\"}", "not a list"           },
        {"[\"no\"",                   "class_names"          },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct onnx_out_entry entries[] = {
            {METADATA_CLASS_NAMES,   rows[i].classes      },
            {METADATA_FEATURE_NAMES, "[\"width\",\"age\"]"},
            {METADATA_ACCURACY,      "0.97"               },
        };
        CLEANUP(buf_clear)
        struct buf bytes = BUF_INIT(ONNX_OUT_MAX);
        CLEANUP(model_freep)
        struct model *m = NULL;
        struct error err = {0};

        write_model(linear, entries, ARRAY_LEN(entries), 2, &bytes);
        m = model_parse(buf_str(&bytes), bytes.len, &err);
        if (!m != (rows[i].says != NULL) || (!m && !strstr(err.msg, rows[i].says)))
            fail_msg("%s: %s", rows[i].classes, err.msg);
        if (!m)
            continue;
        assert_string_equal(model_class_name(m, 1), "yes");
        assert_int_equal(model_class_label(m, 1), 9);
        assert_string_equal(model_feature_name(m, 1), "age");
        assert_string_equal(model_metadata(m, METADATA_ACCURACY), "0.97");
    }
}

static void read_golden(const char *name, struct buf *bytes)
{
    struct error err;
    char path[512];

    (void)snprintf(path, sizeof(path), GOLDEN "%s.onnx", name);
    if (!file_read(path, bytes, &err))
        fail_msg("%s", err.msg);
}

/* A graph that is cut anywhere is none: the output it lacks, or the length that leads out
 * of the file, is found. Only the opset, behind the graph, may be missing. */
static void a_file_cut_short_does_not_load(void **state)
{
    static const char *const names[] = {"iris_lr", "iris_svc", "iris_tree", "iris_mnb"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_clear)
        struct buf bytes = BUF_INIT(1 << 20);

        read_golden(names[i], &bytes);
        for (size_t n = 0; n + 40 < bytes.len; n++) {
            CLEANUP(mem_freep)
            char *cut = mem_dup(bytes.data, n);
            struct error err = {0};
            CLEANUP(model_freep)
            struct model *m = model_parse(cut, n, &err);

            if (m || !err.msg[0])
                fail_msg("%s cut to %zu bytes loads", names[i], n);
        }
    }
}

/* Nothing to assert but that it ends: the sanitizers do the rest. */
static void a_file_with_a_wrong_byte_is_harmless(void **state)
{
    static const char *const names[] = {"iris_names_zipmap", "iris_svc", "iris_mlp"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_clear)
        struct buf bytes = BUF_INIT(1 << 20);

        read_golden(names[i], &bytes);
        for (size_t at = 0; at < bytes.len; at++) {
            char kept = bytes.data[at];
            struct error err = {0};
            struct model *m;

            bytes.data[at] = (char)(kept ^ (1 << at % 8));
            m = model_parse(bytes.data, bytes.len, &err);
            assert_true(m || err.msg[0]);
            model_free(m);
            bytes.data[at] = kept;
        }
    }
}

enum { THREADS = 4, THREAD_ROWS = 500 };

struct reader {
    const struct model *m;
    const float *rows;
    float *ratios;
};

static void *run_reader(void *arg)
{
    const struct reader *r = arg;
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = model_scratch_new(r->m);
    size_t best[THREAD_ROWS];

    model_infer(r->m, s, r->rows, THREAD_ROWS, r->ratios, best, NULL);
    return NULL;
}

static void threads_share_a_model(void **state)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(1 << 20);
    CLEANUP(model_freep)
    struct model *m = NULL;
    CLEANUP(mem_freep)
    float *rows = mem_alloc(THREAD_ROWS * 4, sizeof(*rows));
    CLEANUP(mem_freep)
    float *ratios = mem_alloc((size_t)THREADS * THREAD_ROWS * 3, sizeof(*ratios));
    struct reader readers[THREADS];
    pthread_t threads[THREADS];
    struct error err;

    (void)state;
    read_golden("iris_scaler_svc", &bytes);
    m = model_parse(bytes.data, bytes.len, &err);
    assert_non_null(m);
    for (size_t i = 0; i < (size_t)THREAD_ROWS * 4; i++)
        rows[i] = (float)(i % 71) / 10;
    for (size_t i = 0; i < THREADS; i++) {
        readers[i] = (struct reader){m, rows, ratios + i * THREAD_ROWS * 3};
        assert_int_equal(pthread_create(&threads[i], NULL, run_reader, &readers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 1; i < THREADS; i++)
        assert_memory_equal(readers[i].ratios, ratios, sizeof(float) * THREAD_ROWS * 3);
}

static void a_reference_has_deciles_and_smoothed_ratios(void **state)
{
    float rows[100][3]; /* 1 to 100; mostly 0; always 7 */
    CLEANUP(reference_freep)
    struct reference *r = NULL;
    const struct reference_feature *f;
    double sum = 0;

    (void)state;
    for (size_t i = 0; i < 100; i++) {
        rows[i][0] = (float)(i * 37 % 100 + 1);
        rows[i][1] = i < 85 ? 0 : (float)i;
        rows[i][2] = 7;
    }
    r = reference_measure(&rows[0][0], 100, 3);
    f = &r->features[0];
    assert_int_equal(f->edge_count, 9);
    assert_near(f->edges[0], 10, 0);
    assert_near(f->edges[8], 90, 0);
    assert_near(f->ratios[3], 10.5 / 105, 1e-12);
    assert_int_equal(reference_bin(f, 10), 0);
    assert_int_equal(reference_bin(f, 10.5), 1);
    assert_int_equal(reference_bin(f, 1e9), 9);
    assert_int_equal(reference_bin(f, -1e9), 0);
    assert_int_equal(r->features[1].edge_count, 2); /* 0 and the ninth decile */
    assert_int_equal(r->features[2].edge_count, 1);
    assert_int_equal(reference_bin(&r->features[2], 7), 0);
    assert_int_equal(reference_bin(&r->features[2], 8), 1);
    for (size_t i = 0; i <= f->edge_count; i++)
        sum += f->ratios[i];
    assert_near(sum, 1, 1e-12);
}

static void a_reference_reads_back_equal(void **state)
{
    static const float rows[] = {0.1F, 5, 0.7F, 3, -2.25F, 5, 1e-9F, 8};
    CLEANUP(reference_freep)
    struct reference *r = reference_measure(rows, 4, 2);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(4096);
    CLEANUP(reference_freep)
    struct reference *back = NULL;
    struct error err;

    (void)state;
    reference_write(r, &text);
    back = reference_parse(buf_str(&text), 2, &err);
    if (!back)
        fail_msg("%s", err.msg);
    assert_near(back->observations, 4, 0);
    for (size_t f = 0; f < 2; f++) {
        assert_int_equal(back->features[f].edge_count, r->features[f].edge_count);
        assert_memory_equal(back->features[f].edges, r->features[f].edges,
                            r->features[f].edge_count * sizeof(double));
        assert_memory_equal(back->features[f].ratios, r->features[f].ratios,
                            (r->features[f].edge_count + 1) * sizeof(double));
    }
}

static void wrong_references_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "[]",
        "{\"observations\":5}",
        "{\"observations\":5,\"features\":[]}",
        "{\"observations\":0,\"features\":[{\"edges\":[1],\"ratios\":[0.5,0.5]}]}",
        "{\"observations\":5,\"features\":[{\"edges\":[],\"ratios\":[1]}]}",
        "{\"observations\":5,\"features\":[{\"edges\":[1],\"ratios\":[0.5]}]}",
        "{\"observations\":5,\"features\":[{\"edges\":[1],\"ratios\":[0,1]}]}",
        "{\"observations\":5,\"features\":[{\"edges\":[1],\"ratios\":[\"a\",1]}]}",
        "{\"observations\":5,\"features\":[{\"edges\":[2,1],\"ratios\":[0.4,0.3,0.3]}]}",
        "{\"observations\":5,\"features\":[{\"edges\":[0,1,2,3,4,5,6,7,8,9]}]}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        CLEANUP(reference_freep)
        struct reference *r = reference_parse(rows[i], 1, &err);

        if (r || !strstr(err.msg, "drift reference"))
            fail_msg("%s: %s", rows[i], err.msg);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(protobuf_fields_stay_within_their_message),
        cmocka_unit_test(bad_graphs_are_refused_by_name),
        cmocka_unit_test(a_linear_model_says_what_its_formula_says),
        cmocka_unit_test(branches_compare_as_their_mode_says),
        cmocka_unit_test(metadata_names_classes_and_features),
        cmocka_unit_test(a_file_cut_short_does_not_load),
        cmocka_unit_test(a_file_with_a_wrong_byte_is_harmless),
        cmocka_unit_test(threads_share_a_model),
        cmocka_unit_test(a_reference_has_deciles_and_smoothed_ratios),
        cmocka_unit_test(a_reference_reads_back_equal),
        cmocka_unit_test(wrong_references_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
