/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of recorded ranges: whatever is in them, each moment can be looked up. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/ranges.h"
#include "route/route_json.h"
#include "json/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] =
    "{apiVersion: bandit-router.dev/v1alpha1, kind: BanditRoute,\n"
    " metadata: {name: digits, namespace: default}, spec: {\n"
    "  arms: [{name: a, backend: {service: a, port: 80}},\n"
    "         {name: b, backend: {service: b, port: 80}}],\n"
    "  targetRef: {kind: HAProxyBackend, name: digits},\n"
    "  reward: {window: 1m, objectives: [{name: success, weight: 1}]}}}\n";

static void look(const struct ranges *r)
{
    int64_t first_ms, last_ms;
    size_t count;
    int64_t *times = ranges_decisions(r, &count);

    for (size_t i = 1; i < count; i++)
        if (times[i] <= times[i - 1])
            abort();
    free(times);
    if (!ranges_extent(r, &first_ms, &last_ms))
        return;
    for (unsigned before = 0; before < 3; before++) {
        struct observation seen = {.problem = REASON_NONE};

        ranges_observe(r, first_ms + (last_ms - first_ms) / 2, before, &seen);
        for (int i = 0; i < 2; i++)
            if (isinf(seen.arms[i].objectives[0].good))
                abort();
    }
    (void)ranges_published(r, RANGE_APPLIED, 1, last_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct json *object = yaml_parse_one(manifest, strlen(manifest), &err);
    struct bandit_route *route = route_from_json(object, &err);
    struct ranges *r;
    const char *text = (const char *)data;

    if (!route)
        abort();
    r = ranges_new(route);
    while (size) {
        const char *newline = memchr(text, '\n', size);
        size_t n = newline ? (size_t)(newline - text) : size;

        (void)ranges_add(r, text, n, &err);
        text += n + (newline != NULL);
        size -= n + (newline != NULL);
    }
    ranges_close(r);
    look(r);
    ranges_free(r);
    route_free(route);
    json_free(object);
    return 0;
}
