/* SPDX-License-Identifier: Apache-2.0 */
/* Connections, credentials and retries; the verbs stand in verbs.c. */
#include "kube/client.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "kube/call.h"
#include "kube/status.h"

enum {
    TIMEOUT_MS = 30000,
    PATIENCE_MS = 60000,
    RETRY_AFTER_MAX_MS = 30000,
    RETRIES_MAX = 10,
    DRAIN_TIMEOUT_MS = 5000,
    HEAD_TIMEOUT_MS = 30000, /* of a stream */
    REFUSAL_BYTES_MAX = 1 << 20,
    URL_BYTES_MAX = 16 * 1024,
    IDLE_MAX = 8,
};

/* One kept connection and whom it speaks for. */
struct connection {
    struct connection *next;
    struct httpc *http;
    struct kube_identity identity;
};

struct kube_client {
    struct kube_client_options o;
    char *base;           /* what paths are put behind */
    char *connect_to;     /* or NULL */
    pthread_mutex_t lock; /* guards: */
    struct connection *idle;
    size_t idle_count;
};

/* ---- life ----------------------------------------------------------------------------
 */

/* With a server name of its own, the URL has that name, and the connection goes to the
 * server's address. */
static void set_base(struct kube_client *c, const struct kube_config *config)
{
    struct buf base = BUF_INIT(URL_BYTES_MAX);
    struct buf to = BUF_INIT(URL_BYTES_MAX);
    const char *host = strstr(config->server, "://") + 3;
    size_t host_length = strcspn(host, "/");
    const char *end = host + host_length;
    const char *colon = end;

    if (!config->server_name) {
        c->base = mem_strdup(config->server);
        return;
    }
    while (colon > host && *colon != ':' && *colon != ']')
        colon--;
    if (colon == host || *colon == ']')
        colon = end; /* no port */
    buf_add(&base, config->server, (size_t)(host - config->server));
    buf_puts(&base, config->server_name);
    buf_puts(&base, colon);
    buf_add(&to, host, (size_t)(colon - host));
    buf_putc(&to, ':'); /* curl takes an empty port for the URL's */
    c->base = buf_take(&base);
    c->connect_to = buf_take(&to);
}

struct kube_client *kube_client_new(const struct kube_client_options *options)
{
    struct kube_client *c = mem_alloc(1, sizeof(*c));

    c->o = *options;
    if (!c->o.timeout_ms)
        c->o.timeout_ms = TIMEOUT_MS;
    if (!c->o.patience_ms)
        c->o.patience_ms = PATIENCE_MS;
    set_base(c, kube_access_config(options->access));
    (void)pthread_mutex_init(&c->lock, NULL);
    return c;
}

static void connection_free(struct connection *n)
{
    httpc_free(n->http);
    kube_identity_clear(&n->identity);
    free(n);
}

void kube_client_free(struct kube_client *c)
{
    if (!c)
        return;
    while (c->idle) {
        struct connection *next = c->idle->next;

        connection_free(c->idle);
        c->idle = next;
    }
    (void)pthread_mutex_destroy(&c->lock);
    free(c->base);
    free(c->connect_to);
    free(c);
}

/* ---- connections ---------------------------------------------------------------------
 */

static struct connection *take(struct kube_client *c)
{
    struct connection *n;

    (void)pthread_mutex_lock(&c->lock);
    n = c->idle;
    if (n) {
        c->idle = n->next;
        c->idle_count--;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return n ? n : mem_alloc(1, sizeof(*n));
}

static void give_back(struct kube_client *c, struct connection *n)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->idle_count < IDLE_MAX) {
        n->next = c->idle;
        c->idle = STEAL(n);
        c->idle_count++;
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (n)
        connection_free(n);
}

/* Who we are is part of a TLS connection only when it is a certificate; a new token goes
 * with the next request. */
static bool prepare(const struct kube_client *c, struct connection *n, struct error *err)
{
    const struct kube_config *config = kube_access_config(c->o.access);
    uint64_t version = n->identity.version;

    if (!kube_access_identify(c->o.access, &n->identity,
                              c->o.stop ? c->o.stop : c->o.drain, err))
        return false;
    if (strcspn(buf_str(&n->identity.bearer), "\r\n") != n->identity.bearer.len)
        return error_set(err, ERR_INVALID, "the token holds a line break");
    if (n->http && version != n->identity.version && config->exec.command) {
        httpc_free(n->http);
        n->http = NULL;
    }
    if (!n->http)
        n->http = httpc_new_with(&(struct httpc_options){
            .stop = c->o.stop,
            .user = config->user,
            .password = config->password,
            .ca_file = config->ca_file,
            .ca_pem = config->ca_pem,
            .cert_file = config->cert_file,
            .key_file = config->key_file,
            .cert_pem = n->identity.cert_pem ? n->identity.cert_pem : config->cert_pem,
            .key_pem = n->identity.key_pem ? n->identity.key_pem : config->key_pem,
            .insecure = config->insecure,
            .connect_to = c->connect_to,
            .proxy = config->proxy_url,
            .compressed = true,
        });
    return true;
}

/* ---- one exchange --------------------------------------------------------------------
 */

/* A stream's body goes to its sink; that of a refusal is kept, for it says why. */
struct stream {
    const struct kube_client *client;
    const struct kube_call *call;
    const struct httpc_response *response;
    struct buf refusal;
    bool reported;
};

/* Once for each request, as soon as its answer begins: a watch lasts for minutes. */
static void report(struct stream *s, int status)
{
    const struct kube_client_options *o = &s->client->o;

    if (!s->reported && o->report)
        o->report(o->hook_arg, s->call->method, status);
    s->reported = true;
}

static bool to_sink(void *arg, const char *bytes, size_t n)
{
    struct stream *s = arg;

    if (s->response->status == 200)
        return s->call->sink(s->call->sink_arg, bytes, n);
    buf_add(&s->refusal, bytes, n);
    return true;
}

static void on_begun(void *arg, int status)
{
    struct stream *s = arg;

    report(s, status);
    if (status == 200 && s->call->begun)
        s->call->begun(s->call->sink_arg, status);
}

/* `299 - "text"`, of which we hand on the text. */
static void hand_on_warning(const struct kube_client *c, const char *value)
{
    const char *quote = strchr(value, '"');
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(URL_BYTES_MAX);

    for (const char *p = quote ? quote + 1 : value; *p && !(quote && *p == '"'); p++) {
        if (*p == '\\' && p[1])
            p++;
        buf_putc(&text, *p);
    }
    c->o.warn(c->o.hook_arg, buf_str(&text));
}

/* Each has a header of its own. */
static void hand_on_warnings(const struct kube_client *c,
                             const struct httpc_response *response)
{
    const char *value;

    for (size_t i = 0;
         c->o.warn && (value = httpc_response_header_at(response, "Warning", i)); i++)
        hand_on_warning(c, value);
}

/* Transport errors of ours: the kinds of httpc.h that callers of the API would take for
 * something that the server said. */
static bool transport_error(struct error *err)
{
    if (err->kind == ERR_NOT_FOUND || err->kind == ERR_INVALID)
        err->kind = ERR_IO;
    return false;
}

static bool draining(const struct kube_client *c)
{
    return c->o.drain && stop_requested(c->o.drain);
}

static int64_t timeout_of(const struct kube_client *c, const struct kube_call *call)
{
    int64_t timeout_ms = call->timeout_ms ? call->timeout_ms : c->o.timeout_ms;

    return draining(c) && timeout_ms > DRAIN_TIMEOUT_MS ? DRAIN_TIMEOUT_MS : timeout_ms;
}

static bool exchange(const struct kube_client *c, struct connection *n,
                     const struct kube_call *call, struct httpc_response *response,
                     struct error *err)
{
    CLEANUP(buf_clear)
    struct buf url = BUF_INIT(URL_BYTES_MAX);
    CLEANUP(buf_clear)
    struct buf bearer = BUF_INIT(128 * 1024);
    CLEANUP(buf_clear)
    struct buf type = BUF_INIT(256);
    CLEANUP(buf_clear)
    struct buf agent = BUF_INIT(256);
    struct stream stream = {.client = c,
                            .call = call,
                            .response = response,
                            .refusal = BUF_INIT(REFUSAL_BYTES_MAX)};
    const char *headers[5] = {"Accept: application/json"};
    size_t count = 1;
    bool ok;

    buf_printf(&url, "%s%s", c->base, call->path);
    buf_printf(&agent, "User-Agent: %s",
               c->o.user_agent ? c->o.user_agent : "bandit-router/" BANDIT_VERSION);
    headers[count++] = buf_str(&agent);
    if (n->identity.bearer.len) {
        buf_printf(&bearer, "Authorization: Bearer %s", buf_str(&n->identity.bearer));
        headers[count++] = buf_str(&bearer);
    }
    if (call->body) {
        buf_printf(&type, "Content-Type: %s", call->content_type);
        headers[count++] = buf_str(&type);
    }
    ok = httpc_call(n->http,
                    &(struct httpc_request){
                        .method = call->method,
                        .url = buf_str(&url),
                        .headers = headers,
                        .body = call->body ? buf_str(call->body) : NULL,
                        .body_len = call->body ? call->body->len : 0,
                        .timeout_ms = timeout_of(c, call),
                        .head_timeout_ms = call->sink ? HEAD_TIMEOUT_MS : 0,
                        .sink = call->sink ? to_sink : NULL,
                        .begun = on_begun,
                        .sink_arg = &stream,
                    },
                    response, err);
    report(&stream, 0);
    if (ok && stream.refusal.len)
        buf_add(&response->body, buf_str(&stream.refusal), stream.refusal.len);
    buf_clear(&stream.refusal);
    return ok || transport_error(err);
}

/* ---- until it is settled -------------------------------------------------------------
 */

struct attempts {
    int64_t until_ms; /* monotonic: repetitions begin no later */
    int left;
    bool refreshed;
};

/* True when asked to stop, or to hurry. */
static bool pause_ms(const struct kube_client *c, int64_t ms)
{
    struct pollfd fds[] = {
        {.fd = c->o.stop ? stop_fd(c->o.stop) : -1,   .events = POLLIN},
        {.fd = c->o.drain ? stop_fd(c->o.drain) : -1, .events = POLLIN},
    };

    return poll(fds, ARRAY_LEN(fds), (int)ms) > 0;
}

/* Is there a reason to ask again? Waits as long as the server wants. */
static bool again(const struct kube_client *c, struct attempts *a, struct connection *n,
                  const struct httpc_response *response)
{
    int64_t wait_ms = response->retry_after_ms;

    if (response->status == 401 && !a->refreshed) {
        a->refreshed = true;
        kube_access_refused(c->o.access, n->identity.version);
        return true;
    }
    if ((response->status != 429 && response->status < 500) || wait_ms <= 0 ||
        a->left-- <= 0 || draining(c))
        return false;
    if (wait_ms > RETRY_AFTER_MAX_MS)
        wait_ms = RETRY_AFTER_MAX_MS;
    return clock_mono_ms() + wait_ms <= a->until_ms && !pause_ms(c, wait_ms);
}

/* One exchange; *done: it is settled. */
static bool attempt(struct kube_client *c, struct connection *n,
                    const struct kube_call *call, struct attempts *a,
                    struct httpc_response *response, bool *done, struct error *err)
{
    bool ok = prepare(c, n, err) && exchange(c, n, call, response, err);

    *done = true;
    if (!ok)
        return false;
    hand_on_warnings(c, response);
    if (response->status >= 200 && response->status < 300)
        return true;
    *done = !again(c, a, n, response);
    (void)kube_status_error_text(response->status, buf_str(&response->body),
                                 response->body.len, err);
    return error_wrap(err, "%s %s%.*s", call->method, c->base,
                      (int)strcspn(call->path, "?"), call->path);
}

bool kube_call(struct kube_client *c, const struct kube_call *call, struct buf *answer,
               struct error *err)
{
    struct attempts a = {.until_ms = clock_mono_ms() + c->o.patience_ms,
                         .left = RETRIES_MAX};
    struct httpc_response response = {.body = *answer};
    struct connection *n = take(c);
    bool done = false;
    bool ok = false;

    while (!done)
        ok = attempt(c, n, call, &a, &response, &done, err);
    give_back(c, n);
    *answer = response.body;
    if (call->status)
        *call->status = response.status;
    return ok;
}
