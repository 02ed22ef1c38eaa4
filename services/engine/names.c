/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/json.h"

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool names_differ(const char *const *names, size_t count, struct error *err)
{
    CLEANUP(mem_freep)
    const char **sorted = mem_dup(names, count * sizeof(*names));

    qsort(sorted, count, sizeof(*sorted), compare);
    for (size_t i = 1; i < count; i++)
        if (!strcmp(sorted[i - 1], sorted[i]))
            return error_set(err, ERR_INVALID, "\"%.64s\" is there twice", sorted[i]);
    return true;
}

bool names_parse(const char *json, struct pool *pool, const char **names, size_t count,
                 struct error *err)
{
    CLEANUP(json_freep)
    struct json *root = json_parse(json, strlen(json), err);
    size_t i = 0;

    if (!root)
        return false;
    if (!json_is(root, JSON_ARRAY) || json_count(root) != count)
        return error_set(err, ERR_INVALID, "not a list of %zu names", count);
    for (const struct json *j = json_first(root); j; j = json_next(j), i++) {
        const char *name = json_string(j, "");

        if (!*name)
            return error_set(err, ERR_INVALID, "name %zu is empty or no text", i);
        names[i] = pool_text(pool, name, strlen(name), err);
        if (!names[i])
            return false;
    }
    return true;
}

void names_write(const char *const *names, size_t count, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_putc(out, ',');
        json_add_string(out, names[i]);
    }
    buf_putc(out, ']');
}
