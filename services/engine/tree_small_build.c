/* SPDX-License-Identifier: Apache-2.0 */
/* From the nodes of tree.h to the tables of tree_small.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/tree_small.h"

/* A node: it leaves these leaves of the tree possible when x is past its threshold. */
struct split {
    uint32_t feature;
    float threshold;
    uint32_t tree;
    uint32_t possible;
};

struct work {
    const struct forest *forest;
    size_t tree_count;
    struct split *splits;
    size_t split_count;
    float *leaves; /* as the result has them */
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

static void copy_leaf(const struct forest *f, uint32_t leaf, float *out)
{
    for (uint32_t i = f->leaves[leaf]; i < f->leaves[leaf + 1]; i++)
        out[f->weights[i].class_id] += f->weights[i].weight;
}

/* All bits but those of the leaves [from, to), the first of at most SMALL_LEAVES. */
static uint32_t without(size_t from, size_t to)
{
    uint64_t below_to = (UINT64_C(1) << to) - 1;

    return (uint32_t) ~(below_to & (UINT64_MAX << from));
}

/* Its leaves in order, its splits; the tree has been measured. */
static void copy_tree(struct work *w, uint32_t tree, uint32_t root)
{
    struct pending stack[2 * SMALL_LEAVES] = {{.at = root}};
    size_t waiting = 1;
    size_t leaves = 0;

    while (waiting) {
        struct pending *p = &stack[waiting - 1];
        const struct tree_node *n = &w->forest->nodes[p->at];

        if (is_leaf(n, p->at)) {
            copy_leaf(w->forest, n->child[0],
                      w->leaves + (tree * SMALL_LEAVES + leaves++) * SMALL_CLASSES);
            waiting--;
        } else if (!p->below) {
            p->below = true;
            p->first = leaves;
            stack[waiting++] = (struct pending){.at = n->child[0]};
        } else {
            w->splits[w->split_count++] =
                (struct split){n->feature, n->threshold, tree, without(p->first, leaves)};
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

/* All leaves of the forest, or 0 when a tree is too large. */
static size_t measure(const struct forest *f)
{
    size_t leaves = 0;

    for (size_t g = 0; g < f->group_count; g++)
        for (size_t i = 0; i < TREE_GROUP; i++) {
            size_t n = count_leaves(f, f->groups[g].roots[i]);

            if (n > SMALL_LEAVES)
                return 0;
            leaves += n;
        }
    return leaves;
}

static bool copy_trees(const struct build *b, struct work *w, size_t leaves)
{
    w->splits = pool_alloc(b->temporary, leaves, sizeof(*w->splits), b->err);
    w->leaves = build_alloc(b, w->tree_count * SMALL_TREE, sizeof(*w->leaves));
    if (!w->splits || !w->leaves)
        return false;
    for (uint32_t t = 0; t < w->tree_count; t++)
        copy_tree(w, t, w->forest->groups[t / TREE_GROUP].roots[t % TREE_GROUP]);
    return true;
}

static int by_feature_and_threshold(const void *a, const void *b)
{
    const struct split *x = a;
    const struct split *y = b;

    if (x->feature != y->feature)
        return x->feature < y->feature ? -1 : 1;
    return (x->threshold > y->threshold) - (x->threshold < y->threshold);
}

static bool starts_feature(const struct split *splits, size_t i)
{
    return !i || splits[i].feature != splits[i - 1].feature;
}

static bool starts_threshold(const struct split *splits, size_t i)
{
    return starts_feature(splits, i) || splits[i].threshold != splits[i - 1].threshold;
}

/* How much there is, the splits being sorted: features, and thresholds of all of them. */
static void count(const struct work *w, size_t *features, size_t *thresholds)
{
    *features = *thresholds = 0;
    for (size_t i = 0; i < w->split_count; i++) {
        *features += starts_feature(w->splits, i);
        *thresholds += starts_threshold(w->splits, i);
    }
}

/* Whether the tables are small, and to combine rows takes less than to walk: eight trees
 * and features in the time of a step. */
static bool is_worth_it(const struct work *w, size_t features, size_t thresholds)
{
    size_t row_bytes = w->tree_count * sizeof(uint32_t);
    size_t steps = 0;

    for (size_t g = 0; g < w->forest->group_count; g++)
        steps += TREE_GROUP * (size_t)w->forest->groups[g].depth;
    return features && features <= SMALL_FEATURES &&
           thresholds + features <= SMALL_BYTES / row_bytes &&
           features * w->tree_count / 8 <= steps;
}

/* Each row is the one before with what the next threshold's splits leave. */
static bool tabulate(const struct build *b, const struct work *w, size_t feature_count,
                     size_t threshold_count, struct small_forest *out)
{
    size_t n = w->tree_count;
    struct small_feature *features = build_alloc(b, feature_count, sizeof(*features));
    float *thresholds = build_alloc(b, threshold_count, sizeof(*thresholds));
    uint32_t *rows = build_alloc(b, (threshold_count + feature_count) * n, sizeof(*rows));

    if (!features || !thresholds || !rows)
        return false;
    for (size_t i = 0; i < w->split_count; i++) {
        const struct split *s = &w->splits[i];
        struct small_feature *f;

        if (starts_feature(w->splits, i)) {
            rows += i ? n : 0;
            memset(rows, 0xff, n * sizeof(*rows));
            features[out->feature_count++] =
                (struct small_feature){s->feature, thresholds, 0, rows};
        }
        f = &features[out->feature_count - 1];
        if (starts_threshold(w->splits, i)) {
            *thresholds++ = s->threshold;
            f->count++;
            memcpy(rows + n, rows, n * sizeof(*rows));
            rows += n;
        }
        rows[s->tree] &= s->possible;
    }
    out->features = features;
    return true;
}

bool small_forest_build(const struct build *b, const struct forest *forest,
                        size_t classes, struct small_forest *out)
{
    struct work w = {.forest = forest, .tree_count = forest->group_count * TREE_GROUP};
    size_t leaves =
        classes <= SMALL_CLASSES && w.tree_count <= SMALL_TREES ? measure(forest) : 0;
    size_t features, thresholds;

    *out = (struct small_forest){.classes = classes};
    if (!leaves)
        return true;
    if (!copy_trees(b, &w, leaves))
        return false;
    qsort(w.splits, w.split_count, sizeof(*w.splits), by_feature_and_threshold);
    count(&w, &features, &thresholds);
    if (!is_worth_it(&w, features, thresholds))
        return true;
    if (!tabulate(b, &w, features, thresholds, out))
        return false;
    out->tree_count = w.tree_count;
    out->leaves = w.leaves;
    return true;
}
