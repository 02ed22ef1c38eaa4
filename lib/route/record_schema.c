/* SPDX-License-Identifier: Apache-2.0 */
/* A record as Kubernetes' API server is to check it: what record.c checks in C. */
#include <string.h>

#include "route/record.h"

#define LABEL_PATTERN "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

static void put_type(struct json *schema, const char *type)
{
    json_put_string(schema, "type", type);
}

static void put_text(struct json *schema, const struct field *f, bool strict, int max,
                     const char *pattern)
{
    put_type(schema, "string");
    if (!strict)
        return;
    if (f->required)
        json_put_number(schema, "minLength", 1);
    json_put_number(schema, "maxLength", max);
    json_put_string(schema, "pattern", pattern);
}

static void put_words(struct json *schema, const struct field *f)
{
    struct json *words = json_new_array();

    for (size_t i = 0; f->words[i]; i++)
        json_push(words, json_new_string(f->words[i]));
    json_put(schema, "enum", words);
}

static void put_bounds(struct json *schema, const struct field *f)
{
    if (f->low == 0 && f->high == 0)
        return;
    json_put_number(schema, "minimum", f->low);
    if (f->above_low)
        json_put_bool(schema, "exclusiveMinimum", true);
    json_put_number(schema, "maximum", f->high);
}

static void put_rule(struct json *schema, const char *cel, const char *message,
                     const char *path)
{
    static const char key[] = "x-kubernetes-validations";
    struct json *rules =
        json_get(schema, key) ? json_copy(json_get(schema, key)) : json_new_array();
    struct json *rule = json_new_object();

    json_put_string(rule, "rule", cel);
    json_put_string(rule, "message", message);
    if (path)
        json_put_string(rule, "fieldPath", path);
    json_push(rules, rule);
    json_put(schema, key, rules);
}

static void put_duration(struct json *schema, const struct field *f)
{
    CLEANUP(buf_clear)
    struct buf cel = BUF_INIT(512);
    CLEANUP(buf_clear)
    struct buf message = BUF_INIT(256);
    char low[DURATION_TEXT_MAX];
    char high[DURATION_TEXT_MAX];

    put_text(schema, f, true, DURATION_LENGTH_MAX,
             "^(0|([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$");
    json_put_number(schema, "minLength", 1);
    (void)duration_text((int64_t)f->low, low);
    (void)duration_text((int64_t)f->high, high);
    buf_printf(&cel,
               "duration(self) >= duration('%s') && duration(self) <= duration('%s')",
               low, high);
    buf_printf(&message, "outside %s to %s", low, high);
    put_rule(schema, buf_str(&cel), buf_str(&message), NULL);
}

/* Weights by arm: keys are bounded by the rule that they are arms. */
static void put_arm_weights(struct json *schema, const struct field *f)
{
    struct json *weight = json_new_object();

    put_type(schema, "object");
    put_type(weight, "number");
    put_bounds(weight, f);
    json_put(schema, "additionalProperties", weight);
    json_put_number(schema, "maxProperties", ROUTE_ARMS_MAX);
}

static void put_list(struct json *schema, const struct field *f, bool strict)
{
    struct json *keys = json_new_array();

    put_type(schema, "array");
    json_put(schema, "items", record_schema(f->record, strict));
    if (strict) {
        json_put_number(schema, "minItems", f->low);
        json_put_number(schema, "maxItems", f->high);
    }
    if (!f->unique)
        return;
    json_put_string(schema, "x-kubernetes-list-type", "map");
    json_push(keys, json_new_string(f->unique));
    json_put(schema, "x-kubernetes-list-map-keys", keys);
}

/* Left out, is an object of these fields complete with their defaults? */
static bool has_defaults(const struct record *record)
{
    for (const struct field *f = record->fields; f->name; f++)
        if (f->required)
            return false;
    return true;
}

/* The object of all defaults. Written out, though the server would fill them into {}: it
 * holds a default against the rules as it stands. */
static struct json *all_defaults(const struct record *record)
{
    struct json *object = json_new_object();

    for (const struct field *f = record->fields; f->name; f++) {
        struct json *standard =
            f->kind == FIELD_OBJECT ? all_defaults(f->record) : field_standard(f);

        if (standard)
            json_put(object, f->name, standard);
    }
    return object;
}

static struct json *object_schema(const struct field *f, bool strict)
{
    struct json *schema = record_schema(f->record, strict);

    if (strict && f->kind == FIELD_OBJECT && has_defaults(f->record))
        json_put(schema, "default", all_defaults(f->record));
    return schema;
}

static void put_kind(struct json *schema, const struct field *f, bool strict)
{
    switch (f->kind) {
    case FIELD_LABEL:
    case FIELD_ARM:
        put_text(schema, f, strict, ROUTE_LABEL_MAX - 1, "^" LABEL_PATTERN "$");
        break;
    case FIELD_DNS_NAME:
        put_text(schema, f, strict, ROUTE_NAME_MAX - 1,
                 f->required ? "^" LABEL_PATTERN "(\\." LABEL_PATTERN ")*$"
                             : "^(" LABEL_PATTERN "(\\." LABEL_PATTERN ")*)?$");
        break;
    case FIELD_TEXT:
    case FIELD_ENUM:
        put_type(schema, "string");
        if (strict && f->words)
            put_words(schema, f);
        break;
    case FIELD_NUMBER:
        put_type(schema, "number");
        if (strict)
            put_bounds(schema, f);
        break;
    case FIELD_INT:
        put_type(schema, "integer");
        json_put_string(schema, "format", "int64");
        if (strict)
            put_bounds(schema, f);
        break;
    case FIELD_DURATION:
        put_duration(schema, f);
        break;
    case FIELD_TIME:
        put_type(schema, "string");
        json_put_string(schema, "format", "date-time");
        break;
    case FIELD_ARM_WEIGHTS:
        put_arm_weights(schema, f);
        break;
    case FIELD_LIST:
        put_list(schema, f, strict);
        break;
    default: /* objects have their own way */
        break;
    }
}

static struct json *field_schema(const struct field *f, bool strict)
{
    bool object = f->kind == FIELD_OBJECT || f->kind == FIELD_OPTIONAL;
    struct json *schema = object ? object_schema(f, strict) : json_new_object();
    struct json *standard = strict ? field_standard(f) : NULL;

    if (!object)
        put_kind(schema, f, strict);
    if (standard)
        json_put(schema, "default", standard);
    json_put_string(schema, "description", f->help);
    return schema;
}

struct json *record_schema(const struct record *record, bool strict)
{
    struct json *schema = json_new_object();
    struct json *properties = json_new_object();
    struct json *required = json_new_array();

    put_type(schema, "object");
    for (const struct field *f = record->fields; f->name; f++) {
        json_put(properties, f->name, field_schema(f, strict));
        if (f->required)
            json_push(required, json_new_string(f->name));
    }
    json_put(schema, "properties", properties);
    if (json_count(required))
        json_put(schema, "required", required);
    else
        json_free(required);
    for (const struct rule *r = record->rules; strict && r && r->cel; r++)
        put_rule(schema, r->cel, r->message, r->field);
    return schema;
}
