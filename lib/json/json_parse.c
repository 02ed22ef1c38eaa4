/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json/json.h"
#include "json/json_scan.h"

/* A member of an object, and which it is. */
struct place {
    const cJSON *member;
    size_t at;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    int keys = strcmp(left->member->string, right->member->string);

    return keys ? keys : left->at < right->at ? -1 : left->at > right->at;
}

/* The same for a wide object, which is sorted: hostile input must not cost the square of
 * its size, wherever its first repeat is. */
static const cJSON *first_repeat_sorted(const cJSON *object, size_t count)
{
    CLEANUP(mem_freep)
    struct place *places = mem_alloc(count, sizeof(*places));
    const struct place *first = NULL;
    size_t n = 0;

    for (const cJSON *c = object->child; c; c = c->next, n++)
        places[n] = (struct place){c, n};
    qsort(places, n, sizeof(*places), compare_places);
    for (size_t i = 1; i < n; i++)
        if ((!first || places[i].at < first->at) &&
            !strcmp(places[i - 1].member->string, places[i].member->string))
            first = &places[i];
    return first ? first->member : NULL;
}

static bool is_repeat(const cJSON *member, const cJSON *object)
{
    for (const cJSON *c = object->child; c != member; c = c->next)
        if (!strcmp(c->string, member->string))
            return true;
    return false;
}

/* The first member whose key another one had before, or NULL. */
static const cJSON *first_repeat(const cJSON *object)
{
    enum { NARROW = 24 };
    size_t count = 0;

    for (const cJSON *c = object->child; c; c = c->next)
        count++;
    if (count > NARROW)
        return first_repeat_sorted(object, count);
    for (const cJSON *c = object->child; c; c = c->next)
        if (is_repeat(c, object))
            return c;
    return NULL;
}

/* What the scan of the text cannot see: keys that are equal once unescaped, and numbers
 * that no double holds. Returns what is wrong with the value number *ordinal in the order
 * of the text, or NULL. */
static const char *audit(const cJSON *value, size_t *ordinal)
{
    const cJSON *repeat = cJSON_IsObject(value) ? first_repeat(value) : NULL;

    if (cJSON_IsNumber(value) && !isfinite(value->valuedouble))
        return "a number too large";
    for (const cJSON *c = value->child; c; c = c->next) {
        const char *complaint;

        ++*ordinal;
        if (c == repeat)
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
