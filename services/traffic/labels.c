/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/labels.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "traffic/pending.h"
#include "json/json.h"

enum { ID_MAX = 1024, HEADERS_MAX = 32 };

struct labels {
    struct labels_options options;
    struct pending pending;
    struct buf body, id_header;
    const char *headers[HEADERS_MAX];
    bool ended;
};

struct labels *labels_new(const struct labels_options *options)
{
    struct labels *l = mem_alloc(1, sizeof(*l));
    size_t n = 0;

    l->options = *options;
    buf_init(&l->body, (size_t)1024 * 1024);
    buf_init(&l->id_header, ID_MAX + 64);
    l->headers[n++] = "Content-Type: application/json";
    n++; /* the place of the id's header */
    for (const char *const *line = options->headers; *line; line++) {
        assert(n < HEADERS_MAX - 1);
        l->headers[n++] = *line;
    }
    return l;
}

void labels_free(struct labels *l)
{
    if (!l)
        return;
    pending_clear(&l->pending);
    buf_clear(&l->body);
    buf_clear(&l->id_header);
    free(l);
}

/* The id goes into a header, where a line end from a hostile server would do harm. */
static bool is_usable(const char *id)
{
    size_t n = strlen(id);

    if (n == 0 || n > ID_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (id[i] <= ' ' || id[i] > '~')
            return false;
    return true;
}

void labels_learn(struct labels *l, const char *prediction, size_t n, const char *label)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *j = json_parse(prediction, n, &err);
    const char *id = json_string(json_get(j, "prediction_id"), "");

    if (!is_usable(id))
        l->options.on_result(l->options.arg, FEEDBACK_NO_ID);
    else if (l->ended ||
             !pending_add(&l->pending, clock_mono_ns() + l->options.delay_ms * 1000000,
                          id, label))
        l->options.on_result(l->options.arg, FEEDBACK_DROPPED);
}

int64_t labels_due_ns(const struct labels *l)
{
    return pending_due_ns(&l->pending);
}

static void on_done(void *arg, const struct httpc_response *resp, const struct error *err)
{
    struct labels *l = arg;
    enum feedback_result result = FEEDBACK_FAILED;

    (void)err;
    if (resp && resp->status / 100 == 2)
        result = FEEDBACK_ACCEPTED;
    else if (resp && resp->status / 100 == 4)
        result = FEEDBACK_REFUSED;
    l->options.on_result(l->options.arg, result);
}

static void send_one(struct labels *l, const struct pending_item *item)
{
    struct httpc_request req = {.url = l->options.url,
                                .headers = l->headers,
                                .timeout_ms = l->options.timeout_ms};
    struct error err;

    buf_reset(&l->id_header);
    buf_printf(&l->id_header, "X-Prediction-Id: %s", item->id);
    l->headers[1] = buf_str(&l->id_header);
    buf_reset(&l->body);
    buf_puts(&l->body, "{\"prediction_id\":");
    json_add_string(&l->body, item->id);
    buf_puts(&l->body, ",\"label\":");
    json_add_string(&l->body, item->label);
    buf_puts(&l->body, "}");
    req.body = buf_str(&l->body);
    req.body_len = l->body.len;
    if (!httpc_pool_start(l->options.pool, &req, on_done, l, &err))
        l->options.on_result(l->options.arg, FEEDBACK_FAILED);
}

void labels_send(struct labels *l, int64_t now_ns)
{
    while (labels_due_ns(l) <= now_ns && !httpc_pool_full(l->options.pool)) {
        struct pending_item item = pending_take(&l->pending);

        send_one(l, &item);
        free(item.id);
    }
}

void labels_end(struct labels *l)
{
    l->ended = true;
    while (l->pending.count) {
        free(pending_take(&l->pending).id);
        l->options.on_result(l->options.arg, FEEDBACK_DROPPED);
    }
}
