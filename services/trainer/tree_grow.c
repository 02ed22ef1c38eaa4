/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/tree_grow.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trainer/sort_keys.h"

/* Rows order[start] to order[end - 1], waiting to become a node. */
struct part {
    size_t start, end, depth;
    size_t parent; /* its node; SIZE_MAX: none */
    bool above;    /* the parent's second child */
};

struct grower {
    const struct sample *s;
    const struct tree_rules *rules;
    size_t *order;
    struct random *random;
    struct grown_tree *out;
    size_t *features; /* drawn from, always all of them */
    uint64_t *keys;
    double *left, *right; /* class counts */
    struct part *stack;
    size_t waiting;
};

struct split {
    double score; /* the larger, the purer */
    uint32_t feature;
    float threshold;
    bool found;
};

/* Floats as integers that sort alike, with the row's class below. */
static uint64_t make_key(float x, uint32_t y)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof(bits));
    bits ^= bits >> 31 ? 0xffffffffU : 0x80000000U;
    return (uint64_t)bits << 32 | y;
}

static float key_value(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    float x;

    bits ^= bits >> 31 ? 0x80000000U : 0xffffffffU;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* A threshold with low <= threshold < high, in the middle when there is one. */
static float between(float low, float high)
{
    float middle = low / 2 + high / 2;

    return middle >= low && middle < high ? middle : low;
}

static double sum_of_squares(const double *counts, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += counts[i] * counts[i];
    return sum;
}

/* The best threshold of sorted keys. Moving a row from right to left changes each sum of
 * squared counts by what (c + 1)^2 - c^2 says, so a scan needs one pass. */
static void scan(struct grower *g, size_t n, uint32_t feature, struct split *best)
{
    double left_squares = 0;
    double right_squares;

    memset(g->left, 0, g->s->classes * sizeof(*g->left));
    memset(g->right, 0, g->s->classes * sizeof(*g->right));
    for (size_t i = 0; i < n; i++)
        g->right[(uint32_t)g->keys[i]]++;
    right_squares = sum_of_squares(g->right, g->s->classes);
    for (size_t i = 0; i + 1 < n; i++) {
        uint32_t y = (uint32_t)g->keys[i];
        float low = key_value(g->keys[i]);
        float high = key_value(g->keys[i + 1]);
        double score;

        left_squares += 2 * g->left[y]++ + 1;
        right_squares -= 2 * g->right[y]-- - 1;
        if (!(low < high))
            continue;
        score = left_squares / (double)(i + 1) + right_squares / (double)(n - i - 1);
        if (best->found && score <= best->score)
            continue;
        *best = (struct split){score, feature, between(low, high), true};
    }
}

static struct split find_split(struct grower *g, const struct part *p)
{
    const struct sample *s = g->s;
    struct split best = {0};
    size_t n = p->end - p->start;
    size_t tried = 0;

    for (size_t drawn = 0; drawn < s->width && tried < g->rules->features; drawn++) {
        size_t at = drawn + random_below(g->random, s->width - drawn);
        size_t feature = g->features[at];

        g->features[at] = g->features[drawn];
        g->features[drawn] = feature;
        for (size_t i = 0; i < n; i++) {
            size_t row = g->order[p->start + i];

            g->keys[i] = make_key(s->x[row * s->width + feature], s->y[row]);
        }
        sort_keys(g->keys, n);
        if (!(key_value(g->keys[0]) < key_value(g->keys[n - 1])))
            continue;
        scan(g, n, (uint32_t)feature, &best);
        tried++;
    }
    return best;
}

static bool is_pure(const struct grower *g, const struct part *p)
{
    for (size_t i = p->start + 1; i < p->end; i++)
        if (g->s->y[g->order[i]] != g->s->y[g->order[p->start]])
            return false;
    return true;
}

static struct grown_node *add_node(struct grower *g, const struct part *p)
{
    struct grown_tree *t = g->out;

    if (t->count == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->nodes = mem_resize(t->nodes, t->room, sizeof(*t->nodes));
    }
    if (p->parent != SIZE_MAX) {
        struct grown_node *parent = &t->nodes[p->parent];

        *(p->above ? &parent->above : &parent->below) = (uint32_t)t->count;
    }
    t->nodes[t->count] = (struct grown_node){0};
    return &t->nodes[t->count++];
}

static void make_leaf(struct grower *g, const struct part *p, struct grown_node *node)
{
    struct grown_tree *t = g->out;
    size_t classes = g->s->classes;

    while (t->counts_used + classes > t->counts_room) {
        t->counts_room = t->counts_room ? t->counts_room * 2 : 64 * classes;
        t->counts = mem_resize(t->counts, t->counts_room, sizeof(*t->counts));
    }
    node->leaf = true;
    node->counts = t->counts_used;
    memset(t->counts + node->counts, 0, classes * sizeof(*t->counts));
    for (size_t i = p->start; i < p->end; i++)
        t->counts[node->counts + g->s->y[g->order[i]]]++;
    t->counts_used += classes;
}

/* Rows at or below the threshold first; returns where the others start. */
static size_t partition(struct grower *g, const struct part *p, const struct split *split)
{
    size_t middle = p->start;

    for (size_t i = p->start; i < p->end; i++) {
        size_t row = g->order[i];

        if (g->s->x[row * g->s->width + split->feature] <= split->threshold) {
            g->order[i] = g->order[middle];
            g->order[middle++] = row;
        }
    }
    return middle;
}

static void grow_part(struct grower *g, const struct part *p)
{
    bool stop = (g->rules->depth && p->depth == g->rules->depth) || is_pure(g, p);
    struct split split = {0};
    struct grown_node *node;
    size_t here = g->out->count;
    size_t middle;

    if (!stop)
        split = find_split(g, p);
    node = add_node(g, p);
    if (!split.found) {
        make_leaf(g, p, node);
        return;
    }
    node->feature = split.feature;
    node->threshold = split.threshold;
    middle = partition(g, p, &split);
    g->stack[g->waiting++] = (struct part){.start = middle,
                                           .end = p->end,
                                           .depth = p->depth + 1,
                                           .parent = here,
                                           .above = true};
    g->stack[g->waiting++] = (struct part){
        .start = p->start, .end = middle, .depth = p->depth + 1, .parent = here};
}

void tree_grow(const struct sample *s, const struct tree_rules *rules, size_t *order,
               size_t n, struct random *random, struct grown_tree *out)
{
    CLEANUP(mem_freep)
    size_t *features = mem_alloc(s->width, sizeof(*features));
    CLEANUP(mem_freep)
    uint64_t *keys = mem_alloc(n, sizeof(*keys));
    CLEANUP(mem_freep)
    double *counts = mem_alloc(2 * s->classes, sizeof(*counts));
    CLEANUP(mem_freep)
    struct part *stack = mem_alloc(n + 2, sizeof(*stack));
    struct grower g = {.s = s,
                       .rules = rules,
                       .random = random,
                       .out = out,
                       .features = features,
                       .keys = keys,
                       .left = counts,
                       .right = counts + s->classes,
                       .stack = stack};

    g.order = order;
    out->count = out->counts_used = 0;
    for (size_t i = 0; i < s->width; i++)
        features[i] = i;
    stack[g.waiting++] = (struct part){.end = n, .parent = SIZE_MAX};
    while (g.waiting) {
        struct part p = stack[--g.waiting];

        grow_part(&g, &p);
    }
}

void grown_tree_clear(struct grown_tree *t)
{
    free(t->nodes);
    free(t->counts);
    memset(t, 0, sizeof(*t));
}
