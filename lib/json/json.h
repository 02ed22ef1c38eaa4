/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - trees of JSON values: strict reading, small builders, writing.
 *
 * The only place that knows cJSON. Object keys are case-sensitive, duplicate keys and
 * bytes behind the document are errors, nesting and size are bounded. Reading functions
 * borrow; json_put_*() and json_push() take ownership of the child.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"

struct json;

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* "null", "boolean", "number", "string", "array", "object". */
const char *json_type_name(enum json_type type);

/* NULL on bad input; the error names line and column. */
struct json *json_parse(const char *text, size_t n, struct error *err);
void json_free(struct json *j);
DEFINE_FREEP(struct json *, json_free)

/* Every accessor takes NULL, which stands for "not there". */
enum json_type json_type(const struct json *j); /* JSON_NULL for NULL */
bool json_is(const struct json *j, enum json_type type);
const char *json_string(const struct json *j, const char *otherwise);
double json_number(const struct json *j, double otherwise);
bool json_bool(const struct json *j, bool otherwise);

const struct json *json_get(const struct json *object, const char *key);
/* json_get() along keys: json_path(j, "metadata", "name", NULL). */
const struct json *json_path(const struct json *j, ...) __attribute__((sentinel));

size_t json_count(const struct json *array_or_object);
const struct json *json_first(const struct json *array_or_object);
const struct json *json_next(const struct json *child);
const char *json_key(const struct json *child); /* of an object's member, else "" */

struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_string(const char *s);
struct json *json_new_number(double v); /* null when v is not finite */
struct json *json_new_bool(bool v);
struct json *json_new_null(void);
struct json *json_copy(const struct json *j);

/* Set a member, replacing one of the same name. */
void json_put(struct json *object, const char *key, struct json *child);
void json_put_string(struct json *object, const char *key, const char *s);
void json_put_number(struct json *object, const char *key, double v);
void json_put_bool(struct json *object, const char *key, bool v);
void json_push(struct json *array, struct json *child);
void json_remove(struct json *object, const char *key);

/* Append the text: compact, or indented by two blanks. Numbers as number_format(). */
void json_write(const struct json *j, struct buf *out);
void json_write_pretty(const struct json *j, struct buf *out);

/* Pieces for answers written without a tree: a quoted and escaped string, the same one in
 * YAML (ill-formed UTF-8 becomes U+FFFD), and a number (null when it is not finite). */
void json_add_string(struct buf *out, const char *s);
void json_add_number(struct buf *out, double v);

#endif
