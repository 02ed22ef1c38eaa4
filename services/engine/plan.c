/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/plan.h"

#include "engine/build.h"

enum {
    SLOTS_PER_NODE = 6,      /* of the operator that has the most */
    SCRATCH_CELLS = 1 << 20, /* of a block: 4 MiB */
};

static bool prepare(struct build *b)
{
    const struct onnx_graph *g = &b->model->graph;

    b->step_max = g->node_count + g->input_count;
    b->slot_max = g->node_count * SLOTS_PER_NODE + g->input_count + 1;
    b->value_max = b->slot_max + g->initializer_count;
    for (size_t i = 0; i < g->node_count; i++)
        b->value_max += g->nodes[i].output_count;
    b->values = pool_alloc(b->temporary, b->value_max, sizeof(*b->values), b->err);
    b->plan->steps = build_alloc(b, b->step_max, sizeof(*b->plan->steps));
    b->plan->slots = build_alloc(b, b->slot_max, sizeof(*b->plan->slots));
    return b->values && b->plan->steps && b->plan->slots;
}

static bool is_initializer(const struct onnx_graph *g, struct onnx_text name)
{
    for (size_t i = 0; i < g->initializer_count; i++)
        if (onnx_text_equal(g->initializers[i].name, name))
            return true;
    return false;
}

static bool add_constants(struct build *b)
{
    const struct onnx_graph *g = &b->model->graph;

    for (size_t i = 0; i < g->initializer_count; i++)
        b->values[b->value_count++] = (struct value){.name = g->initializers[i].name,
                                                     .kind = VALUE_CONSTANT,
                                                     .constant = &g->initializers[i]};
    return true;
}

static bool check_port(struct build *b, const struct onnx_port *port)
{
    if (!port->is_tensor || (port->type != ONNX_FLOAT && port->type != ONNX_DOUBLE))
        return build_refuse(b, "input \"%.*s\" is no tensor of floats",
                            ONNX_TEXT_ARGS(port->name));
    if (port->rank != 2 || port->dims[1] <= 0 || port->dims[1] > UINT32_MAX)
        return build_refuse(b, "input \"%.*s\" has no shape [rows, features]",
                            ONNX_TEXT_ARGS(port->name));
    return true;
}

/* A converter of data frames makes an input per column; the row is cut among them. */
struct input_cut {
    size_t from, to, offset, width, row_width;
};

static void input_cut_run(const void *op, const struct frame *f)
{
    const struct input_cut *cut = op;
    const float *in = frame_numbers(f, cut->from) + cut->offset;
    float *out = frame_numbers(f, cut->to);

    for (size_t row = 0; row < f->rows; row++, in += cut->row_width)
        for (size_t i = 0; i < cut->width; i++)
            *out++ = in[i];
}

static bool add_input_cut(struct build *b, const struct onnx_port *port, size_t *offset)
{
    struct input_cut *cut = build_alloc(b, 1, sizeof(*cut));
    struct value *v = cut ? build_output_numbers(b, 0, (size_t)port->dims[1]) : NULL;

    if (!v)
        return false;
    *cut = (struct input_cut){b->plan->input_slot, v->slot, *offset, v->width,
                              b->plan->features};
    *offset += v->width;
    v->name = port->name;
    return build_step(b, input_cut_run, cut);
}

static bool add_inputs(struct build *b)
{
    const struct onnx_graph *g = &b->model->graph;
    const struct onnx_port *only = NULL;
    size_t count = 0;
    size_t offset = 0;
    struct value *row;

    for (size_t i = 0; i < g->input_count; i++) {
        if (is_initializer(g, g->inputs[i].name))
            continue; /* a constant's default may be listed as an input */
        if (!check_port(b, &g->inputs[i]))
            return false;
        b->plan->features += (size_t)g->inputs[i].dims[1];
        only = &g->inputs[i];
        count++;
    }
    if (!count)
        return build_refuse(b, "the graph has no input");
    row = build_output_numbers(b, 0, b->plan->features);
    if (!row)
        return false;
    b->plan->input_slot = row->slot;
    if (count == 1) {
        row->name = only->name;
        return true;
    }
    for (size_t i = 0; i < g->input_count; i++)
        if (!is_initializer(g, g->inputs[i].name) &&
            !add_input_cut(b, &g->inputs[i], &offset))
            return false;
    return true;
}

static bool add_node(struct build *b, const struct onnx_node *node)
{
    build_fn *build = ops_find(node->domain, node->op_type);

    if (!build)
        return error_set(b->err, ERR_INVALID, "operator %.*s%s%.*s is not supported",
                         ONNX_TEXT_ARGS(node->domain), node->domain.n ? "." : "",
                         ONNX_TEXT_ARGS(node->op_type));
    b->node = node;
    if (!build(b))
        return error_wrap(b->err, "operator %.*s", ONNX_TEXT_ARGS(node->op_type));
    b->node = NULL;
    return true;
}

/* A node that does nothing but hand the graph's output `port` on, to look it up with. */
static const struct value *output_value(struct build *b, const struct onnx_port *port)
{
    struct onnx_text name = port->name;
    struct onnx_node reader = {.inputs = &name, .input_count = 1};
    const struct value *v;

    b->node = &reader;
    v = build_input(b, 0);
    b->node = NULL;
    if (!v)
        (void)error_wrap(b->err, "the graph's output");
    return v;
}

static bool count_up(struct build *b, size_t n, struct labels *out)
{
    int64_t *ints = build_alloc(b, n, sizeof(*ints));

    if (!ints)
        return false;
    for (size_t i = 0; i < n; i++)
        ints[i] = (int64_t)i;
    *out = (struct labels){.count = n, .ints = ints};
    return true;
}

/* Outputs are told apart by what they are, not by name: names differ by converter. */
static bool find_outputs(struct build *b)
{
    const struct onnx_graph *g = &b->model->graph;
    struct plan *plan = b->plan;
    size_t label_below = 0;

    for (size_t i = 0; i < g->output_count; i++) {
        const struct value *v = output_value(b, &g->outputs[i]);

        if (!v)
            return false;
        if (v->kind == VALUE_CLASSES && !plan->has_label) {
            plan->has_label = true;
            plan->label_slot = v->slot;
            plan->labels = v->labels;
            label_below = v->index_below;
        } else if (v->kind == VALUE_NUMBERS && v->shape == SHAPE_MATRIX &&
                   !plan->classes) {
            plan->output_slot = v->slot;
            plan->classes = v->width;
        }
    }
    if (plan->classes < 2)
        return build_refuse(b, "no output is a row of probabilities, one per class");
    if (!plan->labels.count && !count_up(b, plan->classes, &plan->labels))
        return false;
    if (plan->labels.count != plan->classes || label_below > plan->classes)
        return build_refuse(b, "%zu labels, but %zu probabilities", plan->labels.count,
                            plan->classes);
    return true;
}

bool plan_compile(const struct onnx_model *m, struct pool *temporary, struct pool *pool,
                  struct plan *plan, struct error *err)
{
    struct build b = {
        .model = m, .pool = pool, .temporary = temporary, .plan = plan, .err = err};

    *plan = (struct plan){.kind = "graph"};
    if (!prepare(&b) || !add_constants(&b) || !add_inputs(&b))
        return false;
    for (size_t i = 0; i < m->graph.node_count; i++)
        if (!add_node(&b, &m->graph.nodes[i]))
            return false;
    if (!find_outputs(&b))
        return false;
    plan->block_rows = SCRATCH_CELLS / plan->width;
    if (plan->block_rows > PLAN_BLOCK_ROWS)
        plan->block_rows = PLAN_BLOCK_ROWS;
    return true;
}

void plan_run(const struct plan *plan, const struct frame *f)
{
    for (size_t i = 0; i < plan->step_count; i++)
        plan->steps[i].run(plan->steps[i].op, f);
}
