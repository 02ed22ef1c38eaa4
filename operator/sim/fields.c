/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/fields.h"

#include <string.h>

#include "base/text.h"

bool fields_mapping(const struct json *object, const char *where, struct error *err)
{
    return !object || json_is(object, JSON_OBJECT) ||
           error_set(err, ERR_INVALID, "%s: not a mapping", where);
}

bool fields_known(const struct json *object, const char *const *keys, const char *where,
                  struct error *err)
{
    if (!fields_mapping(object, where, err))
        return false;
    for (const struct json *c = json_first(object); c; c = json_next(c))
        if (text_index(json_key(c), keys) < 0)
            return error_set(err, ERR_INVALID, "%s: unknown field \"%.64s\"", where,
                             json_key(c));
    return true;
}

bool fields_list(const struct json *list, const char *where, struct error *err)
{
    return !list || json_is(list, JSON_ARRAY) ||
           error_set(err, ERR_INVALID, "%s: not a list", where);
}

bool fields_number(const struct json *object, const char *key, double low, double high,
                   double *value, struct error *err)
{
    const struct json *v = json_get(object, key);
    double number = json_number(v, low);

    if (!v)
        return true;
    if (!json_is(v, JSON_NUMBER) || !(number >= low && number <= high))
        return error_set(err, ERR_INVALID, "%s: not a number from %g to %g", key, low,
                         high);
    *value = number;
    return true;
}

bool fields_duration(const struct json *object, const char *key, int64_t *ms,
                     struct error *err)
{
    const struct json *v = json_get(object, key);

    if (!v)
        return true;
    if (!json_is(v, JSON_STRING) || !text_to_duration(json_string(v, ""), ms, err))
        return error_set(err, ERR_INVALID, "%s: not a duration", key);
    return true;
}

bool fields_text(const struct json *object, const char *key, char *out, size_t size,
                 struct error *err)
{
    const char *text = json_string(json_get(object, key), "");
    size_t len = strlen(text);

    if (!len || len >= size)
        return error_set(err, ERR_INVALID, "%s: not a text of 1 to %zu bytes", key,
                         size - 1);
    memcpy(out, text, len + 1);
    return true;
}
