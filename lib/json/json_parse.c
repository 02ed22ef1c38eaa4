/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json/json.h"
#include "json/json_scan.h"

static int compare_keys(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;

    return strcmp(*left, *right);
}

/* A wide object is sorted: hostile input must not cost the square of its size. */
static bool has_repeat_sorted(const cJSON *object, size_t count)
{
    CLEANUP(mem_freep)
    const char **keys = mem_alloc(count, sizeof(*keys));
    size_t i = 0;

    for (const cJSON *c = object->child; c; c = c->next)
        keys[i++] = c->string;
    qsort(keys, count, sizeof(*keys), compare_keys);
    for (i = 1; i < count; i++)
        if (!strcmp(keys[i - 1], keys[i]))
            return true;
    return false;
}

static bool is_repeat(const cJSON *member, const cJSON *object)
{
    for (const cJSON *c = object->child; c != member; c = c->next)
        if (!strcmp(c->string, member->string))
            return true;
    return false;
}

static bool has_repeat(const cJSON *object)
{
    enum { NARROW = 24 };
    size_t count = 0;

    for (const cJSON *c = object->child; c; c = c->next)
        count++;
    if (count > NARROW)
        return has_repeat_sorted(object, count);
    for (const cJSON *c = object->child; c; c = c->next)
        if (is_repeat(c, object))
            return true;
    return false;
}

/* What the scan of the text cannot see: keys that are equal once unescaped, and numbers
 * that no double holds. Returns what is wrong with the value number *ordinal in the order
 * of the text, or NULL. */
static const char *audit(const cJSON *value, size_t *ordinal)
{
    bool repeats = cJSON_IsObject(value) && has_repeat(value);

    if (cJSON_IsNumber(value) && !isfinite(value->valuedouble))
        return "a number too large";
    for (const cJSON *c = value->child; c; c = c->next) {
        const char *complaint;

        ++*ordinal;
        if (repeats && is_repeat(c, value))
            return "a key that was there before";
        complaint = audit(c, ordinal);
        if (complaint)
            return complaint;
    }
    return NULL;
}

struct json *json_parse(const char *text, size_t n, struct error *err)
{
    cJSON *tree;
    const char *complaint;
    size_t ordinal = 0;

    if (!json_scan(text, n, err))
        return NULL;
    tree = cJSON_ParseWithLength(text, n);
    if (!tree) { /* the text is good, so memory was not */
        (void)error_set(err, ERR_IO, "no memory for a document of %zu bytes", n);
        return NULL;
    }
    complaint = audit(tree, &ordinal);
    if (complaint) {
        cJSON_Delete(tree);
        (void)json_scan_fault(text, n, ordinal, complaint, err);
        return NULL;
    }
    return (struct json *)tree;
}
