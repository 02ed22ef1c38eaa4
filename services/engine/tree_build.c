/* SPDX-License-Identifier: Apache-2.0 */
/* From ONNX's parallel arrays, in which nodes name each other by (tree, node) ids in any
 * order, to the flat trees of tree.h.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tree.h"

/* A node's place in the attribute arrays, by its ids. */
struct place {
    int64_t tree, node;
    uint32_t at;
};

/* What a node of the file turned out to be. */
struct role {
    bool leaf;
    bool child; /* some node leads to it */
    uint32_t leaf_id;
};

struct source {
    struct build_ints trees, nodes, features, if_true, if_false;
    struct build_floats values;
    const struct onnx_attribute *modes;
    struct build_ints class_trees, class_nodes, class_ids;
    struct build_floats class_weights;
    size_t count;
    struct place *places; /* sorted by ids */
    struct role *roles;   /* by position */
    size_t start;         /* a guess: where the tree that find() saw last starts */
};

static bool read_source(const struct build *b, struct source *s)
{
    if (!attr_ints(b, "nodes_treeids", &s->trees) ||
        !attr_ints(b, "nodes_nodeids", &s->nodes) ||
        !attr_ints(b, "nodes_featureids", &s->features) ||
        !attr_ints(b, "nodes_truenodeids", &s->if_true) ||
        !attr_ints(b, "nodes_falsenodeids", &s->if_false) ||
        !attr_floats(b, "nodes_values", &s->values) ||
        !attr_ints(b, "class_treeids", &s->class_trees) ||
        !attr_ints(b, "class_nodeids", &s->class_nodes) ||
        !attr_ints(b, "class_ids", &s->class_ids) ||
        !attr_floats(b, "class_weights", &s->class_weights))
        return false;
    s->modes = attr_find(b, "nodes_modes");
    s->count = s->trees.n;
    if (!s->count || s->count >= INT32_MAX || s->nodes.n != s->count ||
        s->features.n != s->count || s->if_true.n != s->count ||
        s->if_false.n != s->count || s->values.n != s->count || !s->modes ||
        s->modes->string_count != s->count)
        return build_refuse(b, "the nodes_ attributes are missing or of unequal length");
    if (s->class_ids.n >= UINT32_MAX || s->class_trees.n != s->class_ids.n ||
        s->class_nodes.n != s->class_ids.n || s->class_weights.n != s->class_ids.n)
        return build_refuse(b, "the class_ attributes are of unequal length");
    s->places = pool_alloc(b->temporary, s->count, sizeof(*s->places), b->err);
    s->roles = pool_alloc(b->temporary, s->count, sizeof(*s->roles), b->err);
    return s->places && s->roles;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;

    if (x->tree != y->tree)
        return x->tree < y->tree ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Converters write nodes in order, which makes this a check. */
static bool sort_places(const struct build *b, struct source *s)
{
    bool sorted = true;

    for (size_t i = 0; i < s->count; i++) {
        s->places[i] = (struct place){s->trees.v[i], s->nodes.v[i], (uint32_t)i};
        sorted = sorted && (!i || compare_places(&s->places[i - 1], &s->places[i]) < 0);
    }
    if (!sorted)
        qsort(s->places, s->count, sizeof(*s->places), compare_places);
    for (size_t i = 1; !sorted && i < s->count; i++)
        if (!compare_places(&s->places[i - 1], &s->places[i]))
            return build_refuse(b, "tree %lld has node %lld twice",
                                (long long)s->places[i].tree,
                                (long long)s->places[i].node);
    return true;
}

/* The position of a node, or -1. Converters number a tree's nodes from 0 without gaps, so
 * the place where one tree's numbers start finds the next node of the same tree at once.
 */
static int64_t find(struct source *s, int64_t tree, int64_t node)
{
    struct place key = {.tree = tree, .node = node};
    const struct place *p;

    if (node >= 0 && (uint64_t)node < s->count - s->start) {
        p = &s->places[s->start + (size_t)node];
        if (p->tree == tree && p->node == node)
            return (int64_t)p->at;
    }
    p = bsearch(&key, s->places, s->count, sizeof(key), compare_places);
    if (!p)
        return -1;
    if (node >= 0 && (uint64_t)node <= (size_t)(p - s->places))
        s->start = (size_t)(p - s->places) - (size_t)node;
    return (int64_t)p->at;
}

/* How each mode becomes x <= threshold: on the next smaller threshold, and with the
 * branches swapped. That holds for every finite x. */
static const struct mode {
    const char *name;
    bool below, swap;
} MODES[] = {
    {"BRANCH_LEQ", false, false},
    {"BRANCH_LT",  true,  false},
    {"BRANCH_GTE", true,  true },
    {"BRANCH_GT",  false, true },
};

static const struct mode *find_mode(struct onnx_text name)
{
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++)
        if (onnx_text_is(name, MODES[i].name))
            return &MODES[i];
    return NULL;
}

static bool adopt(const struct build *b, struct source *s, size_t parent, int64_t node)
{
    int64_t child = find(s, s->trees.v[parent], node);

    if (child < 0 || s->roles[child].child)
        return build_refuse(b, "tree %lld: node %lld does not exist or has two parents",
                            (long long)s->trees.v[parent], (long long)node);
    s->roles[child].child = true;
    return true;
}

/* Leaves, branches and who leads to whom. As no node has two parents, what a root leads
 * to is a tree; what no root leads to is found when the nodes are counted. */
static bool assign_roles(const struct build *b, struct source *s, size_t features)
{
    for (size_t i = 0; i < s->count; i++) {
        struct onnx_text mode = s->modes->strings[i];

        if (onnx_text_is(mode, "LEAF")) {
            s->roles[i].leaf = true;
            continue;
        }
        if (!find_mode(mode))
            return build_refuse(b, "node mode \"%.*s\" is not supported",
                                ONNX_TEXT_ARGS(mode));
        if (s->features.v[i] < 0 || (uint64_t)s->features.v[i] >= features)
            return build_refuse(b, "feature %lld of %zu", (long long)s->features.v[i],
                                features);
        if (!adopt(b, s, i, s->if_true.v[i]) || !adopt(b, s, i, s->if_false.v[i]))
            return false;
    }
    return true;
}

struct pending {
    uint32_t at, depth;
    uint32_t *link; /* to be set to the node's new index */
};

struct layout {
    struct tree_node *nodes;
    struct tree_group *groups;
    uint32_t node_count, leaf_count;
    size_t tree_count, visited;
    struct pending *stack;
    size_t waiting;
};

static void make_leaf(struct layout *l)
{
    struct tree_node *n = &l->nodes[l->node_count];

    *n = (struct tree_node){
        .threshold = NAN, .child = {l->leaf_count++, l->node_count}
    };
    l->node_count++;
}

static void make_branch(struct source *s, struct layout *l, struct pending p)
{
    const struct mode *mode = find_mode(s->modes->strings[p.at]);
    struct tree_node *n = &l->nodes[l->node_count++];
    int64_t tree = s->trees.v[p.at];
    /* adopt() has seen that both are there. */
    uint32_t if_true = (uint32_t)find(s, tree, s->if_true.v[p.at]);
    uint32_t if_false = (uint32_t)find(s, tree, s->if_false.v[p.at]);

    n->feature = (uint32_t)s->features.v[p.at];
    n->threshold = s->values.v[p.at];
    if (mode->below)
        n->threshold = nextafterf(n->threshold, -INFINITY);
    /* The one pushed last is laid out next, beside its parent. */
    l->stack[l->waiting++] =
        (struct pending){if_false, p.depth + 1, &n->child[mode->swap ? 0 : 1]};
    l->stack[l->waiting++] =
        (struct pending){if_true, p.depth + 1, &n->child[mode->swap ? 1 : 0]};
}

static void place_node(struct source *s, struct layout *l, struct pending p,
                       struct tree_group *group)
{
    l->visited++;
    *p.link = l->node_count;
    if (p.depth > group->depth)
        group->depth = p.depth;
    if (s->roles[p.at].leaf) {
        s->roles[p.at].leaf_id = l->leaf_count;
        make_leaf(l);
    } else {
        make_branch(s, l, p);
    }
}

static void place_tree(struct source *s, struct layout *l, uint32_t root)
{
    struct tree_group *group = &l->groups[l->tree_count / TREE_GROUP];

    l->stack[l->waiting++] =
        (struct pending){root, 0, &group->roots[l->tree_count % TREE_GROUP]};
    l->tree_count++;
    while (l->waiting)
        place_node(s, l, l->stack[--l->waiting], group);
}

/* The last group's missing trees: one more leaf, which has no weights. */
static void fill_group(struct layout *l)
{
    uint32_t leaf = l->node_count;

    make_leaf(l);
    for (; l->tree_count % TREE_GROUP; l->tree_count++)
        l->groups[l->tree_count / TREE_GROUP].roots[l->tree_count % TREE_GROUP] = leaf;
}

static bool lay_out(const struct build *b, struct source *s, struct layout *l)
{
    const int64_t *last_tree = NULL;
    size_t roots = 0;

    for (size_t i = 0; i < s->count; i++)
        roots += !s->roles[i].child;
    l->nodes = build_alloc(b, s->count + 1, sizeof(*l->nodes));
    l->groups = build_alloc(b, roots / TREE_GROUP + 1, sizeof(*l->groups));
    l->stack = pool_alloc(b->temporary, s->count + 2, sizeof(*l->stack), b->err);
    if (!l->nodes || !l->groups || !l->stack)
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const struct place *root = &s->places[i];

        if (s->roles[root->at].child)
            continue;
        if (last_tree && *last_tree == root->tree)
            return build_refuse(b, "tree %lld has two roots", (long long)root->tree);
        last_tree = &root->tree;
        place_tree(s, l, root->at);
    }
    fill_group(l);
    return l->visited == s->count || build_refuse(b, "a tree's nodes lead in a circle");
}

/* The leaf that weight i belongs to. */
static bool leaf_of(const struct build *b, struct source *s, size_t i, uint32_t *leaf)
{
    int64_t at = find(s, s->class_trees.v[i], s->class_nodes.v[i]);

    if (at < 0 || !s->roles[at].leaf)
        return build_refuse(b, "weight %zu is not of a leaf", i);
    *leaf = s->roles[at].leaf_id;
    return true;
}

/* Boosted trees for two classes have one score, written for class 0 or for class 1. */
static bool has_one_score(const struct source *s, size_t classes)
{
    for (size_t i = 0; i < s->class_ids.n; i++)
        if (s->class_ids.v[i] != s->class_ids.v[0])
            return false;
    return classes == 2 && s->class_ids.n;
}

/* leaves[i] counts the weights of leaf i, then says where they end, then, as they are
 * filled in backwards, where they start. */
static bool gather_weights(const struct build *b, struct source *s, size_t classes,
                           uint32_t leaf_count, struct forest *out)
{
    uint32_t *leaves = build_alloc(b, (size_t)leaf_count + 1, sizeof(*leaves));
    struct tree_weight *weights = build_alloc(b, s->class_ids.n, sizeof(*weights));
    uint32_t leaf = 0;

    out->one_score = has_one_score(s, classes);
    if (!leaves || !weights)
        return false;
    for (size_t i = 0; i < s->class_ids.n; i++) {
        if (s->class_ids.v[i] < 0 || (uint64_t)s->class_ids.v[i] >= classes)
            return build_refuse(b, "class %lld of %zu", (long long)s->class_ids.v[i],
                                classes);
        if (!leaf_of(b, s, i, &leaf))
            return false;
        leaves[leaf] += s->class_weights.v[i] != 0;
    }
    for (uint32_t i = 1; i <= leaf_count; i++)
        leaves[i] += leaves[i - 1];
    for (size_t i = s->class_ids.n; i-- > 0;) {
        if (s->class_weights.v[i] == 0 || !leaf_of(b, s, i, &leaf))
            continue;
        weights[--leaves[leaf]] = (struct tree_weight){
            out->one_score ? 0 : (uint32_t)s->class_ids.v[i], s->class_weights.v[i]};
    }
    out->leaves = leaves;
    out->weights = weights;
    return true;
}

bool forest_build(const struct build *b, size_t features, size_t classes,
                  struct forest *out)
{
    struct source s = {0};
    struct layout l = {0};

    if (!read_source(b, &s) || !sort_places(b, &s) || !assign_roles(b, &s, features) ||
        !lay_out(b, &s, &l) || !gather_weights(b, &s, classes, l.leaf_count, out))
        return false;
    out->group_count = l.tree_count / TREE_GROUP;
    out->groups = l.groups;
    out->nodes = l.nodes;
    return true;
}
