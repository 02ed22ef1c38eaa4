/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tree_small.h"

#include <stdlib.h>
#include <string.h>

/* ---- running ------------------------------------------------------------------------
 */

static inline void rule_out(const struct small_forest *f, const float *row,
                            uint64_t *possible)
{
    for (size_t i = 0; i < f->feature_count; i++) {
        const struct small_node *n = f->nodes + f->features[i].first;
        const struct small_node *end = f->nodes + f->features[i].end;
        float x = row[f->features[i].feature];

        for (; n < end && !(x <= n->threshold); n++)
            possible[n->tree] &= n->possible;
    }
}

/* The weights of the leaf that tree t ends in. */
static inline lanes_vector leaf_of(const struct small_forest *f, const uint64_t *possible,
                                   size_t t)
{
    return lanes_load(f->leaves,
                      f->first_leaves[t] + (size_t)__builtin_ctzll(possible[t]));
}

void small_forest_add(const struct small_forest *f, const float *row, uint64_t *possible,
                      float *scores)
{
    lanes_vector even = {0}, odd = {0}; /* an addition need not wait for the one before */

    memset(possible, 0xff, f->tree_count * sizeof(*possible));
    rule_out(f, row, possible);
    for (size_t t = 0; t < f->tree_count; t += 4) {
        even += leaf_of(f, possible, t) + leaf_of(f, possible, t + 2);
        odd += leaf_of(f, possible, t + 1) + leaf_of(f, possible, t + 3);
    }
    even += odd;
    for (size_t c = 0; c < f->classes; c++)
        scores[c] += even[c];
}

/* ---- building -----------------------------------------------------------------------
 */

struct split {
    struct small_node node;
    uint32_t feature;
};

struct work {
    const struct forest *forest;
    struct split *splits;
    size_t split_count;
    float *leaves;
    size_t leaf_count;
};

/* A branch on the way from the root. */
struct pending {
    uint32_t at;
    size_t first; /* leaf of the tree when it was come to */
    bool below;   /* the leaves of its first child are behind us */
};

static bool is_leaf(const struct tree_node *n, uint32_t at)
{
    return n->child[1] == at;
}

static void copy_leaf(struct work *w, uint32_t leaf)
{
    const struct forest *f = w->forest;
    float *out = w->leaves + w->leaf_count++ * SMALL_CLASSES;

    for (uint32_t i = f->leaves[leaf]; i < f->leaves[leaf + 1]; i++)
        out[f->weights[i].class_id] += f->weights[i].weight;
}

/* All bits but those of the leaves [from, to). */
static uint64_t without(size_t from, size_t to)
{
    uint64_t below_to = to == SMALL_LEAVES ? UINT64_MAX : (UINT64_C(1) << to) - 1;

    return ~(below_to & (UINT64_MAX << from));
}

static void split(struct work *w, const struct pending *p, uint32_t tree, size_t leaves)
{
    const struct tree_node *n = &w->forest->nodes[p->at];

    w->splits[w->split_count++] = (struct split){
        .node = {n->threshold, tree, without(p->first, leaves)},
          .feature = n->feature
    };
}

/* Its leaves in order, its splits; the tree has been measured. */
static void copy_tree(struct work *w, uint32_t tree, uint32_t root)
{
    struct pending stack[2 * SMALL_LEAVES] = {{.at = root}};
    size_t waiting = 1;
    size_t first = w->leaf_count;

    while (waiting) {
        struct pending *p = &stack[waiting - 1];
        const struct tree_node *n = &w->forest->nodes[p->at];
        size_t leaves = w->leaf_count - first;

        if (is_leaf(n, p->at)) {
            copy_leaf(w, n->child[0]);
            waiting--;
        } else if (!p->below) {
            p->below = true;
            p->first = leaves;
            stack[waiting++] = (struct pending){.at = n->child[0]};
        } else {
            split(w, p, tree, leaves);
            *p = (struct pending){.at = n->child[1]};
        }
    }
}

/* Leaves of the tree, or more than SMALL_LEAVES. */
static size_t count_leaves(const struct forest *f, uint32_t root)
{
    uint32_t stack[SMALL_LEAVES + 1] = {root};
    size_t waiting = 1;
    size_t leaves = 0;

    while (waiting && waiting + leaves <= SMALL_LEAVES) {
        uint32_t at = stack[--waiting];
        const struct tree_node *n = &f->nodes[at];

        if (is_leaf(n, at)) {
            leaves++;
        } else {
            stack[waiting++] = n->child[0];
            stack[waiting++] = n->child[1];
        }
    }
    return leaves + waiting;
}

/* All leaves of the forest, or 0 when there is no gain. A split that is ruled on takes
 * half as long as a step of a walk, and about half of all splits are. */
static size_t measure(const struct forest *f, size_t classes)
{
    size_t leaves = 0;
    size_t steps = 0;

    if (classes > SMALL_CLASSES)
        return 0;
    for (size_t g = 0; g < f->group_count; g++) {
        steps += TREE_GROUP * (size_t)f->groups[g].depth;
        for (size_t i = 0; i < TREE_GROUP; i++) {
            size_t n = count_leaves(f, f->groups[g].roots[i]);

            if (n > SMALL_LEAVES)
                return 0;
            leaves += n;
        }
    }
    return leaves / 4 <= steps ? leaves : 0;
}

static int by_feature_and_threshold(const void *a, const void *b)
{
    const struct split *x = a;
    const struct split *y = b;

    if (x->feature != y->feature)
        return x->feature < y->feature ? -1 : 1;
    return (x->node.threshold > y->node.threshold) -
           (x->node.threshold < y->node.threshold);
}

static void arrange(struct work *w, struct small_feature *features,
                    struct small_node *nodes, struct small_forest *out)
{
    qsort(w->splits, w->split_count, sizeof(*w->splits), by_feature_and_threshold);
    for (size_t i = 0; i < w->split_count; i++) {
        nodes[i] = w->splits[i].node;
        if (!i || w->splits[i].feature != w->splits[i - 1].feature)
            features[out->feature_count++] =
                (struct small_feature){w->splits[i].feature, i, i};
        features[out->feature_count - 1].end = i + 1;
    }
    out->features = features;
    out->nodes = nodes;
}

bool small_forest_build(const struct build *b, const struct forest *forest,
                        size_t features, size_t classes, struct small_forest *out)
{
    size_t trees = forest->group_count * TREE_GROUP;
    size_t leaves = measure(forest, classes);
    struct work w = {.forest = forest};
    struct small_feature *of_features;
    struct small_node *nodes;
    uint32_t *first_leaves;

    *out = (struct small_forest){.classes = classes};
    if (!leaves)
        return true;
    w.splits = pool_alloc(b->temporary, leaves, sizeof(*w.splits), b->err);
    w.leaves = build_alloc(b, leaves * SMALL_CLASSES, sizeof(*w.leaves));
    of_features = build_alloc(b, features, sizeof(*of_features));
    nodes = build_alloc(b, leaves, sizeof(*nodes));
    first_leaves = build_alloc(b, trees, sizeof(*first_leaves));
    if (!w.splits || !w.leaves || !of_features || !nodes || !first_leaves)
        return false;
    for (uint32_t t = 0; t < trees; t++) {
        first_leaves[t] = (uint32_t)w.leaf_count;
        copy_tree(&w, t, forest->groups[t / TREE_GROUP].roots[t % TREE_GROUP]);
    }
    arrange(&w, of_features, nodes, out);
    out->tree_count = trees;
    out->first_leaves = first_leaves;
    out->leaves = w.leaves;
    return true;
}
