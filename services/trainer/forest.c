/* SPDX-License-Identifier: Apache-2.0 */
/* Random forest: trees over bootstrap samples, whose leaves' class shares are averaged.
 */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "trainer/fit.h"
#include "trainer/onnx_out.h"
#include "trainer/tree_grow.h"

/* The parallel arrays of TreeEnsembleClassifier. */
struct ensemble {
    size_t nodes, node_room;
    int64_t *tree_ids, *node_ids, *features, *below, *above;
    float *values;
    const char **modes;
    size_t weights, weight_room;
    int64_t *weight_trees, *weight_nodes, *weight_classes;
    float *weight_values;
};

static void ensemble_clear(struct ensemble *e)
{
    free(e->tree_ids);
    free(e->node_ids);
    free(e->features);
    free(e->below);
    free(e->above);
    free(e->values);
    free(e->modes);
    free(e->weight_trees);
    free(e->weight_nodes);
    free(e->weight_classes);
    free(e->weight_values);
}

static void node_room(struct ensemble *e, size_t more)
{
    if (e->nodes + more <= e->node_room)
        return;
    e->node_room = (e->nodes + more) * 2;
    e->tree_ids = mem_resize(e->tree_ids, e->node_room, sizeof(*e->tree_ids));
    e->node_ids = mem_resize(e->node_ids, e->node_room, sizeof(*e->node_ids));
    e->features = mem_resize(e->features, e->node_room, sizeof(*e->features));
    e->below = mem_resize(e->below, e->node_room, sizeof(*e->below));
    e->above = mem_resize(e->above, e->node_room, sizeof(*e->above));
    e->values = mem_resize(e->values, e->node_room, sizeof(*e->values));
    e->modes = mem_resize(e->modes, e->node_room, sizeof(*e->modes));
}

static void weight_room(struct ensemble *e, size_t more)
{
    if (e->weights + more <= e->weight_room)
        return;
    e->weight_room = (e->weights + more) * 2;
    e->weight_trees =
        mem_resize(e->weight_trees, e->weight_room, sizeof(*e->weight_trees));
    e->weight_nodes =
        mem_resize(e->weight_nodes, e->weight_room, sizeof(*e->weight_nodes));
    e->weight_classes =
        mem_resize(e->weight_classes, e->weight_room, sizeof(*e->weight_classes));
    e->weight_values =
        mem_resize(e->weight_values, e->weight_room, sizeof(*e->weight_values));
}

/* Only classes that the leaf has seen get a weight: most leaves have seen one. */
static void add_weights(struct ensemble *e, const uint32_t *counts, size_t classes,
                        size_t tree, size_t node, size_t trees)
{
    double all = 0;

    weight_room(e, classes);
    for (size_t c = 0; c < classes; c++)
        all += counts[c];
    for (size_t c = 0; c < classes; c++) {
        if (!counts[c])
            continue;
        e->weight_trees[e->weights] = (int64_t)tree;
        e->weight_nodes[e->weights] = (int64_t)node;
        e->weight_classes[e->weights] = (int64_t)c;
        e->weight_values[e->weights++] = (float)(counts[c] / all / (double)trees);
    }
}

static void add_tree(struct ensemble *e, const struct grown_tree *t, size_t classes,
                     size_t tree, size_t trees)
{
    node_room(e, t->count);
    for (size_t i = 0; i < t->count; i++) {
        const struct grown_node *n = &t->nodes[i];
        size_t at = e->nodes++;

        e->tree_ids[at] = (int64_t)tree;
        e->node_ids[at] = (int64_t)i;
        e->features[at] = n->feature;
        e->values[at] = n->threshold;
        e->below[at] = n->below;
        e->above[at] = n->above;
        e->modes[at] = n->leaf ? "LEAF" : "BRANCH_LEQ";
        if (n->leaf)
            add_weights(e, t->counts + n->counts, classes, tree, i, trees);
    }
}

static void write_classifier(const struct ensemble *e, const struct fit_labels *labels,
                             struct buf *nodes)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "TreeEnsembleClassifier",
                    (const char *const[]){"X", NULL},
                    (const char *const[]){"label", "probabilities", NULL});
    onnx_attr_ints(&node, "class_ids", e->weight_classes, e->weights);
    onnx_attr_ints(&node, "class_nodeids", e->weight_nodes, e->weights);
    onnx_attr_ints(&node, "class_treeids", e->weight_trees, e->weights);
    onnx_attr_floats(&node, "class_weights", e->weight_values, e->weights);
    fit_put_labels(&node, "classlabels_int64s", "classlabels_strings", labels);
    onnx_attr_ints(&node, "nodes_falsenodeids", e->above, e->nodes);
    onnx_attr_ints(&node, "nodes_featureids", e->features, e->nodes);
    onnx_attr_texts(&node, "nodes_modes", e->modes, e->nodes);
    onnx_attr_ints(&node, "nodes_nodeids", e->node_ids, e->nodes);
    onnx_attr_ints(&node, "nodes_treeids", e->tree_ids, e->nodes);
    onnx_attr_ints(&node, "nodes_truenodeids", e->below, e->nodes);
    onnx_attr_floats(&node, "nodes_values", e->values, e->nodes);
    onnx_attr_text(&node, "post_transform", "NONE");
    onnx_node_end(&node, nodes);
}

bool fit_forest(const struct sample *s, const struct fit_options *o,
                const struct fit_labels *labels, struct buf *nodes, struct error *err)
{
    CLEANUP(ensemble_clear)
    struct ensemble e = {0};
    CLEANUP(grown_tree_clear)
    struct grown_tree tree = {0};
    CLEANUP(mem_freep)
    size_t *order = mem_alloc(s->rows, sizeof(*order));
    size_t trees = (size_t)o->trees;
    struct tree_rules rules = {.features = (size_t)o->feature_count,
                               .depth = (size_t)o->depth};

    if (!rules.features)
        rules.features = (size_t)sqrt((double)s->width);
    if (rules.features > s->width)
        return error_set(err, ERR_INVALID, "random forest: %zu features tried of %zu",
                         rules.features, s->width);
    for (size_t t = 0; t < trees; t++) {
        struct random random = random_stream((uint64_t)o->seed, t);

        for (size_t i = 0; i < s->rows; i++)
            order[i] = random_below(&random, s->rows);
        tree_grow(s, &rules, order, s->rows, &random, &tree);
        add_tree(&e, &tree, s->classes, t, trees);
        fit_progress(o, (double)(t + 1) / (double)trees);
    }
    write_classifier(&e, labels, nodes);
    return true;
}
