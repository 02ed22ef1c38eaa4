/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tree.h"

static inline void add_leaf(const struct forest *f, uint32_t leaf, float *scores)
{
    const struct tree_weight *w = f->weights + f->leaves[leaf];
    const struct tree_weight *end = f->weights + f->leaves[leaf + 1];

    for (; w < end; w++)
        scores[w->class_id] += w->weight;
}

static inline uint32_t next(const struct tree_node *n, const float *row)
{
    return n->child[!(row[n->feature] <= n->threshold)];
}

/* Each walk waits for memory at every step; eight at once wait together. */
void forest_add(const struct forest *f, const struct tree_group *group, const float *row,
                float *scores)
{
    const struct tree_node *nodes = f->nodes;
    uint32_t at[TREE_GROUP];

    for (size_t i = 0; i < TREE_GROUP; i++)
        at[i] = group->roots[i];
    for (uint32_t step = 0; step < group->depth; step++)
        for (size_t i = 0; i < TREE_GROUP; i++)
            at[i] = next(&nodes[at[i]], row);
    for (size_t i = 0; i < TREE_GROUP; i++)
        add_leaf(f, nodes[at[i]].child[0], scores);
}
