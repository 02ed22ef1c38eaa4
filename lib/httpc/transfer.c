/* SPDX-License-Identifier: Apache-2.0 */
#include "httpc/transfer.h"

#include <assert.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"

enum { DEFAULT_TIMEOUT_MS = 30000, CONNECT_TIMEOUT_MS = 10000 };

/* What a failure of libcurl means to our callers; anything else is ERR_IO. */
static const struct {
    CURLcode code;
    enum error_kind kind;
} failures[] = {
    {CURLE_COULDNT_CONNECT,       ERR_NOT_FOUND},
    {CURLE_COULDNT_RESOLVE_HOST,  ERR_NOT_FOUND},
    {CURLE_OPERATION_TIMEDOUT,    ERR_TIMEOUT  },
    {CURLE_PARTIAL_FILE,          ERR_INVALID  },
    {CURLE_WEIRD_SERVER_REPLY,    ERR_INVALID  },
    {CURLE_BAD_CONTENT_ENCODING,  ERR_INVALID  },
    {CURLE_URL_MALFORMAT,         ERR_INVALID  },
    {CURLE_UNSUPPORTED_PROTOCOL,  ERR_INVALID  }, /* also an answer of HTTP/0.9 */
    {CURLE_BAD_FUNCTION_ARGUMENT, ERR_INVALID  },
};

static void start_libcurl(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    assert(code == CURLE_OK);
    (void)code;
}

void transfer_init(struct transfer *t, const struct httpc_options *options)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, start_libcurl);
    *t = (struct transfer){.easy = curl_easy_init()};
    assert(t->easy);
    if (options)
        t->options = *options;
    if (t->options.connect_to) {
        CLEANUP(buf_clear)
        struct buf rule = BUF_INIT(1024);

        buf_printf(&rule, "::%s", t->options.connect_to); /* whatever the URL's */
        t->connect_to = curl_slist_append(NULL, buf_str(&rule));
        assert(t->connect_to);
    }
}

void transfer_clear(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->connect_to);
    *t = (struct transfer){.easy = NULL};
}

/* Each line of the answer's head; the last one is empty. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t take_head(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    long status = 0;

    t->heard_ms = clock_mono_ms();
    if (t->req->begun && size * n == 2 && bytes[0] == '\r') {
        (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 200)
            t->req->begun(t->req->sink_arg, (int)status);
    }
    return size * n;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    long status = 0;

    t->heard_ms = clock_mono_ms();
    if (!t->req->sink) {
        buf_add(&t->resp->body, bytes, size * n);
        return buf_ok(&t->resp->body) ? size * n : 0;
    }
    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->resp->status = (int)status;
    t->refused = !t->req->sink(t->req->sink_arg, bytes, size * n);
    return t->refused ? 0 : size * n;
}

static void add_header(struct transfer *t, const char *line)
{
    struct curl_slist *more = curl_slist_append(t->headers, line);

    assert(more);
    t->headers = more;
}

static void set_headers(struct transfer *t)
{
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    add_header(t, "Expect:"); /* no round trip to ask whether a body is welcome */
    for (const char *const *line = t->req->headers; line && *line; line++)
        add_header(t, *line);
    (void)curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
}

static const char *method_of(const struct httpc_request *req)
{
    if (req->method)
        return req->method;
    return req->body ? "POST" : "GET";
}

static void set_method(struct transfer *t)
{
    const char *method = method_of(t->req);

    if (t->req->body || strcmp(method, "POST") == 0) {
        (void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)t->req->body_len);
        (void)curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                               t->req->body ? t->req->body : "");
    } else if (strcmp(method, "HEAD") == 0) {
        (void)curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
    }
    (void)curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

/* A peer that vanished without a word is noticed within a minute, on a silent stream as
 * on an unanswered request: half a minute of silence, then probes. */
static int watch_peer(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    unsigned user_timeout_ms = 30000;

    (void)arg;
    (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms,
                     sizeof(user_timeout_ms));
    return CURL_SOCKOPT_OK;
}

static void set_text(const struct transfer *t, CURLoption option, const char *value)
{
    if (value && value[0])
        (void)curl_easy_setopt(t->easy, option, value);
}

static void set_options(const struct transfer *t)
{
    const struct httpc_options *o = &t->options;

    if (o->user && o->user[0]) {
        (void)curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        (void)curl_easy_setopt(t->easy, CURLOPT_USERNAME, o->user);
        (void)curl_easy_setopt(t->easy, CURLOPT_PASSWORD, o->password ? o->password : "");
    }
    if (t->connect_to)
        (void)curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
    set_text(t, CURLOPT_PROXY, o->proxy);
    if (o->ca_file && o->ca_file[0]) {
        (void)curl_easy_setopt(t->easy, CURLOPT_CAINFO, o->ca_file);
        /* else the system's folder of authorities is believed, too, and all of it is read
         * for each connection and kept: a megabyte */
        (void)curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
        /* With OpenSSL, libcurl would keep what it read for a day, and an authority that
         * was renewed meanwhile would not be believed. */
        (void)curl_easy_setopt(t->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    }
    set_text(t, CURLOPT_SSLCERT, o->cert_file);
    set_text(t, CURLOPT_SSLKEY, o->key_file);
    if (o->insecure) {
        (void)curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
        (void)curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (o->compressed)
        (void)curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

/* A proxy from the environment is for others than this machine. */
static bool is_loopback(const char *url)
{
    CURLU *u = curl_url();
    char *host = NULL;
    bool loopback = false;

    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        loopback = strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
                   text_starts_with(host, "127.");
    curl_free(host);
    curl_url_cleanup(u);
    return loopback;
}

/* What every request of ours has. */
static void set_habits(const struct transfer *t)
{
    (void)curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(t->easy, CURLOPT_QUICK_EXIT,
                           1L); /* no wait for the resolver */
    (void)curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPIDLE, 30L);
    (void)curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPINTVL, 10L);
    (void)curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, watch_peer);
    (void)curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "bandit-router/" BANDIT_VERSION);
    (void)curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
}

bool transfer_begin(struct transfer *t, const struct httpc_request *req,
                    struct httpc_response *resp, struct error *err)
{
    int64_t timeout_ms = req->timeout_ms ? req->timeout_ms : DEFAULT_TIMEOUT_MS;

    t->req = req;
    t->resp = resp;
    t->why[0] = '\0';
    t->heard_ms = 0;
    t->refused = false;
    buf_reset(&resp->body);
    resp->status = 0;
    resp->content_type[0] = '\0';
    resp->retry_after_ms = 0;
    resp->opaque = NULL;

    curl_easy_reset(t->easy);
    if (curl_easy_setopt(t->easy, CURLOPT_URL, req->url) != CURLE_OK)
        return transfer_error(t, ERR_INVALID, "not a URL", err);
    if (is_loopback(req->url))
        (void)curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    (void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->why);
    if (timeout_ms > 0)
        (void)curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
                               (long)(timeout_ms < INT_MAX ? timeout_ms : INT_MAX));
    (void)curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, take_head);
    (void)curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    (void)curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    set_habits(t);
    set_options(t);
    set_method(t);
    set_headers(t);
    return true;
}

const char *httpc_response_header_at(const struct httpc_response *r, const char *name,
                                     size_t index)
{
    struct curl_header *header = NULL;

    if (!r->opaque || curl_easy_header(r->opaque, name, index, CURLH_HEADER, -1, &header))
        return NULL;
    return header->value;
}

const char *httpc_response_header(const struct httpc_response *r, const char *name)
{
    return httpc_response_header_at(r, name, 0);
}

bool transfer_error(const struct transfer *t, enum error_kind kind, const char *why,
                    struct error *err)
{
    const char *url = t->req->url;
    const char *scheme = strstr(url, "://");
    const char *host = scheme ? scheme + 3 : url;
    size_t authority = strcspn(host, "/?#");
    const char *at = memchr(host, '@', authority);
    const char *shown = at ? at + 1 : host;

    return error_set(err, kind, "%s %.*s%.*s: %s", method_of(t->req), (int)(host - url),
                     url, (int)strcspn(shown, "?#"), shown, why);
}

static enum error_kind kind_of(CURLcode code)
{
    for (size_t i = 0; i < ARRAY_LEN(failures); i++)
        if (failures[i].code == code)
            return failures[i].kind;
    return ERR_IO;
}

bool transfer_end(struct transfer *t, CURLcode code, struct error *err)
{
    struct httpc_response *resp = t->resp;
    long status = 0;
    char *type = NULL;
    curl_off_t retry_s = 0;

    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!buf_ok(&resp->body)) {
        char why[64];

        (void)snprintf(why, sizeof(why), "the answer is larger than %zu bytes",
                       resp->body.max);
        return transfer_error(t, ERR_TOO_BIG, why, err);
    }
    if (t->refused)
        return transfer_error(t, ERR_IO, "the answer was not taken to its end", err);
    if (code == CURLE_RECV_ERROR && status) /* its beginning came */
        return transfer_error(t, ERR_INVALID, t->why, err);
    if (code != CURLE_OK)
        return transfer_error(t, kind_of(code),
                              t->why[0] ? t->why : curl_easy_strerror(code), err);
    resp->status = (int)status;
    resp->opaque = t->easy;
    (void)curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
    (void)snprintf(resp->content_type, sizeof(resp->content_type), "%s",
                   type ? type : "");
    (void)curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_s);
    resp->retry_after_ms = (int64_t)retry_s * 1000;
    return true;
}
