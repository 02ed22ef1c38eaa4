/* SPDX-License-Identifier: Apache-2.0 */
/* Every document of what is taken as YAML is a tree that JSON can hold, and that, written
 * as YAML, is read again as the same tree. */
#include <assert.h>
#include <string.h>

#include "json/yaml.h"
#include "json/yaml_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key that stands before its colon has at most 1024 characters in YAML. */
static bool has_long_key(const struct json *j)
{
    if (strlen(json_key(j)) > 150) /* and one may be written as six */
        return true;
    for (const struct json *c = json_first(j); c; c = json_next(c))
        if (has_long_key(c))
            return true;
    return false;
}

static bool check(void *arg, struct json *document, struct error *err)
{
    CLEANUP(json_freep)
    struct json *owned = document;
    CLEANUP(json_freep)
    struct json *again = NULL;
    CLEANUP(json_freep)
    struct json *back = NULL;
    CLEANUP(buf_clear)
    struct buf yaml = BUF_INIT(64 << 20);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(64 << 20);

    (void)arg;
    json_write(owned, &text);
    if (!buf_ok(&text)) /* aliases may write long strings many times */
        return true;
    again = json_parse(buf_str(&text), text.len, err);
    assert(again);
    yaml_write(again, &yaml);
    if (!buf_ok(&yaml) || yaml.len > 1 << 20 || has_long_key(again))
        return true;
    back = yaml_parse_one(buf_str(&yaml), yaml.len, err);
    assert(back);
    buf_reset(&yaml);
    json_write(back, &yaml);
    assert(!strcmp(buf_str(&text), buf_str(&yaml)));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;

    (void)yaml_parse((const char *)data, size, check, NULL, &err);
    return 0;
}
