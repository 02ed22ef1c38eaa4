/* SPDX-License-Identifier: Apache-2.0 */
/* Objects and lists of a record; its single values are in record_scalar.c. */
#include "route/record.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "route/suggest.h"

/* ---- where, and what is wrong ---------------------------------------------------- */

static void add_place(const struct place *at, struct buf *out)
{
    if (!at)
        return;
    add_place(at->parent, out);
    if (at->key)
        buf_printf(out, "%s%s", out->len ? "." : "", at->key);
    else
        buf_printf(out, "[%zu]", at->index);
}

bool place_fail(const struct place *at, struct reading *r, const char *fmt, ...)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(256);
    char what[384];
    va_list args;

    add_place(at, &path);
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return error_set(r->err, ERR_INVALID, "%s: %s", buf_str(&path), what);
}

bool place_wrong_type(const struct json *j, const char *wanted, const struct place *at,
                      struct reading *r)
{
    const char *type = json_type_name(json_type(j));
    bool quotes = !strcmp(wanted, "a string") && strchr("nb", type[0]);

    return place_fail(at, r, "expected %s, not %s %s%s", wanted,
                      strchr("ao", type[0]) ? "an" : "a", type,
                      quotes ? "; put it in quotes" : "");
}

static bool unknown_field(const struct record *record, const char *name,
                          const struct place *at, struct reading *r)
{
    struct suggestion s = {.given = name};

    for (const struct field *f = record->fields; f->name; f++)
        suggest(&s, f->name);
    if (s.word)
        return place_fail(at, r, "unknown field (did you mean \"%s\"?)", s.word);
    return place_fail(at, r, "unknown field");
}

/* ---- reading --------------------------------------------------------------------- */

/* No two elements with the same `unique` member; `count` of them have been read. */
static bool check_unique(const struct field *f, const char *elements, size_t count,
                         const struct place *at, struct reading *r)
{
    const struct field *key = f->record->fields;
    const char *newest = elements + (count - 1) * f->size;
    struct place here = {.parent = at, .key = f->unique};

    while (strcmp(key->name, f->unique) != 0)
        key++;
    for (size_t i = 0; i + 1 < count; i++)
        if (!strcmp(elements + i * f->size + key->offset, newest + key->offset))
            return place_fail(&here, r, "duplicate \"%s\"", newest + key->offset);
    return true;
}

static bool read_list(const struct field *f, const struct json *j, char *owner,
                      const struct place *at, struct reading *r)
{
    size_t count = json_count(j);
    size_t done = 0;
    char *elements;

    if (!json_is(j, JSON_ARRAY))
        return place_wrong_type(j, "a list", at, r);
    if (!field_in_bounds(f, (double)count))
        return place_fail(at, r, "%zu elements, expected %.0f to %.0f", count, f->low,
                          f->high);
    elements = mem_alloc(count, f->size);
    memcpy(owner + f->offset, &elements, sizeof(elements));
    memcpy(owner + f->count_offset, &count, sizeof(count));
    for (const struct json *c = json_first(j); c; c = json_next(c), done++) {
        struct place here = {.parent = at, .index = done};

        if (!record_read(f->record, c, elements + done * f->size, &here, r))
            return false;
        if (f->unique && !check_unique(f, elements, done + 1, &here, r))
            return false;
    }
    return true;
}

static bool read_field(const struct field *f, const struct json *j, char *owner,
                       const struct place *at, struct reading *r)
{
    switch (f->kind) {
    case FIELD_OPTIONAL:
        *(bool *)(owner + f->offset) = true;
        return record_read(f->record, j, owner + f->offset, at, r);
    case FIELD_OBJECT:
        return record_read(f->record, j, owner + f->offset, at, r);
    case FIELD_LIST:
        return read_list(f, j, owner, at, r);
    default:
        return scalar_read(f, j, owner + f->offset, at, r);
    }
}

/* A default is written as in YAML: words without quotes. */
struct json *field_standard(const struct field *f)
{
    struct error why;
    struct json *j;

    if (!f->standard)
        return NULL;
    if (f->kind != FIELD_NUMBER && f->kind != FIELD_INT && f->kind != FIELD_LIST)
        return json_new_string(f->standard);
    j = json_parse(f->standard, strlen(f->standard), &why);
    assert(j);
    return j;
}

static bool read_absent(const struct field *f, char *owner, const struct place *at,
                        struct reading *r)
{
    CLEANUP(json_freep)
    struct json *standard = NULL;

    if (f->required && !r->lenient)
        return place_fail(at, r, "required, but missing");
    if (f->kind == FIELD_OBJECT) /* its own fields have defaults, or are missed */
        return record_read(f->record, NULL, owner + f->offset, at, r);
    if (f->kind == FIELD_NUMBER) {
        double unknown = NAN;

        memcpy(owner + f->offset, &unknown, sizeof(unknown));
    }
    standard = field_standard(f);
    return !standard || read_field(f, standard, owner, at, r);
}

/* null is what people and tools write for "not set". */
static bool read_member(const struct field *f, const struct json *j, char *owner,
                        const struct place *at, struct reading *r)
{
    if (j && !json_is(j, JSON_NULL)) {
        if (read_field(f, j, owner, at, r))
            return true;
        if (!r->lenient)
            return false;
    }
    return read_absent(f, owner, at, r);
}

static bool check_known(const struct record *record, const struct json *object,
                        const struct place *at, struct reading *r)
{
    for (const struct json *c = json_first(object); c; c = json_next(c)) {
        struct place here = {.parent = at, .key = json_key(c)};
        const struct field *f = record->fields;

        while (f->name && strcmp(f->name, json_key(c)) != 0)
            f++;
        if (!f->name)
            return unknown_field(record, json_key(c), &here, r);
    }
    return true;
}

bool record_read(const struct record *record, const struct json *object, void *value,
                 const struct place *at, struct reading *r)
{
    if (object && !json_is(object, JSON_OBJECT)) {
        if (!r->lenient)
            return place_wrong_type(object, "an object", at, r);
        object = NULL;
    }
    if (!r->lenient && !check_known(record, object, at, r))
        return false;
    for (const struct field *f = record->fields; f->name; f++) {
        struct place here = {.parent = at, .key = f->name};

        if (!read_member(f, json_get(object, f->name), value, &here, r))
            return false;
    }
    if (record->settle)
        record->settle(value);
    for (const struct rule *rule = record->rules; rule && rule->cel; rule++)
        if (rule->check && !rule->check(value, at, r))
            return false;
    return true;
}

/* ---- writing --------------------------------------------------------------------- */

static struct json *write_list(const struct field *f, const char *owner,
                               const struct route_spec *spec)
{
    struct json *list = json_new_array();
    const char *elements;
    size_t count;

    memcpy(&elements, owner + f->offset, sizeof(elements));
    memcpy(&count, owner + f->count_offset, sizeof(count));
    for (size_t i = 0; i < count; i++)
        json_push(list, record_write(f->record, elements + i * f->size, spec));
    return list;
}

static struct json *write_field(const struct field *f, const char *owner,
                                const struct route_spec *spec)
{
    switch (f->kind) {
    case FIELD_OPTIONAL:
        if (!*(const bool *)(owner + f->offset))
            return NULL;
        return record_write(f->record, owner + f->offset, spec);
    case FIELD_OBJECT:
        return record_write(f->record, owner + f->offset, spec);
    case FIELD_LIST:
        return write_list(f, owner, spec);
    default:
        return scalar_write(f, owner + f->offset, spec);
    }
}

struct json *record_write(const struct record *record, const void *value,
                          const struct route_spec *spec)
{
    struct json *object = json_new_object();

    for (const struct field *f = record->fields; f->name; f++) {
        struct json *j = write_field(f, value, spec);

        if (j)
            json_put(object, f->name, j);
    }
    return object;
}
