/* SPDX-License-Identifier: Apache-2.0 */
/* json_stream.h - JSON in pieces: tokens are told as soon as they are whole.
 *
 * The answer for a large fleet is tens of megabytes, of which only numbers are kept, so
 * neither its text nor a tree of it is ever held. What is told does not depend on where
 * the pieces are cut. As strict as lib/json: RFC 8259 to the letter, UTF-8 well-formed,
 * no "\u0000"; nesting and token length are bounded.
 */
#ifndef REWARDS_JSON_STREAM_H
#define REWARDS_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum json_token {
    JSON_TOKEN_OBJECT,
    JSON_TOKEN_OBJECT_END,
    JSON_TOKEN_ARRAY,
    JSON_TOKEN_ARRAY_END,
    JSON_TOKEN_KEY,
    JSON_TOKEN_STRING,
    JSON_TOKEN_NUMBER,
    JSON_TOKEN_LITERAL, /* true, false, null */
};

/* Text of a key, string (decoded), number or literal; "" for the others. Valid during the
 * call. Returning false stops with its error. */
typedef bool json_stream_fn(void *arg, enum json_token token, const char *text,
                            size_t len, struct error *err);

enum { JSON_STREAM_DEPTH_MAX = 32, JSON_STREAM_TOKEN_MAX = 16 * 1024 };

struct json_stream {
    json_stream_fn *fn;
    void *arg;
    struct buf token;   /* the unfinished one */
    int state;          /* what may come next */
    unsigned depth;     /* how many are open */
    uint32_t is_object; /* bit i: the one at depth i is an object, else an array */
    bool in_key;        /* the string being read is a key */
    bool beyond_ascii;  /* it has bytes that must prove to be UTF-8 */
    unsigned hex_left;  /* digits of a \u escape still to come */
    uint32_t hex;
    uint32_t high_surrogate; /* waiting for its other half, or 0 */
    uint64_t offset;         /* bytes taken, for errors */
};

void json_stream_init(struct json_stream *s, json_stream_fn *fn, void *arg);
void json_stream_clear(struct json_stream *s);

/* ERR_INVALID at the first wrong byte; nothing may be fed after that. */
bool json_stream_feed(struct json_stream *s, const char *bytes, size_t n,
                      struct error *err);

/* True when one whole document was told, and nothing but space after it. */
bool json_stream_whole(const struct json_stream *s);

#endif
