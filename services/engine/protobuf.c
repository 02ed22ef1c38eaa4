/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/protobuf.h"

#include <assert.h>
#include <string.h>

static bool truncated(struct error *err)
{
    return error_set(err, ERR_INVALID, "protobuf: ends in the middle of a field");
}

static size_t left(const struct protobuf *in)
{
    return (size_t)(in->end - in->at);
}

static bool take_varint(struct protobuf *in, uint64_t *out, struct error *err)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char byte;

        if (in->at == in->end)
            return truncated(err);
        byte = *in->at++;
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = v;
            return true;
        }
    }
    return error_set(err, ERR_INVALID, "protobuf: a number of more than 64 bits");
}

static bool take_fixed(struct protobuf *in, size_t bytes, uint64_t *out,
                       struct error *err)
{
    uint64_t v = 0;

    if (left(in) < bytes)
        return truncated(err);
    for (size_t i = bytes; i-- > 0;)
        v = v << 8 | in->at[i];
    in->at += bytes;
    *out = v;
    return true;
}

static bool take_bytes(struct protobuf *in, struct protobuf *out, struct error *err)
{
    uint64_t n = 0;

    if (!take_varint(in, &n, err))
        return false;
    if (n > left(in))
        return truncated(err);
    out->at = in->at;
    out->end = in->at += n;
    return true;
}

bool protobuf_next(struct protobuf *in, struct protobuf_field *f, struct error *err)
{
    uint64_t key = 0;

    *f = (struct protobuf_field){0};
    if (!take_varint(in, &key, err))
        return false;
    if (key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
        return error_set(err, ERR_INVALID, "protobuf: bad field number");
    f->number = (uint32_t)(key >> 3);
    switch (key & 7) {
    case WIRE_VARINT:
        f->wire = WIRE_VARINT;
        return take_varint(in, &f->bits, err);
    case WIRE_FIXED64:
        f->wire = WIRE_FIXED64;
        return take_fixed(in, 8, &f->bits, err);
    case WIRE_FIXED32:
        f->wire = WIRE_FIXED32;
        return take_fixed(in, 4, &f->bits, err);
    case WIRE_BYTES:
        f->wire = WIRE_BYTES;
        return take_bytes(in, &f->bytes, err);
    default:
        return error_set(err, ERR_INVALID, "protobuf: wire type %d of field %u",
                         (int)(key & 7), (unsigned)f->number);
    }
}

static bool expect(const struct protobuf_field *f, enum protobuf_wire wire,
                   struct error *err)
{
    if (f->wire == wire)
        return true;
    return error_set(err, ERR_INVALID, "protobuf: field %u has wire type %d, not %d",
                     (unsigned)f->number, (int)f->wire, (int)wire);
}

bool protobuf_bytes(const struct protobuf_field *f, struct protobuf *out,
                    struct error *err)
{
    if (!expect(f, WIRE_BYTES, err))
        return false;
    *out = f->bytes;
    return true;
}

bool protobuf_int(const struct protobuf_field *f, int64_t *out, struct error *err)
{
    if (!expect(f, WIRE_VARINT, err))
        return false;
    *out = (int64_t)f->bits;
    return true;
}

bool protobuf_float(const struct protobuf_field *f, float *out, struct error *err)
{
    if (!expect(f, WIRE_FIXED32, err))
        return false;
    *out = protobuf_to_float(f->bits);
    return true;
}

bool protobuf_tally(struct protobuf in, size_t *counts, uint32_t numbers,
                    struct error *err)
{
    struct protobuf_field f;

    memset(counts, 0, numbers * sizeof(*counts));
    while (protobuf_more(&in)) {
        if (!protobuf_next(&in, &f, err))
            return false;
        if (f.number < numbers)
            counts[f.number]++;
    }
    return true;
}

bool protobuf_count(const struct protobuf_field *f, enum protobuf_wire element,
                    size_t *count, struct error *err)
{
    struct protobuf in = f->bytes;
    size_t size = element == WIRE_FIXED32 ? 4 : 8;
    uint64_t ignored;

    *count = 1;
    if (f->wire != WIRE_BYTES)
        return expect(f, element, err);
    *count = left(&in) / size;
    if (element != WIRE_VARINT)
        return left(&in) % size == 0 || truncated(err);
    for (*count = 0; protobuf_more(&in); ++*count)
        if (!take_varint(&in, &ignored, err))
            return false;
    return true;
}

uint64_t protobuf_element(struct protobuf_field *f, enum protobuf_wire element)
{
    struct error ignored;
    uint64_t bits = f->bits;
    bool ok = true;

    if (f->wire != WIRE_BYTES)
        return bits;
    if (element == WIRE_VARINT)
        ok = take_varint(&f->bytes, &bits, &ignored);
    else
        ok = take_fixed(&f->bytes, element == WIRE_FIXED32 ? 4 : 8, &bits, &ignored);
    assert(ok); /* protobuf_count() has seen it */
    return bits;
}

float protobuf_to_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float v;

    memcpy(&v, &low, sizeof(v));
    return v;
}

double protobuf_to_double(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}
