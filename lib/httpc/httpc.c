/* SPDX-License-Identifier: Apache-2.0 */
#include "httpc/httpc.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "httpc/pem_file.h"
#include "httpc/transfer.h"

struct httpc {
    CURLM *multi; /* owns the connections; an easy handle alone could not be woken */
    struct stop *stop;
    struct pem_file ca, cert, key;
    struct transfer transfer;
};

void httpc_response_clear(struct httpc_response *r)
{
    buf_clear(&r->body);
}

struct httpc *httpc_new_with(const struct httpc_options *options)
{
    struct httpc *c = mem_alloc(1, sizeof(*c));
    struct httpc_options o = *options;

    pem_file_init(&c->ca, o.ca_pem);
    pem_file_init(&c->cert, o.cert_pem);
    pem_file_init(&c->key, o.key_pem);
    o.ca_file = o.ca_pem ? c->ca.path : o.ca_file;
    o.cert_file = o.cert_pem ? c->cert.path : o.cert_file;
    o.key_file = o.key_pem ? c->key.path : o.key_file;
    transfer_init(&c->transfer, &o);
    c->multi = curl_multi_init();
    assert(c->multi);
    c->stop = options->stop;
    return c;
}

struct httpc *httpc_new(struct stop *stop)
{
    return httpc_new_with(&(struct httpc_options){.stop = stop});
}

void httpc_free(struct httpc *c)
{
    if (!c)
        return;
    transfer_clear(&c->transfer);
    (void)curl_multi_cleanup(c->multi);
    pem_file_clear(&c->ca);
    pem_file_clear(&c->cert);
    pem_file_clear(&c->key);
    free(c);
}

/* How long the call may go on in silence, and what for; at most a minute at a time. */
static int64_t patience_ms(const struct transfer *t, int64_t start_ms, const char **what)
{
    int64_t limit_ms = t->heard_ms ? t->req->silence_ms : t->req->head_timeout_ms;
    int64_t since_ms = t->heard_ms ? t->heard_ms : start_ms;
    int64_t left_ms;

    *what = t->heard_ms ? "the answer fell silent" : "the answer did not begin in time";
    if (limit_ms <= 0)
        return 60000;
    left_ms = since_ms + limit_ms - clock_mono_ms();
    return left_ms < 60000 ? left_ms : 60000;
}

/* Run the transfer to its end; false when it is ended before. */
static bool run(struct httpc *c, CURLcode *code, struct error *err)
{
    int64_t start_ms = clock_mono_ms();

    for (;;) {
        struct curl_waitfd stop = {.fd = c->stop ? stop_fd(c->stop) : -1,
                                   .events = CURL_WAIT_POLLIN};
        const char *what;
        int64_t wait_ms;
        int running = 0;
        int left = 0;
        const CURLMsg *done;
        CURLMcode m;

        if (c->stop && stop_requested(c->stop))
            return transfer_error(&c->transfer, ERR_CANCELED, "asked to stop", err);
        m = curl_multi_perform(c->multi, &running);
        if (m != CURLM_OK)
            return transfer_error(&c->transfer, ERR_IO, curl_multi_strerror(m), err);
        done = curl_multi_info_read(c->multi, &left);
        if (done) {
            *code = done->data.result;
            return true;
        }
        wait_ms = patience_ms(&c->transfer, start_ms, &what);
        if (wait_ms <= 0)
            return transfer_error(&c->transfer, ERR_TIMEOUT, what, err);
        /* It also returns when libcurl's own next time-out is due. */
        m = curl_multi_poll(c->multi, &stop, c->stop ? 1 : 0, (int)wait_ms, NULL);
        if (m != CURLM_OK)
            return transfer_error(&c->transfer, ERR_IO, curl_multi_strerror(m), err);
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
    ended = run(c, &code, err);
    (void)curl_multi_remove_handle(c->multi, t->easy);
    return ended && transfer_end(t, code, err);
}
