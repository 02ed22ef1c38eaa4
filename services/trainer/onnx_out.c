/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/onnx_out.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

const char ONNX_OUT_ML[] = "ai.onnx.ml";

/* Versions that every tool of the last years reads; classifiers have been the same since
 * version 1 of ai.onnx.ml. */
enum { IR_VERSION = 8, OPSET = 15, ML_OPSET = 1 };

enum { TYPE_FLOAT = 1, TYPE_INT64 = 7, TYPE_STRING = 8 };
enum { ATTR_INT = 2, ATTR_STRING = 3, ATTR_FLOATS = 6, ATTR_INTS = 7, ATTR_STRINGS = 8 };

static void varint(struct buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_putc(out, (char)(unsigned char)(v | 0x80));
    buf_putc(out, (char)(unsigned char)v);
}

static void field_int(struct buf *out, unsigned field, uint64_t v)
{
    varint(out, field << 3);
    varint(out, v);
}

static void field_bytes(struct buf *out, unsigned field, const void *bytes, size_t n)
{
    varint(out, field << 3 | 2);
    varint(out, n);
    buf_add(out, bytes, n);
}

static void field_text(struct buf *out, unsigned field, const char *text)
{
    field_bytes(out, field, text, strlen(text));
}

/* A buffer that dropped something makes the one it goes into drop it too. */
static void field_message(struct buf *out, unsigned field, struct buf *message)
{
    if (!buf_ok(message))
        out->full = true;
    field_bytes(out, field, buf_str(message), message->len);
    buf_clear(message);
}

void onnx_node_begin(struct buf *node, const char *domain, const char *op_type,
                     const char *const *inputs, const char *const *outputs)
{
    buf_init(node, ONNX_OUT_MAX);
    for (; *inputs; inputs++)
        field_text(node, 1, *inputs);
    for (; *outputs; outputs++)
        field_text(node, 2, *outputs);
    field_text(node, 3, op_type);
    field_text(node, 4, op_type);
    field_text(node, 7, domain);
}

void onnx_node_end(struct buf *node, struct buf *graph)
{
    field_message(graph, 1, node);
}

static struct buf attribute(const char *name, int type)
{
    struct buf a = BUF_INIT(ONNX_OUT_MAX);

    field_text(&a, 1, name);
    field_int(&a, 20, (uint64_t)type);
    return a;
}

void onnx_attr_int(struct buf *node, const char *name, int64_t v)
{
    struct buf a = attribute(name, ATTR_INT);

    field_int(&a, 3, (uint64_t)v);
    field_message(node, 5, &a);
}

void onnx_attr_text(struct buf *node, const char *name, const char *v)
{
    struct buf a = attribute(name, ATTR_STRING);

    field_text(&a, 4, v);
    field_message(node, 5, &a);
}

void onnx_attr_floats(struct buf *node, const char *name, const float *v, size_t n)
{
    struct buf a = attribute(name, ATTR_FLOATS);

    varint(&a, 7 << 3 | 2);
    varint(&a, n * 4);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        unsigned char bytes[4];

        memcpy(&bits, &v[i], sizeof(bits));
        for (size_t byte = 0; byte < sizeof(bytes); byte++)
            bytes[byte] = (unsigned char)(bits >> 8 * byte);
        buf_add(&a, bytes, sizeof(bytes));
    }
    field_message(node, 5, &a);
}

void onnx_attr_ints(struct buf *node, const char *name, const int64_t *v, size_t n)
{
    struct buf a = attribute(name, ATTR_INTS);
    struct buf packed = BUF_INIT(ONNX_OUT_MAX);

    for (size_t i = 0; i < n; i++)
        varint(&packed, (uint64_t)v[i]);
    field_message(&a, 8, &packed);
    field_message(node, 5, &a);
}

void onnx_attr_texts(struct buf *node, const char *name, const char *const *v, size_t n)
{
    struct buf a = attribute(name, ATTR_STRINGS);

    for (size_t i = 0; i < n; i++)
        field_text(&a, 9, v[i]);
    field_message(node, 5, &a);
}

/* A dimension of unknown size has a name instead. */
static void dimension(struct buf *shape, size_t size)
{
    struct buf dim = BUF_INIT(64);

    if (size)
        field_int(&dim, 1, size);
    else
        field_text(&dim, 2, "rows");
    field_message(shape, 1, &dim);
}

/* ValueInfoProto of a tensor [rows] or [rows, width]. */
static void port(struct buf *graph, unsigned field, const char *name, int type,
                 size_t width)
{
    struct buf info = BUF_INIT(ONNX_OUT_MAX);
    struct buf value = BUF_INIT(1024);
    struct buf tensor = BUF_INIT(1024);
    struct buf shape = BUF_INIT(1024);

    dimension(&shape, 0);
    if (width)
        dimension(&shape, width);
    field_int(&tensor, 1, (uint64_t)type);
    field_message(&tensor, 2, &shape);
    field_message(&value, 1, &tensor);
    field_text(&info, 1, name);
    field_message(&info, 2, &value);
    field_message(graph, field, &info);
}

static void opset(struct buf *out, const char *domain, int version)
{
    struct buf o = BUF_INIT(64);

    field_text(&o, 1, domain);
    field_int(&o, 2, (uint64_t)version);
    field_message(out, 8, &o);
}

static void entry(struct buf *out, const struct onnx_out_entry *e)
{
    struct buf pair = BUF_INIT(ONNX_OUT_MAX);

    field_text(&pair, 1, e->key);
    field_text(&pair, 2, e->value);
    field_message(out, 14, &pair);
}

void onnx_model_write(const struct onnx_out_model *m, struct buf *out)
{
    struct buf graph = BUF_INIT(ONNX_OUT_MAX);

    graph.full = !buf_ok(m->nodes);
    buf_add(&graph, buf_str(m->nodes), m->nodes->len);
    field_text(&graph, 2, m->name);
    port(&graph, 11, "X", TYPE_FLOAT, m->features);
    port(&graph, 12, "label", m->text_labels ? TYPE_STRING : TYPE_INT64, 0);
    port(&graph, 12, "probabilities", TYPE_FLOAT, m->classes);
    field_int(out, 1, IR_VERSION);
    field_text(out, 2, "bandit-router model-trainer");
    field_text(out, 3, BANDIT_VERSION);
    opset(out, "", OPSET);
    opset(out, ONNX_OUT_ML, ML_OPSET);
    field_message(out, 7, &graph);
    for (size_t i = 0; i < m->metadata_count; i++)
        entry(out, &m->metadata[i]);
}
