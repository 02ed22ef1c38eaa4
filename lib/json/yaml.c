/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events become a tree. Aliases become copies of what they stand for, within a
 * ceiling, so that a few lines cannot expand to gigabytes. */
#include "json/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "json/json_scan.h"
#include "json/yaml_scalar.h"

enum {
    YAML_SIZE_MAX = 4 << 20,
    YAML_VALUES_MAX = 200000, /* of a text, aliases written out */
    YAML_ANCHORS_MAX = 1000,  /* of a document */
    YAML_KEYS_MAX = 4096,     /* of a mapping: each new key is compared with all */
};

struct anchor {
    char *name;
    const struct json *value; /* in the tree; NULL while it is being read */
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the one at hand */
    struct anchor *anchors;
    size_t anchor_count;
    size_t values; /* so far */
    int depth;
    struct error *err;
};

/* ---- events and errors ----------------------------------------------------------- */

static bool fail_at(struct reader *r, yaml_mark_t at, const char *what)
{
    return error_set(r->err, ERR_INVALID, "line %zu, column %zu: %s", at.line + 1,
                     at.column + 1, what);
}

static bool fail(struct reader *r, const char *what)
{
    return fail_at(r, r->event.start_mark, what);
}

static bool parser_failed(struct reader *r)
{
    const char *problem = r->parser.problem ? r->parser.problem : "not YAML";

    if (r->parser.error == YAML_MEMORY_ERROR)
        return error_set(r->err, ERR_IO, "no memory to read YAML");
    if (r->parser.error == YAML_READER_ERROR) /* has a byte offset only */
        return error_set(r->err, ERR_INVALID, "byte %zu: %s", r->parser.problem_offset,
                         problem);
    return fail_at(r, r->parser.problem_mark, problem);
}

static bool next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) || parser_failed(r);
}

/* ---- anchors --------------------------------------------------------------------- */

static void forget_anchors(struct reader *r)
{
    for (size_t i = 0; i < r->anchor_count; i++)
        free(r->anchors[i].name);
    free(r->anchors);
    r->anchors = NULL;
    r->anchor_count = 0;
}

/* The newest of a name counts. */
static const struct anchor *find_anchor(const struct reader *r, const char *name)
{
    for (size_t i = r->anchor_count; i-- > 0;)
        if (!strcmp(r->anchors[i].name, name))
            return &r->anchors[i];
    return NULL;
}

static const char *event_anchor(const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)e->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)e->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return (const char *)e->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

/* Note the anchor of the event at hand, if it has one; its index + 1 in *slot, or 0. */
static bool open_anchor(struct reader *r, size_t *slot)
{
    const char *name = event_anchor(&r->event);

    *slot = 0;
    if (!name)
        return true;
    if (r->anchor_count == YAML_ANCHORS_MAX)
        return fail(r, "more than 1000 anchors");
    r->anchors = mem_resize(r->anchors, r->anchor_count + 1, sizeof(*r->anchors));
    r->anchors[r->anchor_count++] = (struct anchor){.name = mem_strdup(name)};
    *slot = r->anchor_count;
    return true;
}

static void measure(const struct json *j, int depth, int *deepest, size_t *values)
{
    ++*values;
    if (depth > *deepest)
        *deepest = depth;
    for (const struct json *c = json_first(j); c; c = json_next(c))
        measure(c, depth + 1, deepest, values);
}

static bool count_values(struct reader *r, size_t n)
{
    r->values += n;
    return r->values <= YAML_VALUES_MAX || fail(r, "more than 200000 values");
}

static struct json *read_alias(struct reader *r)
{
    const struct anchor *a = find_anchor(r, (const char *)r->event.data.alias.anchor);
    int deepest = 0;
    size_t values = 0;

    if (!a || !a->value) {
        (void)fail(r, a ? "an alias inside of what it stands for" : "unknown anchor");
        return NULL;
    }
    measure(a->value, r->depth, &deepest, &values);
    if (!count_values(r, values))
        return NULL;
    if (deepest > JSON_DEPTH_MAX) {
        (void)fail(r, "nested more than 100 deep");
        return NULL;
    }
    return json_copy(a->value);
}

/* ---- values ---------------------------------------------------------------------- */

static struct json *read_value(struct reader *r);

static struct json *read_scalar(struct reader *r)
{
    const yaml_event_t *e = &r->event;
    const char *text = (const char *)e->data.scalar.value;
    struct json *j;

    if (strlen(text) != e->data.scalar.length) {
        (void)fail(r, "a string may not hold a NUL");
        return NULL;
    }
    j = yaml_scalar(text, (const char *)e->data.scalar.tag,
                    e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, r->err);
    if (!j)
        (void)error_wrap(r->err, "line %zu, column %zu", e->start_mark.line + 1,
                         e->start_mark.column + 1);
    return j;
}

static bool read_items(struct reader *r, struct json *array)
{
    for (;;) {
        struct json *item;

        if (!next_event(r))
            return false;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        item = read_value(r);
        if (!item)
            return false;
        json_push(array, item);
    }
}

/* The key at hand, a string of the caller's. */
static char *read_key(struct reader *r, const struct json *object)
{
    const yaml_event_t *e = &r->event;
    const char *key = (const char *)e->data.scalar.value;

    if (e->type != YAML_SCALAR_EVENT)
        (void)fail(r, "a key must be a plain word or a string");
    else if (e->data.scalar.anchor)
        (void)fail(r, "an anchor on a key is not supported");
    else if (strlen(key) != e->data.scalar.length)
        (void)fail(r, "a key may not hold a NUL");
    else if (!strcmp(key, "<<") && e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        (void)fail(r, "merge keys are not part of YAML 1.2");
    else if (json_get(object, key))
        (void)error_set(r->err, ERR_INVALID,
                        "line %zu, column %zu: the key \"%.80s\" was there before",
                        e->start_mark.line + 1, e->start_mark.column + 1, key);
    else
        return mem_strdup(key);
    return NULL;
}

static bool read_members(struct reader *r, struct json *object)
{
    for (size_t keys = 0;; keys++) {
        CLEANUP(mem_freep)
        char *key = NULL;
        struct json *value;

        if (!next_event(r))
            return false;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return true;
        if (keys == YAML_KEYS_MAX)
            return fail(r, "more than 4096 keys in one mapping");
        key = read_key(r, object);
        if (!key || !next_event(r))
            return false;
        value = read_value(r);
        if (!value)
            return false;
        json_put(object, key, value);
    }
}

/* A tag asks for a type of the application's; of collections we have but the two. */
static bool check_tag(struct reader *r, bool mapping)
{
    const yaml_char_t *given =
        mapping ? r->event.data.mapping_start.tag : r->event.data.sequence_start.tag;
    const char *tag = (const char *)given;

    if (!tag || !strcmp(tag, "!") || !strcmp(tag, mapping ? YAML_MAP_TAG : YAML_SEQ_TAG))
        return true;
    return error_set(r->err, ERR_INVALID,
                     "line %zu, column %zu: the tag %.80s is not supported",
                     r->event.start_mark.line + 1, r->event.start_mark.column + 1, tag);
}

static struct json *read_children(struct reader *r)
{
    bool mapping = r->event.type == YAML_MAPPING_START_EVENT;
    CLEANUP(json_freep)
    struct json *j = mapping ? json_new_object() : json_new_array();
    bool ok;

    if (!check_tag(r, mapping))
        return NULL;
    if (r->depth == JSON_DEPTH_MAX) {
        (void)fail(r, "nested more than 100 deep");
        return NULL;
    }
    r->depth++;
    ok = mapping ? read_members(r, j) : read_items(r, j);
    r->depth--;
    return ok ? STEAL(j) : NULL;
}

/* The value that begins with the event at hand. */
static struct json *read_value(struct reader *r)
{
    struct json *j;
    size_t slot;

    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r);
    if (!count_values(r, 1) || !open_anchor(r, &slot))
        return NULL;
    j = r->event.type == YAML_SCALAR_EVENT ? read_scalar(r) : read_children(r);
    if (j && slot)
        r->anchors[slot - 1].value = j; /* trees grow, their values stay where they are */
    return j;
}

/* ---- documents ------------------------------------------------------------------- */

static bool read_document(struct reader *r, yaml_document_fn *fn, void *arg)
{
    struct json *document;

    if (!next_event(r))
        return false;
    document = read_value(r);
    forget_anchors(r);
    if (!document)
        return false;
    if (!next_event(r)) { /* the end of the document */
        json_free(document);
        return false;
    }
    return fn(arg, document, r->err);
}

static bool read_stream(struct reader *r, yaml_document_fn *fn, void *arg)
{
    for (;;) {
        if (!next_event(r))
            return false;
        if (r->event.type == YAML_STREAM_END_EVENT)
            return true;
        if (r->event.type == YAML_DOCUMENT_START_EVENT && !read_document(r, fn, arg))
            return false;
    }
}

bool yaml_parse(const char *text, size_t n, yaml_document_fn *fn, void *arg,
                struct error *err)
{
    struct reader r = {.err = err};
    bool ok;

    if (n > YAML_SIZE_MAX)
        return error_set(err, ERR_TOO_BIG, "a text of more than 4 MiB");
    if (!yaml_parser_initialize(&r.parser))
        return error_set(err, ERR_IO, "no memory to read YAML");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    ok = read_stream(&r, fn, arg);
    forget_anchors(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return ok;
}

static bool keep_document(void *arg, struct json *document, struct error *err)
{
    struct json **kept = arg;

    if (*kept) {
        json_free(document);
        return error_set(err, ERR_INVALID, "more than one document");
    }
    *kept = document;
    return true;
}

struct json *yaml_parse_one(const char *text, size_t n, struct error *err)
{
    CLEANUP(json_freep)
    struct json *document = NULL;

    if (!yaml_parse(text, n, keep_document, &document, err))
        return NULL;
    return document ? STEAL(document) : json_new_null();
}
