/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdbool.h>
#include <string.h>

#include "httpc/httpc.h"
#include "support/answers.h"

/* "hello", and 100 000 times "x". */
#define GZIP_HELLO                                                            \
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n" \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9"            \
    "\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00"
#define GZIP_BOMB                                                              \
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 132\r\n\r\n" \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00"             \
    "\x00\x00\xc2\xa0\xda\x8b\x6f\x0d\x0f\xa0\x00\x00\x00\x00\x00"             \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"             \
    "\x00\x80\x57\x03\x71\x11\x07\xfe\xa0\x86\x01\x00"

/* A row a line. */
/* clang-format off */
static const struct script scripts[] = {
    {"/ok", OK(2, "{}"), KEEP},
    {"/late", OK(2, "{}"), .delay_ms = 400, KEEP},
    {"/never", "", HANG},
    {"/gone", HEAD("410 Gone") "Content-Length: 7\r\n\r\nexpired", KEEP},
    {"/gzip", GZIP_HELLO, .length = sizeof(GZIP_HELLO) - 1, KEEP},
    {"/bomb", GZIP_BOMB, .length = sizeof(GZIP_BOMB) - 1, KEEP},
    {"/events",CHUNKED "3\r\n{1}\r\n3\r\n{2}\r\n3\r\n{3}\r\n", .piece = 29,
     .pause_ms = 10, HANG},
    {.path = NULL},
};
/* clang-format on */

static int start_server(void **state)
{
    *state = scripted_server_start(scripts);
    return 0;
}

struct listener {
    const struct httpc_response *resp;
    char text[64];
    size_t len, enough; /* take no more than so many bytes */
    int status, pieces;
};

static bool listen_to(void *arg, const char *bytes, size_t n)
{
    struct listener *l = arg;

    assert_true(l->len + n < sizeof(l->text));
    memcpy(l->text + l->len, bytes, n);
    l->len += n;
    l->status = l->resp->status;
    l->pieces++;
    return l->len < l->enough;
}

/* A row a case. */
/* clang-format off */
static const struct {
        const char *what, *path;
        struct httpc_request limits;
        size_t enough;
        const char *text;
        int status; /* 0: it ends with the kind */
        enum error_kind kind;
        const char *why;
} streams[] = {
    {"it falls silent", "/events", {.timeout_ms = -1, .silence_ms = 2000}, 99,
     "{1}{2}{3}", 0, ERR_TIMEOUT, "the answer fell silent"},
    {"it lasts too long", "/events", {.timeout_ms = 2000}, 99,
     "{1}{2}{3}", 0, ERR_TIMEOUT, ""},
    {"enough is heard", "/events", {.timeout_ms = -1}, 6,
     "{1}{2}", 0, ERR_IO, "not taken to its end"},
    {"it never begins", "/never", {.timeout_ms = -1, .head_timeout_ms = 100}, 99,
     "", 0, ERR_TIMEOUT, "did not begin in time"},
    {"it begins in time", "/late",
     {.timeout_ms = -1, .head_timeout_ms = 60000, .silence_ms = 300}, 99,
     "{}", 200, ERR_IO, ""},
    {"it is an error", "/gone", {.timeout_ms = -1}, 99,
     "expired", 410, ERR_IO, ""},
};
/* clang-format on */

static void a_stream_is_heard_as_it_comes_and_silence_ends_it(void **state)
{
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};

    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        struct listener l = {.resp = &resp, .enough = streams[i].enough};
        struct httpc_request req = streams[i].limits;
        struct error err = {.msg = ""};
        char url[128];
        bool ok;

        req.url = url_of(*state, streams[i].path, url);
        req.sink = listen_to;
        req.sink_arg = &l;
        ok = httpc_call(c, &req, &resp, &err);
        if (ok != (streams[i].status != 0) || (ok && resp.status != streams[i].status) ||
            (!ok && err.kind != streams[i].kind))
            fail_msg("%s: %d, kind %d, %s", streams[i].what, resp.status, err.kind,
                     err.msg);
        assert_non_null(strstr(err.msg, streams[i].why));
        l.text[l.len] = '\0';
        assert_string_equal(l.text, streams[i].text);
        assert_string_equal(buf_str(&resp.body), "");
        if (l.pieces)
            assert_int_equal(l.status, streams[i].status ? streams[i].status : 200);
    }
}

static void a_compressed_answer_is_measured_by_what_comes_out(void **state)
{
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new_with(&(struct httpc_options){.compressed = true});
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(500)};
    char url[128];
    char sent[4096];
    struct error err;
    struct httpc_request req = {.url = url_of(*state, "/gzip", url)};

    assert_true(httpc_call(c, &req, &resp, &err));
    assert_string_equal(buf_str(&resp.body), "hello");
    scripted_server_last(*state, sent, sizeof(sent));
    assert_non_null(strstr(sent, "\r\nAccept-Encoding: gzip\r\n"));
    req.url = url_of(*state, "/bomb", url);
    assert_false(httpc_call(c, &req, &resp, &err));
    assert_int_equal(err.kind, ERR_TOO_BIG);
}

static void a_user_and_a_password_are_sent(void **state)
{
    CLEANUP(httpc_freep)
    struct httpc *c =
        httpc_new_with(&(struct httpc_options){.user = "me", .password = "secret"});
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};
    char url[128];
    char sent[4096];
    struct error err;
    struct httpc_request req = {.url = url_of(*state, "/ok", url)};

    assert_true(httpc_call(c, &req, &resp, &err));
    scripted_server_last(*state, sent, sizeof(sent));
    assert_non_null(strstr(sent, "\r\nAuthorization: Basic bWU6c2VjcmV0\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_stream_is_heard_as_it_comes_and_silence_ends_it),
        WITH_SERVER(a_compressed_answer_is_measured_by_what_comes_out),
        WITH_SERVER(a_user_and_a_password_are_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
