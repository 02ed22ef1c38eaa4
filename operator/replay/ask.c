/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "httpc/httpc.h"
#include "json/json.h"

enum {
    PIECE_MS = 30 * 60 * 1000, /* of an answer: some megabytes of samples every 2 s */
    LOOKBACK_MS = 5 * 60 * 1000,
    ANSWER_BYTES_MAX = 128 << 20,
    BODY_MAX = 8 * 1024,
};

static bool refused(const struct httpc_response *response, struct error *err)
{
    struct error ignored;
    CLEANUP(json_freep)
    struct json *answer =
        json_parse(buf_str(&response->body), response->body.len, &ignored);

    return error_set(err, ERR_INVALID, "Prometheus answers with status %d: %.200s",
                     response->status,
                     json_string(json_get(answer, "error"), "no reason"));
}

static bool ask(const struct ask_options *o, struct httpc *http, const char *query,
                int64_t at_ms, struct ranges *into, struct error *err)
{
    static const char *const headers[] = {
        "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
        NULL};
    CLEANUP(buf_clear)
    struct buf url = BUF_INIT(BODY_MAX);
    CLEANUP(buf_clear)
    struct buf body = BUF_INIT(BODY_MAX);
    CLEANUP(httpc_response_clear)
    struct httpc_response response = {.status = 0};
    size_t n = strlen(o->url);

    while (n && o->url[n - 1] == '/')
        n--;
    buf_add(&url, o->url, n);
    buf_puts(&url, "/api/v1/query");
    buf_puts(&body, "query=");
    buf_add_encoded(&body, query);
    buf_printf(&body, "&time=%" PRId64 ".%03d", at_ms / 1000, (int)(at_ms % 1000));
    buf_init(&response.body, ANSWER_BYTES_MAX);
    if (!httpc_call(http,
                    &(struct httpc_request){.url = buf_str(&url),
                                            .headers = headers,
                                            .body = buf_str(&body),
                                            .body_len = body.len,
                                            .timeout_ms = o->timeout_ms},
                    &response, err))
        return error_wrap(err, "%s", o->url);
    if (response.status != 200)
        return refused(&response, err);
    return ranges_add(into, buf_str(&response.body), response.body.len, err) &&
           (!o->save ||
            lines_add(o->save, buf_str(&response.body), response.body.len, err));
}

static void tell(const struct ask_options *o, int64_t at_ms, const struct ranges *r)
{
    double share = (double)(at_ms - o->start_ms) / (double)(o->end_ms - o->start_ms + 1);

    if (o->progress)
        (void)fprintf(stderr, "\rreading %3.0f %%, %zu samples%s",
                      100 * (share < 1 ? share : 1), ranges_samples(r),
                      at_ms >= o->end_ms ? "\n" : "");
}

bool ask_ranges(const struct ask_options *o, const struct bandit_route *route,
                struct ranges *into, struct error *err)
{
    CLEANUP(httpc_freep)
    struct httpc *http = httpc_new_with(&(struct httpc_options){.compressed = true});
    char selector[RANGES_SELECTOR_MAX];
    int64_t from_ms = o->start_ms - LOOKBACK_MS;

    while (from_ms < o->end_ms) {
        int64_t to_ms = from_ms + PIECE_MS < o->end_ms ? from_ms + PIECE_MS : o->end_ms;

        for (size_t i = 0; i < RANGES_SELECTOR_COUNT; i++) {
            char query[RANGES_SELECTOR_MAX + 32];

            ranges_selector(route, i, selector);
            (void)snprintf(query, sizeof(query), "%s[%" PRId64 "ms]", selector,
                           to_ms - from_ms);
            if (!ask(o, http, query, to_ms, into, err))
                return false;
        }
        tell(o, to_ms, into);
        from_ms = to_ms;
    }
    return true;
}
