/* SPDX-License-Identifier: Apache-2.0 */
/* What is taken as JSON, written out, is taken again and is the same text. */
#include <assert.h>
#include <string.h>

#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_clear)
    struct buf first = BUF_INIT(16 << 20);
    CLEANUP(buf_clear)
    struct buf second = BUF_INIT(16 << 20);
    struct error err;
    CLEANUP(json_freep)
    struct json *j = json_parse((const char *)data, size, &err);
    CLEANUP(json_freep)
    struct json *again = NULL;

    if (!j)
        return 0;
    json_write(j, &first);
    again = json_parse(buf_str(&first), first.len, &err);
    assert(again);
    json_write(again, &second);
    assert(!strcmp(buf_str(&first), buf_str(&second)));
    return 0;
}
