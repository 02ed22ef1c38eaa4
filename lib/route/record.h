/* SPDX-License-Identifier: Apache-2.0 */
/* record.h - tables of fields: one description of a struct that reads it from JSON, fills
 * in defaults, checks bounds, writes it back, and describes it as a schema. Private to
 * lib/route.
 */
#ifndef ROUTE_RECORD_H
#define ROUTE_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "route/route.h"
#include "json/json.h"

enum field_kind {
    FIELD_LABEL,    /* char[]: a DNS label */
    FIELD_DNS_NAME, /* char[]: a DNS subdomain */
    FIELD_TEXT,     /* char[]: one of words, or anything, cut where too long */
    FIELD_NUMBER,   /* double; NAN when absent */
    FIELD_INT,      /* any integer type */
    FIELD_DURATION, /* int64_t, milliseconds */
    FIELD_TIME,     /* int64_t, wall milliseconds; 0 when absent */
    FIELD_ENUM,     /* an enumeration: index into words */
    FIELD_OBJECT,   /* a struct; or, at offset 0, a group of the outer struct's fields */
    FIELD_OPTIONAL, /* a struct that begins with `bool set` */
    FIELD_LIST,     /* pointer to structs, and their count */
    FIELD_ARM,      /* size_t: index of an arm, by name; the first when absent */
    FIELD_ARM_WEIGHTS, /* double[ROUTE_ARMS_MAX], by name */
    FIELD_KIND_COUNT
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    bool above_low; /* low itself is outside */
    size_t offset;
    size_t size;          /* of the member; of a list: of an element */
    double low, high;     /* bounds of numbers, of milliseconds, of a list's length */
    const char *standard; /* the default: text as in YAML; of lists and objects JSON */
    const char *const *words;
    const struct record *record; /* FIELD_OBJECT, FIELD_OPTIONAL, FIELD_LIST */
    size_t count_offset;         /* FIELD_LIST */
    const char *unique;          /* FIELD_LIST: no two elements share this field */
    const char *help;
};

/* clang-format off */
#define FIELD_AT(type, member) \
    .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define FIELD_LIST_AT(type, member, count) \
    .offset = offsetof(type, member), .size = sizeof(*((type *)0)->member), \
    .count_offset = offsetof(type, count)
/* clang-format on */

/* Where in the object: a chain on the stack, made to text only for an error. */
struct place {
    const struct place *parent;
    const char *key; /* NULL: an element of a list */
    size_t index;
};

struct reading {
    const struct route_spec *spec; /* arms are known by the time a name refers to them */
    bool lenient; /* skip what does not fit, as in a status, instead of refusing it */
    struct error *err;
};

/* A rule over several fields. The same rule twice: in C, and in CEL for the API server.
 * Without a check: reading the fields has checked it; or it is about a change (oldSelf),
 * which only the server sees. */
struct rule {
    const char *cel;
    bool (*check)(const void *value, const struct place *at, struct reading *r);
    const char *message;
    const char *field; /* the CEL rule's fieldPath, or NULL */
};

struct record {
    const char *name;
    const struct field *fields;  /* ended by a row without a name */
    const struct rule *rules;    /* ended by a row without cel; or NULL */
    void (*settle)(void *value); /* defaults that depend on other fields; or NULL */
};

/* Read object, or all defaults when it is NULL, into the zeroed struct at value. What it
 * allocated before a failure is the caller's to clear. */
bool record_read(const struct record *record, const struct json *object, void *value,
                 const struct place *at, struct reading *r);

struct json *record_write(const struct record *record, const void *value,
                          const struct route_spec *spec);

/* "PLACE: what". False. */
bool place_fail(const struct place *at, struct reading *r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "PLACE: expected a string, not a number". False. */
bool place_wrong_type(const struct json *j, const char *wanted, const struct place *at,
                      struct reading *r);

bool field_in_bounds(const struct field *f, double v);

/* record_scalar.c: the kinds that hold one value. Writing gives NULL for "not there". */
bool scalar_read(const struct field *f, const struct json *j, void *to,
                 const struct place *at, struct reading *r);
struct json *scalar_write(const struct field *f, const void *from,
                          const struct route_spec *spec);

/* A default as JSON; NULL: none. */
struct json *field_standard(const struct field *f);

/* record_schema.c: the record as a structural OpenAPI v3 schema. Strict: with bounds,
 * words and rules, as for what a user writes; else the types alone, because what we write
 * ourselves must be kept whichever version of us wrote it. */
struct json *record_schema(const struct record *record, bool strict);

/* The pieces of text that say what a duration may be, to people and to the server. */
enum { DURATION_TEXT_MAX = 96, DURATION_LENGTH_MAX = 24 };
const char *duration_text(int64_t ms, char out[DURATION_TEXT_MAX]);

#endif
