/* SPDX-License-Identifier: Apache-2.0 */
#include "support/route_cases.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "json/yaml.h"

struct json *case_file(const char *name)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(4096);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    struct error err;
    struct json *j = NULL;

    buf_printf(&path, "%s/routes/%s", TEST_DATA, name);
    if (file_read(buf_str(&path), &text, &err))
        j = yaml_parse_one(buf_str(&text), text.len, &err);
    if (!j) {
        (void)fprintf(stderr, "%s: %s\n", name, err.msg);
        abort();
    }
    return j;
}

static struct json *merged(const struct json *target, const struct json *patch)
{
    struct json *result;

    if (!json_is(patch, JSON_OBJECT))
        return json_copy(patch);
    result = json_is(target, JSON_OBJECT) ? json_copy(target) : json_new_object();
    for (const struct json *c = json_first(patch); c; c = json_next(c)) {
        if (json_is(c, JSON_NULL))
            json_remove(result, json_key(c));
        else
            json_put(result, json_key(c), merged(json_get(target, json_key(c)), c));
    }
    return result;
}

struct json *case_object(const struct json *change)
{
    CLEANUP(json_freep)
    struct json *base = case_file("base.yaml");

    return merged(base, change);
}
