/* SPDX-License-Identifier: Apache-2.0 */
/* Any Accept and Accept-Encoding header gets an answer of one of the known kinds, and
 * what is added behind it with quality 0 changes nothing. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "metrics/exposition.h"
#include "web/gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_clear)
    struct buf header = BUF_INIT(size + 256);
    enum exposition e;
    const char *type;

    buf_add(&header, data, size);
    e = exposition_negotiate(buf_str(&header));
    type = exposition_content_type_for(e, buf_str(&header));
    assert(e < EXPOSITION_COUNT);
    assert(
        !strncmp(type, exposition_content_type(e), strlen(exposition_content_type(e))));
    if (!memchr(data, '"', size)) { /* an open quote would swallow it */
        buf_puts(&header, ",application/x-unknown;q=0");
        assert(exposition_negotiate(buf_str(&header)) == e);
    }
    (void)gzip_accepted(buf_str(&header));
    return 0;
}
