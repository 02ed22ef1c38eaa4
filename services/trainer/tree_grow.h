/* SPDX-License-Identifier: Apache-2.0 */
/* tree_grow.h - one classification tree of a random forest (Breiman, 2001).
 *
 * Each branch takes the best of a few randomly drawn features by Gini impurity; features
 * that are constant there are drawn over. Leaves are pure unless the depth is limited or
 * rows with equal features differ in class.
 */
#ifndef TRAINER_TREE_GROW_H
#define TRAINER_TREE_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "trainer/dataset.h"

struct tree_rules {
    size_t features; /* tried at a branch */
    size_t depth;    /* at most; 0: no limit */
};

struct grown_node {
    bool leaf;
    uint32_t feature;
    float threshold;
    uint32_t below, above; /* x <= threshold, x > threshold */
    size_t counts;         /* of a leaf: where its class counts start */
};

/* Nodes depth first, the root first, `below` right behind its parent. Reused from tree to
 * tree; zero to begin with. */
struct grown_tree {
    struct grown_node *nodes;
    size_t count, room;
    uint32_t *counts; /* classes for each leaf */
    size_t counts_used, counts_room;
};

/* From the rows of `order`, in which a row may be several times; order is rearranged. */
void tree_grow(const struct sample *s, const struct tree_rules *rules, size_t *order,
               size_t n, struct random *random, struct grown_tree *out);
void grown_tree_clear(struct grown_tree *t);

#endif
