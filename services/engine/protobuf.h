/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf.h - a reader of the protocol buffers wire format, over bytes nobody vouches
 * for.
 *
 * It copies nothing and never recurses: a message is a pair of pointers, a field that
 * holds bytes is another. Every length is checked against the message it lies in.
 * https://protobuf.dev/programming-guides/encoding/
 */
#ifndef ENGINE_PROTOBUF_H
#define ENGINE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct protobuf {
    const unsigned char *at, *end;
};

enum protobuf_wire {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_BYTES = 2,
    WIRE_FIXED32 = 5, /* 3 and 4 are groups, which ONNX does not use */
};

struct protobuf_field {
    uint32_t number;
    enum protobuf_wire wire;
    uint64_t bits;         /* of a varint, fixed64 or fixed32 */
    struct protobuf bytes; /* of WIRE_BYTES: text or a message */
};

static inline bool protobuf_more(const struct protobuf *in)
{
    return in->at < in->end;
}

/* Take the next field of a message that has more. */
bool protobuf_next(struct protobuf *in, struct protobuf_field *f, struct error *err);

/* The field's value, which must be of that wire type. */
bool protobuf_bytes(const struct protobuf_field *f, struct protobuf *out,
                    struct error *err);
bool protobuf_int(const struct protobuf_field *f, int64_t *out, struct error *err);
bool protobuf_float(const struct protobuf_field *f, float *out, struct error *err);

/* How often each field with a number below `numbers` occurs. */
bool protobuf_tally(struct protobuf in, size_t *counts, uint32_t numbers,
                    struct error *err);

/* A repeated number comes packed into one field's bytes, or as a field per element: how
 * many elements this field has, and, once that is known to be in order, each in turn. */
bool protobuf_count(const struct protobuf_field *f, enum protobuf_wire element,
                    size_t *count, struct error *err);
uint64_t protobuf_element(struct protobuf_field *f, enum protobuf_wire element);

float protobuf_to_float(uint64_t bits);   /* of a fixed32 */
double protobuf_to_double(uint64_t bits); /* of a fixed64 */

#endif
