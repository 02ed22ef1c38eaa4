/* SPDX-License-Identifier: Apache-2.0 */
/* tree_small.h - forests of small trees, answered without walking.
 *
 * Each tree has a word with one bit for each of its leaves, in order. A node whose
 * x <= threshold does not hold rules out the leaves below its first child; when all such
 * nodes have had their say, the first bit that is left is the leaf the row ends in. Which
 * nodes those are need not be found tree by tree: with all nodes of a feature in one row,
 * sorted by threshold, they are the ones before the first threshold that holds. So memory
 * is read from front to back, and no step waits for the one before.
 *
 * (C. Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive
 * ensembles of regression trees", SIGIR 2015.)
 */
#ifndef ENGINE_TREE_SMALL_H
#define ENGINE_TREE_SMALL_H

#include "engine/lanes.h"
#include "engine/tree.h"

enum { SMALL_LEAVES = 64, SMALL_CLASSES = LANES_VECTOR };

struct small_node {
    float threshold;
    uint32_t tree;
    uint64_t possible; /* the leaves that remain when x <= threshold does not hold */
};

/* The nodes [first, end) look at that feature. */
struct small_feature {
    size_t feature, first, end;
};

struct small_forest {
    size_t tree_count; /* 0: there are none; else a multiple of TREE_GROUP */
    size_t classes;
    size_t feature_count;
    const struct small_feature *features;
    const struct small_node *nodes; /* by feature, thresholds rising */
    const uint32_t *first_leaves;   /* of each tree, in leaves */
    const float *leaves;            /* SMALL_CLASSES weights of each */
};

/* The same forest. There are none when a tree or the number of classes is too large, or
 * when walking takes less. */
bool small_forest_build(const struct build *b, const struct forest *forest,
                        size_t features, size_t classes, struct small_forest *out);

/* Add the weights of the leaves that the row ends in; possible: room for a word of each
 * tree. */
void small_forest_add(const struct small_forest *f, const float *row, uint64_t *possible,
                      float *scores);

#endif
