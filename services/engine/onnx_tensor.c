/* SPDX-License-Identifier: Apache-2.0 */
/* TensorProto: a constant, whose elements may be stored in several ways. */
#include "engine/onnx.h"

#include <string.h>

enum tensor_field {
    TENSOR_DIMS = 1,
    TENSOR_DATA_TYPE = 2,
    TENSOR_SEGMENT = 3,
    TENSOR_FLOAT_DATA = 4,
    TENSOR_INT32_DATA = 5,
    TENSOR_STRING_DATA = 6,
    TENSOR_INT64_DATA = 7,
    TENSOR_NAME = 8,
    TENSOR_RAW_DATA = 9,
    TENSOR_DOUBLE_DATA = 10,
    TENSOR_EXTERNAL_DATA = 13,
    TENSOR_DATA_LOCATION = 14,
};

/* How each element type is stored: in which field, as what, and how wide in raw_data. */
static const struct storage {
    enum onnx_type type;
    enum tensor_field field;
    enum protobuf_wire element;
    size_t raw_size;
} STORAGES[] = {
    {ONNX_FLOAT,  TENSOR_FLOAT_DATA,  WIRE_FIXED32, 4},
    {ONNX_DOUBLE, TENSOR_DOUBLE_DATA, WIRE_FIXED64, 8},
    {ONNX_INT32,  TENSOR_INT32_DATA,  WIRE_VARINT,  4},
    {ONNX_INT64,  TENSOR_INT64_DATA,  WIRE_VARINT,  8},
    {ONNX_BOOL,   TENSOR_INT32_DATA,  WIRE_VARINT,  1},
    {ONNX_STRING, TENSOR_STRING_DATA, WIRE_BYTES,   0},
};

static const struct storage *find_storage(int64_t type)
{
    for (size_t i = 0; i < sizeof(STORAGES) / sizeof(STORAGES[0]); i++)
        if ((int64_t)STORAGES[i].type == type)
            return &STORAGES[i];
    return NULL;
}

static bool add_dims(struct onnx_tensor *t, struct protobuf_field f, struct error *err)
{
    size_t n;

    if (!protobuf_count(&f, WIRE_VARINT, &n, err))
        return false;
    if (n > ONNX_RANK_MAX - t->rank)
        return error_set(err, ERR_INVALID, "more than %d dimensions", ONNX_RANK_MAX);
    while (n-- > 0) {
        uint64_t dim = protobuf_element(&f, WIRE_VARINT);

        if (dim > UINT32_MAX || (dim && t->count > UINT32_MAX / dim))
            return error_set(err, ERR_TOO_BIG, "too many elements");
        t->dims[t->rank++] = (size_t)dim;
        t->count *= (size_t)dim;
    }
    return true;
}

/* The header: everything but the elements. */
static bool read_header(struct protobuf in, struct onnx_tensor *t, int64_t *type,
                        struct protobuf *raw, struct error *err)
{
    struct protobuf_field f;
    int64_t location = 0;
    bool ok = true;

    t->count = 1;
    while (ok && protobuf_more(&in)) {
        if (!protobuf_next(&in, &f, err))
            return false;
        if (f.number == TENSOR_DIMS)
            ok = add_dims(t, f, err);
        else if (f.number == TENSOR_DATA_TYPE)
            ok = protobuf_int(&f, type, err);
        else if (f.number == TENSOR_NAME)
            ok = onnx_field_text(&f, &t->name, err);
        else if (f.number == TENSOR_RAW_DATA)
            ok = protobuf_bytes(&f, raw, err);
        else if (f.number == TENSOR_DATA_LOCATION)
            ok = protobuf_int(&f, &location, err);
        else if (f.number == TENSOR_EXTERNAL_DATA || f.number == TENSOR_SEGMENT)
            location = 1;
        if (location)
            return error_set(err, ERR_INVALID, "its data is not in the file");
    }
    return ok;
}

static void put(struct onnx_tensor *t, size_t i, uint64_t bits)
{
    switch (t->type) {
    case ONNX_FLOAT:
        t->numbers[i] = (double)protobuf_to_float(bits);
        break;
    case ONNX_DOUBLE:
        t->numbers[i] = protobuf_to_double(bits);
        break;
    case ONNX_INT32:
        t->ints[i] = (int32_t)(uint32_t)bits;
        break;
    default:
        t->ints[i] = (int64_t)bits;
        break;
    }
}

/* The elements, from the field of their type; more or fewer than t->count is an error. */
static bool read_typed(struct protobuf in, const struct storage *how,
                       struct onnx_tensor *t, struct error *err)
{
    struct protobuf_field f;
    size_t got = 0;
    size_t n = 1;

    while (protobuf_more(&in)) {
        if (!protobuf_next(&in, &f, err))
            return false;
        if (f.number != (uint32_t)how->field)
            continue;
        if (how->type != ONNX_STRING && !protobuf_count(&f, how->element, &n, err))
            return false;
        if (n > t->count - got)
            return error_set(err, ERR_INVALID, "more elements than its shape has");
        if (how->type == ONNX_STRING && !onnx_field_text(&f, &t->strings[got], err))
            return false;
        for (size_t i = 0; how->type != ONNX_STRING && i < n; i++)
            put(t, got + i, protobuf_element(&f, how->element));
        got += n;
    }
    if (got != t->count)
        return error_set(err, ERR_INVALID, "fewer elements than its shape has");
    return true;
}

/* The elements as little-endian bytes. */
static bool read_raw(struct protobuf raw, const struct storage *how,
                     struct onnx_tensor *t, struct error *err)
{
    size_t size = how->raw_size;

    if (!size || (size_t)(raw.end - raw.at) != t->count * size)
        return error_set(err, ERR_INVALID, "raw data does not fit its shape");
    for (size_t i = 0; i < t->count; i++) {
        uint64_t bits = 0;

        for (size_t byte = size; byte-- > 0;)
            bits = bits << 8 | raw.at[i * size + byte];
        put(t, i, bits);
    }
    return true;
}

/* No shape promises more elements than the file has bytes for: checked before memory is
 * taken for them. */
static bool take_room(struct pool *pool, struct onnx_tensor *t, size_t file_bytes,
                      struct error *err)
{
    void *room;

    if (t->count > file_bytes)
        return error_set(err, ERR_INVALID, "fewer elements than its shape has");
    if (t->type == ONNX_STRING)
        room = t->strings = pool_alloc(pool, t->count, sizeof(*t->strings), err);
    else if (t->type == ONNX_FLOAT || t->type == ONNX_DOUBLE)
        room = t->numbers = pool_alloc(pool, t->count, sizeof(*t->numbers), err);
    else
        room = t->ints = pool_alloc(pool, t->count, sizeof(*t->ints), err);
    return room != NULL;
}

static bool read_elements(struct protobuf in, struct pool *pool, struct onnx_tensor *t,
                          struct error *err)
{
    struct protobuf raw = {NULL, NULL};
    const struct storage *how;
    int64_t type = 0;

    if (!read_header(in, t, &type, &raw, err))
        return false;
    how = find_storage(type);
    if (!how)
        return error_set(err, ERR_INVALID, "element type %lld is not supported",
                         (long long)type);
    t->type = how->type;
    if (!take_room(pool, t, (size_t)(in.end - in.at), err))
        return false;
    return raw.at ? read_raw(raw, how, t, err) : read_typed(in, how, t, err);
}

bool onnx_decode_tensor(struct protobuf in, struct pool *pool, struct onnx_tensor *t,
                        struct error *err)
{
    if (read_elements(in, pool, t, err))
        return true;
    return error_wrap(err, "tensor \"%.*s\"", ONNX_TEXT_ARGS(t->name));
}
