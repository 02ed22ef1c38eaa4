/* SPDX-License-Identifier: Apache-2.0 */
/* Every document of what is taken as YAML is a tree that JSON can hold. */
#include <assert.h>

#include "json/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(void *arg, struct json *document, struct error *err)
{
    CLEANUP(json_freep)
    struct json *owned = document;
    CLEANUP(json_freep)
    struct json *again = NULL;
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(64 << 20);

    (void)arg;
    json_write(owned, &text);
    if (!buf_ok(&text)) /* aliases may write long strings many times */
        return true;
    again = json_parse(buf_str(&text), text.len, err);
    assert(again);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;

    (void)yaml_parse((const char *)data, size, check, NULL, &err);
    return 0;
}
