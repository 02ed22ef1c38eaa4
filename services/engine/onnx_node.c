/* SPDX-License-Identifier: Apache-2.0 */
/* NodeProto and AttributeProto. */
#include "engine/onnx.h"

enum {
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP_TYPE = 4,
    NODE_ATTRIBUTE = 5,
    NODE_DOMAIN = 7,
    NODE_FIELDS,
};

enum {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_F = 2,
    ATTRIBUTE_I = 3,
    ATTRIBUTE_S = 4,
    ATTRIBUTE_T = 5,
    ATTRIBUTE_FLOATS = 7,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_STRINGS = 9,
    ATTRIBUTE_TYPE = 20,
};

enum { PORTS_MAX = 256, ATTRIBUTES_MAX = 64 };

/* How many elements each of the repeated fields has, to take memory only once. */
static bool count_elements(struct protobuf in, struct onnx_attribute *a,
                           struct error *err)
{
    struct protobuf_field f;
    size_t n;

    while (protobuf_more(&in)) {
        if (!protobuf_next(&in, &f, err))
            return false;
        if (f.number == ATTRIBUTE_FLOATS) {
            if (!protobuf_count(&f, WIRE_FIXED32, &n, err))
                return false;
            a->float_count += n;
        } else if (f.number == ATTRIBUTE_INTS) {
            if (!protobuf_count(&f, WIRE_VARINT, &n, err))
                return false;
            a->int_count += n;
        } else if (f.number == ATTRIBUTE_STRINGS) {
            a->string_count++;
        }
    }
    return true;
}

static bool take_room(struct pool *pool, struct onnx_attribute *a, struct error *err)
{
    a->floats = pool_alloc(pool, a->float_count, sizeof(*a->floats), err);
    a->ints = pool_alloc(pool, a->int_count, sizeof(*a->ints), err);
    a->strings = pool_alloc(pool, a->string_count, sizeof(*a->strings), err);
    return a->floats && a->ints && a->strings;
}

struct cursor {
    size_t floats, ints, strings;
};

static void add_floats(struct onnx_attribute *a, struct cursor *at,
                       struct protobuf_field f)
{
    struct error ignored; /* counted before, so in order */
    size_t n = 0;

    (void)protobuf_count(&f, WIRE_FIXED32, &n, &ignored);
    while (n-- > 0)
        a->floats[at->floats++] = protobuf_to_float(protobuf_element(&f, WIRE_FIXED32));
}

static void add_ints(struct onnx_attribute *a, struct cursor *at, struct protobuf_field f)
{
    struct error ignored;
    size_t n = 0;

    (void)protobuf_count(&f, WIRE_VARINT, &n, &ignored);
    while (n-- > 0)
        a->ints[at->ints++] = (int64_t)protobuf_element(&f, WIRE_VARINT);
}

static bool add_tensor(struct onnx_attribute *a, const struct protobuf_field *f,
                       struct pool *pool, struct error *err)
{
    struct onnx_tensor *t;
    struct protobuf in;

    if (a->t)
        return error_set(err, ERR_INVALID, "two tensors");
    t = pool_alloc(pool, 1, sizeof(*t), err);
    if (!t || !protobuf_bytes(f, &in, err) || !onnx_decode_tensor(in, pool, t, err))
        return false;
    a->t = t;
    return true;
}

static bool add_field(struct onnx_attribute *a, struct cursor *at,
                      const struct protobuf_field *f, struct pool *pool,
                      struct error *err)
{
    switch (f->number) {
    case ATTRIBUTE_NAME:
        return onnx_field_text(f, &a->name, err);
    case ATTRIBUTE_F:
        return protobuf_float(f, &a->f, err);
    case ATTRIBUTE_I:
        return protobuf_int(f, &a->i, err);
    case ATTRIBUTE_S:
        return onnx_field_text(f, &a->s, err);
    case ATTRIBUTE_T:
        return add_tensor(a, f, pool, err);
    case ATTRIBUTE_FLOATS:
        add_floats(a, at, *f);
        return true;
    case ATTRIBUTE_INTS:
        add_ints(a, at, *f);
        return true;
    case ATTRIBUTE_STRINGS:
        return onnx_field_text(f, &a->strings[at->strings++], err);
    case ATTRIBUTE_TYPE:
        return protobuf_int(f, &a->type, err);
    default: /* documentation, and kinds that no operator here has: graphs, types */
        return true;
    }
}

static bool decode_attribute(struct protobuf in, struct pool *pool,
                             struct onnx_attribute *a, struct error *err)
{
    struct cursor at = {0};
    struct protobuf_field f;

    if (!count_elements(in, a, err) || !take_room(pool, a, err))
        return false;
    while (protobuf_more(&in))
        if (!protobuf_next(&in, &f, err) || !add_field(a, &at, &f, pool, err))
            return error_wrap(err, "attribute \"%.*s\"", ONNX_TEXT_ARGS(a->name));
    return true;
}

static bool decode_attribute_field(const struct protobuf_field *f, struct pool *pool,
                                   struct onnx_node *node, struct error *err)
{
    struct protobuf in;

    return protobuf_bytes(f, &in, err) &&
           decode_attribute(in, pool, &node->attributes[node->attribute_count++], err);
}

static bool node_room(struct protobuf in, struct pool *pool, struct onnx_node *node,
                      struct error *err)
{
    size_t counts[NODE_FIELDS];

    if (!protobuf_tally(in, counts, NODE_FIELDS, err))
        return false;
    if (counts[NODE_INPUT] > PORTS_MAX || counts[NODE_OUTPUT] > PORTS_MAX ||
        counts[NODE_ATTRIBUTE] > ATTRIBUTES_MAX)
        return error_set(err, ERR_TOO_BIG, "a node of too many inputs or attributes");
    node->inputs = pool_alloc(pool, counts[NODE_INPUT], sizeof(*node->inputs), err);
    node->outputs = pool_alloc(pool, counts[NODE_OUTPUT], sizeof(*node->outputs), err);
    node->attributes =
        pool_alloc(pool, counts[NODE_ATTRIBUTE], sizeof(*node->attributes), err);
    return node->inputs && node->outputs && node->attributes;
}

static bool add_node_field(struct onnx_node *node, const struct protobuf_field *f,
                           struct pool *pool, struct error *err)
{
    switch (f->number) {
    case NODE_INPUT:
        return onnx_field_text(f, &node->inputs[node->input_count++], err);
    case NODE_OUTPUT:
        return onnx_field_text(f, &node->outputs[node->output_count++], err);
    case NODE_NAME:
        return onnx_field_text(f, &node->name, err);
    case NODE_OP_TYPE:
        return onnx_field_text(f, &node->op_type, err);
    case NODE_DOMAIN:
        return onnx_field_text(f, &node->domain, err);
    case NODE_ATTRIBUTE:
        return decode_attribute_field(f, pool, node, err);
    default:
        return true;
    }
}

bool onnx_decode_node(struct protobuf in, struct pool *pool, struct onnx_node *node,
                      struct error *err)
{
    struct protobuf_field f;

    if (!node_room(in, pool, node, err))
        return false;
    while (protobuf_more(&in))
        if (!protobuf_next(&in, &f, err) || !add_node_field(node, &f, pool, err))
            return error_wrap(err, "node \"%.*s\"", ONNX_TEXT_ARGS(node->name));
    return true;
}
