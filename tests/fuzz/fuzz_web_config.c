/* SPDX-License-Identifier: Apache-2.0 */
/* A web configuration is refused with a message or gives one whose parts are in range. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "web/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {.msg = ""};
    struct web_config *c =
        web_config_parse((const char *)data, size, "/nonexistent", &err);

    if (!c) {
        assert(err.msg[0]);
        return 0;
    }
    for (size_t i = 0; i < WEB_HEADERS; i++)
        assert(!c->headers[i] || !strpbrk(c->headers[i], "\r\n"));
    for (size_t i = 0; i < c->user_count; i++)
        assert(!strncmp(c->users[i].hash, "$2", 2));
    assert(c->rate_interval_ms >= 0 && c->rate_burst >= 0);
    web_config_unref(c);
    return 0;
}
