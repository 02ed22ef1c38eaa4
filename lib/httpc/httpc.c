/* SPDX-License-Identifier: Apache-2.0 */
#include "httpc/httpc.h"

#include <assert.h>
#include <stdlib.h>

#include "httpc/transfer.h"

struct httpc {
    CURLM *multi; /* owns the connections; an easy handle alone could not be woken */
    struct stop *stop;
    struct transfer transfer;
};

void httpc_response_clear(struct httpc_response *r)
{
    buf_clear(&r->body);
}

struct httpc *httpc_new(struct stop *stop)
{
    struct httpc *c = mem_alloc(1, sizeof(*c));

    transfer_init(&c->transfer);
    c->multi = curl_multi_init();
    assert(c->multi);
    c->stop = stop;
    return c;
}

void httpc_free(struct httpc *c)
{
    if (!c)
        return;
    transfer_clear(&c->transfer);
    (void)curl_multi_cleanup(c->multi);
    free(c);
}

/* Run the transfer to its end; false when asked to stop before. */
static bool run(struct httpc *c, CURLcode *code)
{
    for (;;) {
        struct curl_waitfd stop = {.fd = c->stop ? stop_fd(c->stop) : -1,
                                   .events = CURL_WAIT_POLLIN};
        int running = 0;
        int left = 0;
        const CURLMsg *done;
        CURLMcode m;

        if (c->stop && stop_requested(c->stop))
            return false;
        m = curl_multi_perform(c->multi, &running);
        assert(m == CURLM_OK);
        done = curl_multi_info_read(c->multi, &left);
        if (done) {
            *code = done->data.result;
            return true;
        }
        /* It also returns when libcurl's own next time-out is due. */
        m = curl_multi_poll(c->multi, &stop, c->stop ? 1 : 0, 60000, NULL);
        assert(m == CURLM_OK);
    }
}

bool httpc_call(struct httpc *c, const struct httpc_request *req,
                struct httpc_response *resp, struct error *err)
{
    struct transfer *t = &c->transfer;
    CURLcode code = CURLE_OK;
    bool ended;

    if (!transfer_begin(t, req, resp, err))
        return false;
    if (curl_multi_add_handle(c->multi, t->easy) != CURLM_OK)
        return transfer_error(t, ERR_IO, "cannot start", err);
    ended = run(c, &code);
    (void)curl_multi_remove_handle(c->multi, t->easy);
    if (!ended)
        return transfer_error(t, ERR_CANCELED, "asked to stop", err);
    return transfer_end(t, code, err);
}
