/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - decision trees as one flat array of 16-byte nodes, depth first.
 *
 * Where a row goes on is child[!(x <= threshold)]: the other comparisons of ONNX are
 * turned into this one at load. A leaf is no node but an index with the top bit set, so
 * the array holds branches only, and the branch that is taken when the comparison holds
 * follows its parent.
 */
#ifndef ENGINE_TREE_H
#define ENGINE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/build.h"

#define TREE_LEAF 0x80000000U

struct tree_node {
    float threshold;
    uint32_t feature;
    uint32_t child[2]; /* x <= threshold, x > threshold */
};

struct tree_weight {
    uint32_t class_id;
    float weight;
};

struct forest {
    size_t tree_count;
    const uint32_t *roots; /* of each tree; a leaf when it is the whole tree */
    const struct tree_node *nodes;
    const uint32_t *leaves; /* weights of leaf i: [leaves[i], leaves[i + 1]) */
    const struct tree_weight *weights;
    bool one_score; /* two classes, and every weight is for one and the same of them */
};

/* From the attributes of the node: every index is checked, every tree is one tree. */
bool forest_build(const struct build *b, size_t features, size_t classes,
                  struct forest *out);

#endif
