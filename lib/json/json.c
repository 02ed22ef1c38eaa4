/* SPDX-License-Identifier: Apache-2.0 */
/* `struct json` is cJSON under another name: a pointer to one is a pointer to the other.
 */
#include "json/json.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

static cJSON *inner(struct json *j)
{
    return (cJSON *)j;
}

static const cJSON *look(const struct json *j)
{
    return (const cJSON *)j;
}

/* What cJSON made: NULL only when memory is out, and we do not go on then (mem.h). */
static struct json *made(cJSON *c)
{
    if (!c)
        abort();
    return (struct json *)c;
}

void json_free(struct json *j)
{
    cJSON_Delete(inner(j));
}

/* ---- looking --------------------------------------------------------------------- */

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {"null",   "boolean", "number",
                                        "string", "array",   "object"};

    return names[type];
}

enum json_type json_type(const struct json *j)
{
    if (!j)
        return JSON_NULL;
    switch (look(j)->type & 0xff) { /* the other bits say who owns the strings */
    case cJSON_True:
    case cJSON_False:
        return JSON_BOOL;
    case cJSON_Number:
        return JSON_NUMBER;
    case cJSON_String:
        return JSON_STRING;
    case cJSON_Array:
        return JSON_ARRAY;
    case cJSON_Object:
        return JSON_OBJECT;
    default:
        return JSON_NULL;
    }
}

bool json_is(const struct json *j, enum json_type type)
{
    return j && json_type(j) == type;
}

const char *json_string(const struct json *j, const char *otherwise)
{
    return json_is(j, JSON_STRING) ? look(j)->valuestring : otherwise;
}

double json_number(const struct json *j, double otherwise)
{
    return json_is(j, JSON_NUMBER) ? look(j)->valuedouble : otherwise;
}

bool json_bool(const struct json *j, bool otherwise)
{
    return json_is(j, JSON_BOOL) ? cJSON_IsTrue(look(j)) : otherwise;
}

const struct json *json_get(const struct json *object, const char *key)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    return (const struct json *)cJSON_GetObjectItemCaseSensitive(look(object), key);
}

const struct json *json_path(const struct json *j, ...)
{
    va_list keys;

    va_start(keys, j);
    for (const char *key; (key = va_arg(keys, const char *));)
        j = json_get(j, key);
    va_end(keys);
    return j;
}

size_t json_count(const struct json *array_or_object)
{
    size_t n = 0;

    for (const struct json *c = json_first(array_or_object); c; c = json_next(c))
        n++;
    return n;
}

const struct json *json_first(const struct json *array_or_object)
{
    return array_or_object ? (const struct json *)look(array_or_object)->child : NULL;
}

const struct json *json_next(const struct json *child)
{
    return child ? (const struct json *)look(child)->next : NULL;
}

const char *json_key(const struct json *child)
{
    return child && look(child)->string ? look(child)->string : "";
}

/* ---- building -------------------------------------------------------------------- */

struct json *json_new_object(void)
{
    return made(cJSON_CreateObject());
}

struct json *json_new_array(void)
{
    return made(cJSON_CreateArray());
}

struct json *json_new_string(const char *s)
{
    return made(cJSON_CreateString(s));
}

struct json *json_new_number(double v)
{
    return made(isfinite(v) ? cJSON_CreateNumber(v) : cJSON_CreateNull());
}

struct json *json_new_bool(bool v)
{
    return made(cJSON_CreateBool(v));
}

struct json *json_new_null(void)
{
    return made(cJSON_CreateNull());
}

struct json *json_copy(const struct json *j)
{
    return made(cJSON_Duplicate(look(j), true));
}

void json_put(struct json *object, const char *key, struct json *child)
{
    cJSON *old = cJSON_GetObjectItemCaseSensitive(look(object), key);
    cJSON_bool ok;

    assert(json_is(object, JSON_OBJECT));
    /* replacing in place keeps the order of the members */
    ok = old ? cJSON_ReplaceItemInObjectCaseSensitive(inner(object), key, inner(child))
             : cJSON_AddItemToObject(inner(object), key, inner(child));
    if (!ok)
        abort();
}

void json_put_string(struct json *object, const char *key, const char *s)
{
    json_put(object, key, json_new_string(s));
}

void json_put_number(struct json *object, const char *key, double v)
{
    json_put(object, key, json_new_number(v));
}

void json_put_bool(struct json *object, const char *key, bool v)
{
    json_put(object, key, json_new_bool(v));
}

void json_push(struct json *array, struct json *child)
{
    assert(json_is(array, JSON_ARRAY));
    if (!cJSON_AddItemToArray(inner(array), inner(child)))
        abort();
}

void json_remove(struct json *object, const char *key)
{
    cJSON_DeleteItemFromObjectCaseSensitive(inner(object), key);
}
