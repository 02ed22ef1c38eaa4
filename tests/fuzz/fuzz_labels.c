/* SPDX-License-Identifier: Apache-2.0 */
/* A label's value reads back as it was, repaired only where it was no UTF-8, and never
 * leaves its quotes. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "metrics/exposition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reader makes of name="...": asserts that it ends exactly with the text. */
static void read_back(const char *text, struct buf *out)
{
    assert(text_starts_with(text, "l=\""));
    for (text += 3; *text != '"'; text++) {
        assert(*text && *text != '\n');
        if (*text == '\\') {
            text++;
            assert(*text == '\\' || *text == 'n' || *text == '"');
            buf_putc(out, *text == 'n' ? '\n' : *text);
        } else {
            buf_putc(out, *text);
        }
    }
    assert(!text[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_clear)
    struct buf value = BUF_INIT(size), label = BUF_INIT(4 * size + 64);
    CLEANUP(buf_clear)
    struct buf back = BUF_INIT(4 * size + 64);

    for (size_t i = 0; i < size; i++) /* a value is a string */
        buf_putc(&value, data[i] ? (char)data[i] : '0');
    exposition_label(&label, "l", buf_str(&value));
    read_back(buf_str(&label), &back);
    assert(text_is_utf8(buf_str(&back), back.len));
    if (text_is_utf8(buf_str(&value), value.len))
        assert(!strcmp(buf_str(&back), buf_str(&value)));
    return 0;
}
