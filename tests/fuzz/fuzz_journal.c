/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of journals: a first line that may bring a route, and one that builds on it.
 * What is read must be fit to decide on. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "journal/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct json *next_line(const char **text, size_t *left)
{
    const char *newline = memchr(*text, '\n', *left);
    size_t n = newline ? (size_t)(newline - *text) : *left;
    struct error err;
    struct json *j = json_parse(*text, n, &err);

    *text += n + (newline != NULL);
    *left -= n + (newline != NULL);
    return j;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct bandit_route *route = NULL;
    struct error err;

    while (size) {
        struct json *line = next_line(&text, &size);
        struct entry e = {.time_ms = 0};

        if (line && entry_read(&e, line, route, &err)) {
            const struct bandit_route *r = e.route ? e.route : route;
            struct decision d = {.write = false};

            core_decide(&r->spec, &r->status, &e.seen, r->generation, e.time_ms, &d);
            decision_clear(&d);
            (void)entry_digest(r);
            if (e.route) {
                route_free(route);
                route = STEAL(e.route);
            }
        }
        entry_clear(&e);
        json_free(line);
    }
    route_free(route);
    return 0;
}
