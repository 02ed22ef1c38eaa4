/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - decision trees as one flat array of 16-byte nodes, depth first.
 *
 * Where a row goes on is child[!(x <= threshold)]: the other comparisons of ONNX are
 * turned into this one at load, and the branch taken when it holds follows its parent. A
 * leaf's threshold is NaN, which no x is below, and its second child is itself: a walk
 * that has arrived stays. So trees are walked side by side, as many steps as the deepest
 * of them has, without asking at each step which have arrived.
 */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/build.h"

enum { TREE_GROUP = 8 }; /* walked side by side */

struct tree_node {
    float threshold;
    uint32_t feature;
    uint32_t child[2]; /* x <= threshold, else; a leaf: its number, itself */
};

struct tree_weight {
    uint32_t class_id;
    float weight;
};

struct tree_group {
    uint32_t roots[TREE_GROUP]; /* the last group is filled up with a leaf of no weight */
    uint32_t depth;             /* steps from root to leaf in the deepest */
};

struct forest {
    size_t group_count;
    const struct tree_group *groups;
    const struct tree_node *nodes;
    const uint32_t *leaves; /* weights of leaf i: [leaves[i], leaves[i + 1]) */
    const struct tree_weight *weights;
    bool one_score; /* two classes, and every weight is for one and the same of them */
};

/* From the attributes of the node: every index is checked, every tree is one tree. */
bool forest_build(const struct build *b, size_t features, size_t classes,
                  struct forest *out);

/* Add the weights of the leaves that the row ends in. */
void forest_add(const struct forest *f, const struct tree_group *group, const float *row,
                float *scores);

#endif
