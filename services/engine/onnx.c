/* SPDX-License-Identifier: Apache-2.0 */
/* ModelProto, GraphProto and the small messages in them. */
#include "engine/onnx.h"

#include <string.h>

enum {
    MODEL_GRAPH = 7,
    MODEL_OPSET_IMPORT = 8,
    MODEL_METADATA_PROPS = 14,
    MODEL_FIELDS,
};
enum {
    GRAPH_NODE = 1,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    GRAPH_SPARSE_INITIALIZER = 15,
    GRAPH_FIELDS,
};
enum { PORT_NAME = 1, PORT_TYPE = 2 };
enum { TYPE_TENSOR = 1 };
enum { TENSOR_TYPE_ELEMENT = 1, TENSOR_TYPE_SHAPE = 2 };
enum { SHAPE_DIM = 1 };
enum { DIM_VALUE = 1 };
enum { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };

/* Far above what any converter makes of a classifier. */
enum { NODES_MAX = 2048, INITIALIZERS_MAX = 2048, GRAPH_PORTS_MAX = 1024 };
enum { METADATA_MAX = 256 };

bool onnx_text_is(struct onnx_text t, const char *s)
{
    return strlen(s) == t.n && !memcmp(t.n ? t.s : "", s, t.n);
}

bool onnx_text_equal(struct onnx_text a, struct onnx_text b)
{
    return a.n == b.n && (!a.n || !memcmp(a.s, b.s, a.n));
}

bool onnx_field_text(const struct protobuf_field *f, struct onnx_text *out,
                     struct error *err)
{
    struct protobuf in;

    if (!protobuf_bytes(f, &in, err))
        return false;
    out->s = (const char *)in.at;
    out->n = (size_t)(in.end - in.at);
    return true;
}

/* The message that is the field's only content of interest: enter(in, 2) goes into the
 * last field 2 of `in`. Absent gives an empty message. */
static bool enter(struct protobuf in, uint32_t number, struct protobuf *out,
                  struct error *err)
{
    struct protobuf_field f;

    *out = (struct protobuf){in.end, in.end};
    while (protobuf_more(&in))
        if (!protobuf_next(&in, &f, err) ||
            (f.number == number && !protobuf_bytes(&f, out, err)))
            return false;
    return true;
}

static bool find_int(struct protobuf in, uint32_t number, int64_t *out, struct error *err)
{
    struct protobuf_field f;

    while (protobuf_more(&in))
        if (!protobuf_next(&in, &f, err) ||
            (f.number == number && !protobuf_int(&f, out, err)))
            return false;
    return true;
}

static bool decode_shape(struct protobuf in, struct onnx_port *port, struct error *err)
{
    struct protobuf_field f;
    struct protobuf dim;

    while (protobuf_more(&in)) {
        if (!protobuf_next(&in, &f, err))
            return false;
        if (f.number != SHAPE_DIM)
            continue;
        if (port->rank == ONNX_RANK_MAX)
            return error_set(err, ERR_INVALID, "more than %d dimensions", ONNX_RANK_MAX);
        if (!protobuf_bytes(&f, &dim, err) ||
            !find_int(dim, DIM_VALUE, &port->dims[port->rank++], err))
            return false;
    }
    return true;
}

static bool decode_port_fields(struct protobuf in, struct onnx_port *port,
                               struct error *err)
{
    struct protobuf name, type, tensor, shape;

    if (!enter(in, PORT_NAME, &name, err) || !enter(in, PORT_TYPE, &type, err) ||
        !enter(type, TYPE_TENSOR, &tensor, err) ||
        !enter(tensor, TENSOR_TYPE_SHAPE, &shape, err))
        return false;
    port->name = (struct onnx_text){(const char *)name.at, (size_t)(name.end - name.at)};
    port->is_tensor = protobuf_more(&tensor);
    return find_int(tensor, TENSOR_TYPE_ELEMENT, &port->type, err) &&
           decode_shape(shape, port, err);
}

static bool decode_port(const struct protobuf_field *f, struct onnx_port *port,
                        struct error *err)
{
    struct protobuf in;

    if (!protobuf_bytes(f, &in, err))
        return false;
    if (!decode_port_fields(in, port, err))
        return error_wrap(err, "input or output \"%.*s\"", ONNX_TEXT_ARGS(port->name));
    return true;
}

static bool graph_room(struct protobuf in, struct pool *pool, struct onnx_graph *g,
                       struct error *err)
{
    size_t counts[GRAPH_FIELDS];

    if (!protobuf_tally(in, counts, GRAPH_FIELDS, err))
        return false;
    if (counts[GRAPH_NODE] > NODES_MAX || counts[GRAPH_INITIALIZER] > INITIALIZERS_MAX ||
        counts[GRAPH_INPUT] > GRAPH_PORTS_MAX || counts[GRAPH_OUTPUT] > GRAPH_PORTS_MAX)
        return error_set(err, ERR_TOO_BIG, "too many nodes, constants or inputs");
    if (counts[GRAPH_SPARSE_INITIALIZER])
        return error_set(err, ERR_INVALID, "sparse tensors are not supported");
    g->nodes = pool_alloc(pool, counts[GRAPH_NODE], sizeof(*g->nodes), err);
    g->initializers =
        pool_alloc(pool, counts[GRAPH_INITIALIZER], sizeof(*g->initializers), err);
    g->inputs = pool_alloc(pool, counts[GRAPH_INPUT], sizeof(*g->inputs), err);
    g->outputs = pool_alloc(pool, counts[GRAPH_OUTPUT], sizeof(*g->outputs), err);
    return g->nodes && g->initializers && g->inputs && g->outputs;
}

static bool add_graph_field(struct onnx_graph *g, const struct protobuf_field *f,
                            struct pool *pool, struct error *err)
{
    struct protobuf in;

    switch (f->number) {
    case GRAPH_NODE:
        return protobuf_bytes(f, &in, err) &&
               onnx_decode_node(in, pool, &g->nodes[g->node_count++], err);
    case GRAPH_INITIALIZER:
        return protobuf_bytes(f, &in, err) &&
               onnx_decode_tensor(in, pool, &g->initializers[g->initializer_count++],
                                  err);
    case GRAPH_INPUT:
        return decode_port(f, &g->inputs[g->input_count++], err);
    case GRAPH_OUTPUT:
        return decode_port(f, &g->outputs[g->output_count++], err);
    default:
        return true;
    }
}

static bool decode_graph(struct protobuf in, struct pool *pool, struct onnx_graph *g,
                         struct error *err)
{
    struct protobuf_field f;

    if (!graph_room(in, pool, g, err))
        return false;
    while (protobuf_more(&in))
        if (!protobuf_next(&in, &f, err) || !add_graph_field(g, &f, pool, err))
            return false;
    return true;
}

static bool decode_opset(struct protobuf in, struct onnx_model *m, struct error *err)
{
    struct protobuf domain;

    if (!enter(in, OPSET_DOMAIN, &domain, err))
        return false;
    if (protobuf_more(&domain))
        return true; /* ai.onnx.ml and others: operators say what they know */
    return find_int(in, OPSET_VERSION, &m->opset, err);
}

static bool decode_entry(struct protobuf in, struct onnx_entry *e, struct error *err)
{
    struct protobuf key, value;

    if (!enter(in, ENTRY_KEY, &key, err) || !enter(in, ENTRY_VALUE, &value, err))
        return false;
    e->key = (struct onnx_text){(const char *)key.at, (size_t)(key.end - key.at)};
    e->value = (struct onnx_text){(const char *)value.at, (size_t)(value.end - value.at)};
    return true;
}

static bool add_model_field(struct onnx_model *m, const struct protobuf_field *f,
                            struct pool *pool, struct error *err)
{
    struct protobuf in;

    switch (f->number) {
    case MODEL_GRAPH:
        return protobuf_bytes(f, &in, err) && decode_graph(in, pool, &m->graph, err);
    case MODEL_OPSET_IMPORT:
        return protobuf_bytes(f, &in, err) && decode_opset(in, m, err);
    case MODEL_METADATA_PROPS:
        return protobuf_bytes(f, &in, err) &&
               decode_entry(in, &m->metadata[m->metadata_count++], err);
    default:
        return true;
    }
}

bool onnx_decode(const void *bytes, size_t n, struct pool *pool, struct onnx_model *m,
                 struct error *err)
{
    struct protobuf in = {bytes, (const unsigned char *)bytes + n};
    size_t counts[MODEL_FIELDS];
    struct protobuf_field f;

    memset(m, 0, sizeof(*m));
    if (!protobuf_tally(in, counts, MODEL_FIELDS, err))
        return false;
    if (counts[MODEL_GRAPH] != 1)
        return error_set(err, ERR_INVALID, "not an ONNX model: %zu graphs in it",
                         counts[MODEL_GRAPH]);
    if (counts[MODEL_METADATA_PROPS] > METADATA_MAX)
        return error_set(err, ERR_TOO_BIG, "more than %d metadata entries", METADATA_MAX);
    m->metadata =
        pool_alloc(pool, counts[MODEL_METADATA_PROPS], sizeof(*m->metadata), err);
    if (!m->metadata)
        return false;
    while (protobuf_more(&in))
        if (!protobuf_next(&in, &f, err) || !add_model_field(m, &f, pool, err))
            return false;
    return true;
}
