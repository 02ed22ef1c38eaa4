/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/stop.h"
#include "httpc/httpc.h"
#include "support/answers.h"
#include "support/curl_faults.h"

/* A row a line. */
/* clang-format off */
static const struct script scripts[] = {
    {"/ok", OK(2, "{}"), KEEP},
    {"/dripping", OK(5, "hello"), .piece = 1, .pause_ms = 1, KEEP},
    {"/chunked", CHUNKED "3\r\nfoo\r\n4\r\nbar!\r\n0\r\n\r\n", KEEP},
    {"/until-close", HEAD("200 OK") "\r\nall of it", CLOSE},
    {"/busy", HEAD("429 Busy") "Retry-After: 7\r\nContent-Length: 4\r\n\r\nbusy", KEEP},
    {"/moved", HEAD("302 Found") "Location: /ok\r\nContent-Length: 0\r\n\r\n", KEEP},
    {"/forgetful", OK(2, "{}"), CLOSE}, /* no word of closing */
    {"/short-length", OK(10, "cut"), CLOSE},
    {"/short-chunk", CHUNKED "9\r\ncut", CLOSE},
    {"/no-last-chunk", CHUNKED "3\r\nfoo\r\n", CLOSE},
    {"/bad-chunk", CHUNKED "zz\r\nfoo\r\n0\r\n\r\n", CLOSE},
    {"/reset-in-body", OK(10, "cut"), RESET},
    {"/garbage", "\x01\x02 this is not HTTP\r\n\r\n", CLOSE},
    {"/ssh", "SSH-2.0-OpenSSH_9.2\r\n", CLOSE},
    {"/hang-up", "", CLOSE},
    {"/reset", "", RESET},
    {"/silent", "", HANG},
    {"/half", OK(10, "half"), HANG},
    {"/drip-for-ever", CHUNKED "1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n1\r\nx\r\n",
     .piece = 6, .pause_ms = 100, HANG},
    {"/long-length", OK(1000000, "xxxxxxxxxx"), .repeat = 200, HANG},
    {"/long-chunks", CHUNKED "8\r\n12345678\r\n8\r\n12345678\r\n8\r\n12345678\r\n", HANG},
    {.path = NULL},
};
/* clang-format on */

static int start_server(void **state)
{
    *state = scripted_server_start(scripts);
    return 0;
}

static void any_answer_is_a_success(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *body, *type;
        int64_t retry_after_ms;
    } rows[] = {
        {"/ok",          200, "{}",        "application/json", 0   },
        {"/dripping",    200, "hello",     "application/json", 0   },
        {"/chunked",     200, "foobar!",   "",                 0   },
        {"/until-close", 200, "all of it", "",                 0   },
        {"/busy",        429, "busy",      "",                 7000},
        {"/moved",       302, "",          "",                 0   }, /* redirections are not followed */
    };
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(100)};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char url[128];
        struct error err;
        struct httpc_request req = {.url = url_of(*state, rows[i].path, url)};

        if (!httpc_call(c, &req, &resp, &err))
            fail_msg("%s: %s", rows[i].path, err.msg);
        assert_int_equal(resp.status, rows[i].status);
        assert_string_equal(buf_str(&resp.body), rows[i].body);
        assert_string_equal(resp.content_type, rows[i].type);
        assert_int_equal(resp.retry_after_ms, rows[i].retry_after_ms);
    }
}

static void what_goes_wrong_has_its_kind(void **state)
{
    /* Only what never ends is to meet its timeout, on a busy machine, too. */
    static const struct {
        const char *path;
        enum error_kind kind;
    } rows[] = {
        {"/short-length",  ERR_INVALID},
        {"/short-chunk",   ERR_INVALID},
        {"/no-last-chunk", ERR_INVALID},
        {"/bad-chunk",     ERR_INVALID},
        {"/reset-in-body", ERR_INVALID},
        {"/garbage",       ERR_INVALID},
        {"/ssh",           ERR_INVALID},
        {"/silent",        ERR_TIMEOUT},
        {"/half",          ERR_TIMEOUT},
        {"/drip-for-ever", ERR_TIMEOUT},
        {"/long-length",   ERR_TOO_BIG},
        {"/long-chunks",   ERR_TOO_BIG},
        {"/hang-up",       ERR_IO     },
        {"/reset",         ERR_IO     },
    };
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char url[128];
        struct error err;
        struct httpc_request req = {.url = url_of(*state, rows[i].path, url),
                                    .timeout_ms =
                                        rows[i].kind == ERR_TIMEOUT ? 250 : 60000};

        if (httpc_call(c, &req, &resp, &err))
            fail_msg("%s: answered %d", rows[i].path, resp.status);
        if (err.kind != rows[i].kind)
            fail_msg("%s: kind %d: %s", rows[i].path, err.kind, err.msg);
        /* The client is as good as new. */
        req = (struct httpc_request){.url = url_of(*state, "/ok", url)};
        if (!httpc_call(c, &req, &resp, &err))
            fail_msg("after %s: %s", rows[i].path, err.msg);
        assert_string_equal(buf_str(&resp.body), "{}");
    }
}

/* A port where nobody listens, and nobody else will while the socket is there. */
static uint16_t closed_port(int *fd_out)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(here);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&here, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&here, &len), 0);
    *fd_out = fd;
    return ntohs(here.sin_port);
}

static void what_cannot_be_sent_has_its_kind_and_tells_no_secret(void **state)
{
    char refused[128];
    const struct {
        const char *url;
        enum error_kind kind;
        const char *msg; /* its beginning */
    } rows[] = {
        {refused,              ERR_NOT_FOUND, "GET http://127.0.0.1:"   },
        {"http://no.invalid/", ERR_NOT_FOUND, "GET http://no.invalid/: "},
        {"ftp://127.0.0.1/",   ERR_INVALID,   "GET ftp://127.0.0.1/: "  },
        {"http://",            ERR_INVALID,   "GET http://: "           },
        {"",                   ERR_INVALID,   "GET : "                  },
        {"http://[x",          ERR_INVALID,   "GET http://[x: "         },
        {"http://a b/",        ERR_INVALID,   "GET http://a b/: "       },
    };
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};
    int fd;

    (void)state;
    (void)snprintf(refused, sizeof(refused),
                   "http://me:secret@127.0.0.1:%u/x?token=secret", closed_port(&fd));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        struct httpc_request req = {.url = rows[i].url, .timeout_ms = 60000};

        assert_false(httpc_call(c, &req, &resp, &err));
        if (err.kind != rows[i].kind ||
            strncmp(err.msg, rows[i].msg, strlen(rows[i].msg)) != 0)
            fail_msg("%s: kind %d: %s", rows[i].url, err.kind, err.msg);
        assert_null(strstr(err.msg, "secret"));
    }
    (void)close(fd);
}

static void a_request_is_sent_as_it_was_asked_for(void **state)
{
    static const char *const headers[] = {"X-Prediction-Id: 7",
                                          "Content-Type: application/json", NULL};
    static const struct {
        struct httpc_request req;
        const char *line, *body;
    } rows[] = {
        {{.method = NULL},                                  "GET /ok?a=b HTTP/1.1\r\n",    ""                     },
        {{.body = "{}", .body_len = 2},                     "POST /ok?a=b HTTP/1.1\r\n",   "\r\n\r\n{}"           },
        {{.method = "POST"},                                "POST /ok?a=b HTTP/1.1\r\n",   "Content-Length: 0\r\n"},
        {{.method = "PATCH", .body = "[1]", .body_len = 3},
         "PATCH /ok?a=b HTTP/1.1\r\n",                                                     "\r\n\r\n[1]"          },
        {{.method = "DELETE"},                              "DELETE /ok?a=b HTTP/1.1\r\n", ""                     },
    };
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct httpc_request req = rows[i].req;
        char url[128];
        char sent[4096];
        struct error err;

        req.url = url_of(*state, "/ok?a=b", url);
        req.headers = headers;
        if (!httpc_call(c, &req, &resp, &err))
            fail_msg("%s", err.msg);
        scripted_server_last(*state, sent, sizeof(sent));
        assert_int_equal(strncmp(sent, rows[i].line, strlen(rows[i].line)), 0);
        assert_non_null(strstr(sent, rows[i].body));
        assert_non_null(strstr(sent, "\r\nX-Prediction-Id: 7\r\n"));
        assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
        assert_null(strstr(sent, "Expect"));
    }
    assert_int_equal(scripted_server_connections(*state), 1); /* kept all along */
}

static void a_kept_connection_that_died_is_replaced(void **state)
{
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};
    char url[128];
    struct httpc_request req = {.url = url_of(*state, "/forgetful", url)};

    for (int i = 0; i < 50; i++) {
        struct error err;

        if (!httpc_call(c, &req, &resp, &err))
            fail_msg("call %d: %s", i, err.msg);
    }
    assert_int_equal(scripted_server_requests(*state), 50);
}

struct stopper {
    struct stop *stop;
    int64_t asked_ms;
};

static void *stop_soon(void *arg)
{
    struct stopper *s = arg;

    (void)usleep(60 * 1000);
    s->asked_ms = clock_mono_ms();
    stop_request(s->stop);
    return NULL;
}

/* How long a call goes on after it was asked to stop. */
static int64_t ms_to_stop(const char *url)
{
    struct stopper stopper = {.stop = stop_new()};
    struct httpc *c = httpc_new(stopper.stop);
    struct httpc_response resp = {.body = BUF_INIT(1000)};
    struct httpc_request req = {.url = url};
    struct error err;
    pthread_t thread;
    int64_t end_ms;

    (void)pthread_create(&thread, NULL, stop_soon, &stopper);
    assert_false(httpc_call(c, &req, &resp, &err));
    end_ms = clock_mono_ms();
    assert_int_equal(err.kind, ERR_CANCELED);
    (void)pthread_join(thread, NULL);
    assert_false(httpc_call(c, &req, &resp, &err)); /* stopped is stopped */
    assert_int_equal(err.kind, ERR_CANCELED);
    httpc_response_clear(&resp);
    httpc_free(c);
    stop_free(stopper.stop);
    return end_ms - stopper.asked_ms;
}

static void a_running_call_ends_at_once_when_asked_to_stop(void **state)
{
    static const char *const paths[] = {"/silent", "/half", "/drip-for-ever"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        int64_t best_ms = INT64_MAX;
        char url[128];

        url_of(*state, paths[i], url);
        for (int tries = 0; tries < 30 && best_ms >= 50; tries++) { /* a busy machine */
            int64_t ms = ms_to_stop(url);

            best_ms = ms < best_ms ? ms : best_ms;
        }
        if (best_ms >= 50)
            fail_msg("%s: %lld ms", paths[i], (long long)best_ms);
    }
}

static void headers_of_an_answer_can_be_read(void **state)
{
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(20)};
    char url[128];
    struct error err;
    struct httpc_request req = {.url = url_of(*state, "/busy", url)};

    assert_null(httpc_response_header(&resp, "Retry-After"));
    assert_true(httpc_call(c, &req, &resp, &err));
    assert_string_equal(httpc_response_header(&resp, "retry-after"), "7");
    assert_null(httpc_response_header(&resp, "X-Bandit-Arm"));
    req.url = url_of(*state, "/reset", url);
    assert_false(httpc_call(c, &req, &resp, &err));
    assert_null(httpc_response_header(&resp, "Retry-After"));
}

/* It is a failure of the machine, not of the program, which goes on. */
static void a_libcurl_that_cannot_go_on_ends_the_call(void **state)
{
    CLEANUP(httpc_freep)
    struct httpc *c = httpc_new(NULL);
    CLEANUP(httpc_response_clear)
    struct httpc_response resp = {.body = BUF_INIT(100)};

    for (int i = 0; i < 2; i++) {
        char url[128];
        struct error err = {.msg = ""};
        struct httpc_request req = {.url = url_of(*state, "/dripping", url)};

        *(i ? &poll_fault : &perform_fault) = CURLM_OUT_OF_MEMORY;
        assert_false(httpc_call(c, &req, &resp, &err));
        perform_fault = poll_fault = CURLM_OK;
        assert_int_equal(err.kind, ERR_IO);
        assert_non_null(strstr(err.msg, curl_multi_strerror(CURLM_OUT_OF_MEMORY)));
        assert_true(httpc_call(c, &req, &resp, &err));
        assert_string_equal(buf_str(&resp.body), "hello");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(any_answer_is_a_success),
        WITH_SERVER(what_goes_wrong_has_its_kind),
        WITH_SERVER(a_request_is_sent_as_it_was_asked_for),
        WITH_SERVER(a_kept_connection_that_died_is_replaced),
        WITH_SERVER(a_running_call_ends_at_once_when_asked_to_stop),
        WITH_SERVER(headers_of_an_answer_can_be_read),
        WITH_SERVER(a_libcurl_that_cannot_go_on_ends_the_call),
        cmocka_unit_test(what_cannot_be_sent_has_its_kind_and_tells_no_secret),
    };

    /* A proxy would answer for hosts that do not exist. */
    (void)unsetenv("http_proxy");
    (void)unsetenv("all_proxy");
    (void)unsetenv("ALL_PROXY");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
