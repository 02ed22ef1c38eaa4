/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways through the same forest: trees walked (tree.h) and small trees answered by
 * masks (tree_small.h) give every row the same leaves. And the vector arithmetic of
 * all models beside that of the C library, plain and in wide registers. */
#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/coupling.h"
#include "engine/pool.h"
#include "engine/rbf.h"
#include "engine/tree_small.h"

enum { FEATURES = 5, CLASSES = 3, NODES_MAX = 16384, TREES_MAX = 64, ROWS = 300 };

/* A forest made by hand, with room. */
struct grown {
    struct forest forest;
    struct tree_node nodes[NODES_MAX];
    struct tree_group groups[TREES_MAX / TREE_GROUP];
    uint32_t leaves[NODES_MAX + 1];
    struct tree_weight weights[2 * NODES_MAX];
    uint32_t node_count, leaf_count;
    uint64_t seed;
};

static uint32_t draw(struct grown *g, uint32_t below)
{
    g->seed = g->seed * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(g->seed >> 33) % below;
}

/* Few values, so that thresholds and inputs are often equal. */
static float draw_value(struct grown *g)
{
    return (float)draw(g, 9) / 2 - 2;
}

static void grow_leaf(struct grown *g, struct tree_node *n)
{
    uint32_t first = g->leaves[g->leaf_count];
    uint32_t count = draw(g, 3);

    for (uint32_t i = 0; i < count; i++)
        g->weights[first + i] =
            (struct tree_weight){draw(g, CLASSES), (float)draw(g, 1000) / 1024};
    *n = (struct tree_node){
        .threshold = NAN, .child = {g->leaf_count, (uint32_t)(n - g->nodes)}
    };
    g->leaves[++g->leaf_count] = first + count;
}

/* A tree of so many leaves, shared out at random; returns its root. */
static uint32_t grow(struct grown *g, uint32_t leaves, uint32_t depth, uint32_t *deepest)
{
    uint32_t at = g->node_count++;
    struct tree_node *n = &g->nodes[at];
    uint32_t left;

    assert_true(g->node_count < NODES_MAX);
    if (depth > *deepest)
        *deepest = depth;
    if (leaves == 1) {
        grow_leaf(g, n);
        return at;
    }
    left = 1 + draw(g, leaves - 1);
    n->feature = draw(g, FEATURES);
    n->threshold = draw(g, 40) ? draw_value(g) : -INFINITY;
    n->child[0] = grow(g, left, depth + 1, deepest);
    n->child[1] = grow(g, leaves - left, depth + 1, deepest);
    return at;
}

static struct grown *grow_forest(uint64_t seed, uint32_t trees, uint32_t most_leaves)
{
    struct grown *g = mem_alloc(1, sizeof(*g));

    g->seed = seed;
    for (uint32_t t = 0; t < trees; t++) {
        struct tree_group *group = &g->groups[t / TREE_GROUP];

        group->roots[t % TREE_GROUP] =
            grow(g, t ? 1 + draw(g, most_leaves) : most_leaves, 0, &group->depth);
    }
    g->forest = (struct forest){.group_count = trees / TREE_GROUP,
                                .groups = g->groups,
                                .nodes = g->nodes,
                                .leaves = g->leaves,
                                .weights = g->weights};
    return g;
}

static void draw_row(struct grown *g, float row[FEATURES])
{
    static const float extremes[] = {INFINITY, -INFINITY, NAN, FLT_MAX, -0.0F};

    for (size_t i = 0; i < FEATURES; i++)
        row[i] = draw(g, 10) ? draw_value(g) : extremes[draw(g, ARRAY_LEN(extremes))];
}

static void compare(struct grown *g, const struct small_forest *small)
{
    for (size_t r = 0; r < ROWS; r++) {
        float row[FEATURES];
        float walked[CLASSES] = {0.25F, 0, -1};
        float masked[CLASSES] = {0.25F, 0, -1};

        draw_row(g, row);
        for (size_t i = 0; i < g->forest.group_count; i++)
            forest_add(&g->forest, &g->forest.groups[i], row, walked);
        small_forest_add(small, row, masked);
        for (size_t c = 0; c < CLASSES; c++) /* sums are made in another order */
            if (!(fabsf(walked[c] - masked[c]) < 1e-4F))
                fail_msg("row %zu, class %zu: %g, not %g", r, c, (double)masked[c],
                         (double)walked[c]);
    }
}

static void masks_lead_to_the_leaves_that_walking_leads_to(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        static const uint32_t leaves[] = {1, 2, 7, 16, SMALL_LEAVES};
        struct pool pool = POOL_INIT(1 << 24);
        struct error err;
        struct plan plan = {.kind = ""};
        struct build b = {.pool = &pool, .temporary = &pool, .plan = &plan, .err = &err};
        struct grown *g = grow_forest(seed, TREES_MAX, leaves[seed % ARRAY_LEN(leaves)]);
        struct small_forest small;

        assert_true(small_forest_build(&b, &g->forest, CLASSES, &small));
        if (small.tree_count) /* else walking takes less */
            compare(g, &small);
        else
            assert_true(leaves[seed % ARRAY_LEN(leaves)] != 7);
        pool_clear(&pool);
        free(g);
    }
}

static void what_is_not_small_is_left_alone(void **state)
{
    static const struct {
        uint32_t leaves;
        size_t classes;
        bool small;
    } rows[] = {
        {8,                SMALL_CLASSES,     true },
        {8,                SMALL_CLASSES + 1, false},
        {SMALL_LEAVES + 1, SMALL_CLASSES,     false},
        {500,              SMALL_CLASSES,     false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pool pool = POOL_INIT(1 << 24);
        struct error err;
        struct build b = {.pool = &pool, .temporary = &pool, .err = &err};
        struct grown *g = grow_forest(i + 1, TREE_GROUP, rows[i].leaves);
        struct small_forest small;

        assert_true(small_forest_build(&b, &g->forest, rows[i].classes, &small));
        if ((small.tree_count != 0) != rows[i].small)
            fail_msg("%u leaves, %zu classes", rows[i].leaves, rows[i].classes);
        pool_clear(&pool);
        free(g);
    }
}

/* The same eight trees over and over. */
static void nor_are_too_many_trees(void **state)
{
    enum { MOST = SMALL_TREES / TREE_GROUP };
    CLEANUP(mem_freep)
    struct tree_group *groups = mem_alloc(MOST + 1, sizeof(*groups));
    struct grown *g = grow_forest(1, TREE_GROUP, 8);

    (void)state;
    for (size_t i = 0; i <= MOST; i++)
        groups[i] = g->groups[0];
    g->forest.groups = groups;
    for (g->forest.group_count = MOST; g->forest.group_count <= MOST + 1;
         g->forest.group_count++) {
        struct pool pool = POOL_INIT(1 << 24);
        struct error err;
        struct build b = {.pool = &pool, .temporary = &pool, .err = &err};
        struct small_forest small;

        assert_true(small_forest_build(&b, &g->forest, CLASSES, &small));
        assert_int_equal(small.tree_count,
                         g->forest.group_count == MOST ? SMALL_TREES : 0);
        pool_clear(&pool);
    }
    free(g);
}

static void a_pool_that_is_too_small_is_an_error(void **state)
{
    struct grown *g = grow_forest(3, TREE_GROUP, 8);

    (void)state;
    for (size_t bytes = 0; bytes < 8192; bytes += 128) {
        struct pool pool = POOL_INIT(bytes);
        struct error err = {.msg = ""};
        struct build b = {.pool = &pool, .temporary = &pool, .err = &err};
        struct small_forest small;

        if (!small_forest_build(&b, &g->forest, CLASSES, &small))
            assert_int_equal(err.kind, ERR_TOO_BIG);
        pool_clear(&pool);
    }
    free(g);
}

static void the_vector_exponential_is_that_of_the_c_library(void **state)
{
    static const float ends[LANES_VECTOR] = {-87.5F, -1000, -INFINITY, -0.0F};
    lanes_vector v;

    (void)state;
    for (int step = 0; step < 23000; step++) {
        float x = (float)step * -0.00377F;
        lanes_vector y = lanes_exp((lanes_vector){x, x / 2, x / 1024, 0});

        for (int i = 0; i < LANES_VECTOR; i++) {
            float at = i == 0 ? x : i == 1 ? x / 2 : i == 2 ? x / 1024 : 0;

            if (!(fabsf(y[i] - expf(at)) <= 3e-7F * expf(at)))
                fail_msg("exp(%a) is %a, not %a", (double)at, (double)y[i],
                         (double)expf(at));
        }
    }
    v = lanes_exp(lanes_load(ends, 0));
    assert_true(v[0] == 0 && v[1] == 0 && v[2] == 0 && v[3] == 1);
}

static void radial_basis_functions_are_those_of_the_c_library(void **state)
{
    enum { PLACES = 3 * LANES };
    static float vectors[PLACES * FEATURES];
    float row[FEATURES], out[PLACES];
    const float gamma = 0.37F;

    (void)state;
    for (size_t i = 0; i < PLACES * FEATURES; i++)
        vectors[i] = 9 * sinf((float)i * 1.7F);
    for (int step = 0; step < 200; step++) {
        for (size_t i = 0; i < FEATURES; i++)
            row[i] = 9 * cosf((float)(step * FEATURES) + (float)i);
        rbf(row, FEATURES, vectors, PLACES, gamma, out);
        for (size_t o = 0; o < PLACES; o++) {
            double sum = 0;

            for (size_t i = 0; i < FEATURES; i++)
                sum +=
                    pow((double)row[i] - (double)vectors[lanes_index(o, i, FEATURES)], 2);
            assert_true(fabs((double)out[o] - exp(-(double)gamma * sum)) < 2e-6);
        }
    }
}

/* libsvm's formula, with the C library's exponential. */
static double platt(double decision, double a, double b)
{
    double x = a * decision + b;
    double p = x >= 0 ? exp(-x) / (1 + exp(-x)) : 1 / (1 + exp(x));

    return fmin(fmax(p, 1e-7), 1 - 1e-7);
}

static void sigmoids_are_those_of_libsvm(void **state)
{
    const float a[LANES_VECTOR] = {-1, -2.5F, -0.5F, 0}, b[LANES_VECTOR] = {0, 0.25F, -1};

    (void)state;
    for (int step = -500; step <= 500; step++) {
        float d = (float)step / 25;
        float decisions[LANES_VECTOR] = {d, d, d, d};
        double pairs[LANES_VECTOR];

        coupling_sigmoids(decisions, a, b, LANES_VECTOR, pairs);
        for (int i = 0; i < LANES_VECTOR; i++)
            assert_true(fabs(pairs[i] - platt((double)d, (double)a[i], (double)b[i])) <
                        1e-6);
    }
}

static void a_decision_that_is_no_number_makes_no_probability(void **state)
{
    const float decisions[LANES_VECTOR] = {NAN, INFINITY, -INFINITY, 1};
    const float a[LANES_VECTOR] = {-1, -1, -1}, b[LANES_VECTOR] = {0};
    double pairs[LANES_VECTOR];

    (void)state;
    coupling_sigmoids(decisions, a, b, LANES_VECTOR, pairs);
    assert_true(isnan(pairs[0]) && pairs[1] == 1 - 1e-7 && pairs[2] == 1e-7);
    assert_true(pairs[3] == 0.5);
}

/* What the paper says of its equation's solution: in Qp all numbers are p'Qp. */
static void coupled_pairs_solve_the_equation(void **state)
{
    enum { MANY = 7 };
    double pairs[MANY * (MANY - 1) / 2];
    double work[MANY * (MANY + 8)];
    float p[MANY];

    (void)state;
    for (size_t n = 2; n <= MANY; n++) {
        double qp[MANY] = {0}, pqp = 0, sum = 0;
        size_t at = 0;

        for (size_t i = 0; i < n * (n - 1) / 2; i++)
            pairs[i] = 0.5 + 0.45 * sin((double)(i + n));
        assert_true(coupling_doubles(n) <= sizeof(work) / sizeof(*work));
        couple(pairs, n, work, p);
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++, at++) {
                double r = pairs[at], pi = (double)p[i], pj = (double)p[j];

                qp[i] += (1 - r) * ((1 - r) * pi - r * pj);
                qp[j] += r * (r * pj - (1 - r) * pi);
            }
        for (size_t i = 0; i < n; i++) {
            pqp += (double)p[i] * qp[i];
            sum += (double)p[i];
        }
        assert_true(fabs(sum - 1) < 1e-6);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(qp[i] - pqp) < 0.005 / (double)n + 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_lead_to_the_leaves_that_walking_leads_to),
        cmocka_unit_test(what_is_not_small_is_left_alone),
        cmocka_unit_test(nor_are_too_many_trees),
        cmocka_unit_test(a_pool_that_is_too_small_is_an_error),
        cmocka_unit_test(the_vector_exponential_is_that_of_the_c_library),
        cmocka_unit_test(radial_basis_functions_are_those_of_the_c_library),
        cmocka_unit_test(sigmoids_are_those_of_libsvm),
        cmocka_unit_test(a_decision_that_is_no_number_makes_no_probability),
        cmocka_unit_test(coupled_pairs_solve_the_equation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
