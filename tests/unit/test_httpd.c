/* SPDX-License-Identifier: Apache-2.0 */
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpd/httpd.h"
#include "support/client.h"
#include "support/test.h"

static void say_hello(void *arg, const struct httpd_request *req,
                      struct httpd_response *resp)
{
    (void)arg;
    resp->content_type = "text/plain";
    buf_printf(&resp->body, "hello %s q=%s a=%s\n", req->path,
               httpd_query(req, "q") ? httpd_query(req, "q") : "-",
               httpd_header(req, "x-a") ? httpd_header(req, "x-a") : "-");
    httpd_response_header(resp, "X-Extra", "once");
    httpd_response_header(resp, "X-Extra", "twice");
}

static void echo(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    (void)arg;
    buf_add(&resp->body, req->body, req->body_len);
}

static void add_value(void *arg, const char *value)
{
    buf_printf(arg, "[%s]", value);
}

static void list(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    (void)arg;
    httpd_query_each(req, "name[]", add_value, &resp->body);
}

static void released(void *arg)
{
    (void)atomic_fetch_add((atomic_int *)arg, 1);
}

static atomic_int releases;

static void shared(void *arg, const struct httpd_request *req,
                   struct httpd_response *resp)
{
    static const struct httpd_slice slices[] = {
        {"kept",      4},
        {" ",         1},
        {"elsewhere", 9}
    };

    (void)arg;
    (void)req;
    resp->slices = slices;
    resp->slice_count = ARRAY_LEN(slices);
    resp->release = released;
    resp->release_arg = &releases;
}

enum { MANY = 50000 };

/* More slices than fit into the memory of a connection. */
static void many(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    static struct httpd_slice slices[MANY];

    (void)arg;
    (void)req;
    for (size_t i = 0; i < MANY; i++)
        slices[i] = (struct httpd_slice){&"0123456789"[i % 10], 1 + i % 2 * (i % 10 < 9)};
    resp->slices = slices;
    resp->slice_count = MANY;
}

static atomic_int slow_began;

static void slow(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    static const struct timespec pause = {.tv_nsec = 300 * 1000 * 1000};

    (void)arg;
    (void)req;
    (void)atomic_fetch_add(&slow_began, 1);
    (void)nanosleep(&pause, NULL);
    buf_puts(&resp->body, "late");
}

/* More than an answer may have, from a handler that had begun well. */
static void overfull(void *arg, const struct httpd_request *req,
                     struct httpd_response *resp)
{
    shared(arg, req, resp);
    httpd_response_header(resp, "Content-Encoding", "gzip");
    (void)buf_room(&resp->body, HTTPD_BODY_MAX + 1);
}

static const struct httpd_route routes[] = {
    {"GET",  "/hello",    say_hello, 0,  NULL},
    {"POST", "/echo",     echo,      10, NULL},
    {"GET",  "/list",     list,      0,  NULL},
    {"GET",  "/shared",   shared,    0,  NULL},
    {"GET",  "/many",     many,      0,  NULL},
    {"GET",  "/slow",     slow,      0,  NULL},
    {"GET",  "/overfull", overfull,  0,  NULL},
    {"GET",  "/under/*",  say_hello, 0,  NULL},
    {"PUT",  "/hello",    echo,      10, NULL},
};

struct seen {
    atomic_int answers;
    atomic_int handled; /* by a row of the table */
    atomic_int last_status;
};

static void on_error(void *arg, int status, const char *message,
                     struct httpd_response *resp)
{
    (void)arg;
    resp->content_type = "application/json";
    buf_printf(&resp->body, "{\"error\":\"%s\",\"status\":%d}", message, status);
}

static void on_done(void *arg, const char *route, int status)
{
    struct seen *s = arg;

    atomic_store(&s->last_status, status);
    (void)atomic_fetch_add(&s->handled, *route != '\0');
    (void)atomic_fetch_add(&s->answers, 1);
}

static bool filter(void *arg, const struct httpd_request *req,
                   struct httpd_response *resp)
{
    (void)arg;
    httpd_response_header(resp, "X-Always", "yes");
    if (!httpd_header(req, "X-Stop"))
        return true;
    resp->status = 401;
    return false;
}

static struct httpd *start(unsigned pool, struct seen *seen, struct error *err)
{
    static const char *const listen[] = {"127.0.0.1:0"};
    struct httpd_options o = {
        .listen = listen,
        .listen_count = 1,
        .routes = routes,
        .route_count = ARRAY_LEN(routes),
        .arg = seen,
        .on_error = on_error,
        .on_done = on_done,
        .filter = filter,
        .pool_threads = pool,
    };

    return httpd_start(&o, err);
}

static const unsigned modes[] = {0, 1, 2};

static void requests_find_their_route(void **state)
{
    static const struct {
        const char *request;
        const char *status;
        const char *want;
        bool handled;
    } rows[] = {
        {"GET /hello?q=a%20b HTTP/1.1\r\nX-A: 1\r\n",        "200", "hello /hello q=a b a=1",
         true                                                                                             },
        {"GET /hello HTTP/1.1\r\n",                          "200", "\r\nX-Extra: twice\r\n",        true },
        {"GET /hello HTTP/1.1\r\n",                          "200", "\r\nX-Always: yes\r\n",         true },
        {"GET /under/the/sea HTTP/1.1\r\n",                  "200", "hello /under/the/sea",          true },
        {"GET /list?name[]=x&name[]=y&other=z HTTP/1.1\r\n", "200", "[x][y]",                        true },
        {"GET /nowhere HTTP/1.1\r\n",                        "404",
         "{\"error\":\"no such page\",\"status\":404}",                                              false},
        {"GET /nowhere HTTP/1.1\r\n",                        "404", "\r\nX-Always: yes\r\n",         false},
        {"DELETE /hello HTTP/1.1\r\n",                       "405", "\r\nAllow: GET, HEAD, PUT\r\n", false},
        {"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n",     "200",
         "\r\nContent-Length: 0\r\n",                                                                true },
        {"POST /echo HTTP/1.1\r\nContent-Length: 11\r\n",    "413", "too large",                     false},
        {"GET /hello HTTP/1.1\r\nContent-Length: 1\r\n",     "413", "too large",                     false},
        {"GET /shared HTTP/1.1\r\n",                         "200", "kept elsewhere",                true },
        {"GET /hello HTTP/1.1\r\nX-Stop: 1\r\n",             "401", "\r\nX-Always: yes\r\n",         false},
    };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);
        int handled = 0;

        assert_non_null(h);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            CLEANUP(buf_clear)
            struct buf answer = BUF_INIT(65536);
            char request[512];

            (void)snprintf(request, sizeof(request),
                           "%sHost: x\r\nConnection: close\r\n\r\n", rows[i].request);
            assert_true(client_talk(httpd_port(h, 0), request, &answer));
            if (strncmp(buf_str(&answer) + 9, rows[i].status, 3) != 0 ||
                !strstr(buf_str(&answer), rows[i].want))
                fail_msg("mode %u: %s gave %s", modes[m], rows[i].request,
                         buf_str(&answer));
            handled += rows[i].handled;
        }
        httpd_stop(h, 1000);
        assert_int_equal(atomic_load(&seen.answers), ARRAY_LEN(rows));
        assert_int_equal(atomic_load(&seen.handled), handled);
    }
    assert_int_equal(atomic_load(&releases), ARRAY_LEN(modes));
}

static void a_head_request_gets_the_head_of_the_get(void **state)
{
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(65536);
    struct seen seen = {0};
    struct error err;
    struct httpd *h = start(0, &seen, &err);

    (void)state;
    assert_true(client_talk(httpd_port(h, 0),
                            "HEAD /shared HTTP/1.1\r\nHost: x\r\n"
                            "Connection: close\r\n\r\n",
                            &answer));
    assert_non_null(strstr(buf_str(&answer), "Content-Length: 14\r\n"));
    assert_null(strstr(buf_str(&answer), "kept elsewhere"));
    httpd_stop(h, 1000);
}

static void of_an_answer_that_cannot_be_given_nothing_stays(void **state)
{
    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        CLEANUP(buf_clear)
        struct buf answer = BUF_INIT(65536);
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);
        int before = atomic_load(&releases);

        assert_true(client_talk(httpd_port(h, 0),
                                "GET /overfull HTTP/1.1\r\nHost: x\r\n"
                                "Connection: close\r\n\r\n",
                                &answer));
        httpd_stop(h, 1000);
        assert_memory_equal(buf_str(&answer) + 9, "500", 3);
        assert_null(strstr(buf_str(&answer), "Content-Encoding"));
        assert_non_null(strstr(buf_str(&answer), "\r\nX-Always: yes\r\n"));
        assert_non_null(strstr(buf_str(&answer), "\"status\":500"));
        assert_int_equal(atomic_load(&releases), before + 1);
    }
}

/* The linker has lib/httpd call this (see areas/web.cmake). */
typedef struct MHD_Response *create_fn(uint64_t size, size_t block,
                                       MHD_ContentReaderCallback read, void *arg,
                                       MHD_ContentReaderFreeCallback release);
create_fn real_create __asm__("__real_MHD_create_response_from_callback");
create_fn failing_create __asm__("__wrap_MHD_create_response_from_callback");

static atomic_bool no_memory;

struct MHD_Response *failing_create(uint64_t size, size_t block,
                                    MHD_ContentReaderCallback read, void *arg,
                                    MHD_ContentReaderFreeCallback release)
{
    return atomic_load(&no_memory) ? NULL : real_create(size, block, read, arg, release);
}

static void slices_are_released_when_there_is_no_memory_for_the_answer(void **state)
{
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(65536);
    struct seen seen = {0};
    struct error err;
    struct httpd *h = start(1, &seen, &err);
    int before = atomic_load(&releases);

    (void)state;
    atomic_store(&no_memory, true);
    assert_true(client_talk(httpd_port(h, 0), "GET /shared HTTP/1.1\r\nHost: x\r\n\r\n",
                            &answer));
    atomic_store(&no_memory, false);
    httpd_stop(h, 1000);
    assert_int_equal(answer.len, 0); /* the connection was closed */
    assert_int_equal(atomic_load(&releases), before + 1);
}

static void an_answer_may_have_many_slices(void **state)
{
    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        CLEANUP(buf_clear)
        struct buf answer = BUF_INIT(1024 * 1024);
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);
        const char *body;
        size_t want = 0;

        assert_true(client_talk(httpd_port(h, 0),
                                "GET /many HTTP/1.1\r\nHost: x\r\n"
                                "Connection: close\r\n\r\n",
                                &answer));
        httpd_stop(h, 1000);
        body = strstr(buf_str(&answer), "\r\n\r\n");
        assert_non_null(body);
        body += 4;
        for (size_t i = 0; i < MANY; i++)
            for (size_t k = 0; k < 1 + i % 2 * (i % 10 < 9); k++)
                if (body[want++] != (char)('0' + (i % 10 + k) % 10))
                    fail_msg("mode %u, slice %zu", modes[m], i);
        assert_int_equal(strlen(body), want);
    }
}

static void bodies_arrive_in_pieces(void **state)
{
    static const struct {
        const char *body;
        const char *status;
        const char *want;
    } rows[] = {
        {"5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n",  "200", "\r\n\r\nabcdefghij"},
        {"5\r\nabcde\r\n6\r\nfghijk\r\n0\r\n\r\n", "413", "too large"         },
    };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);

        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            CLEANUP(buf_clear)
            struct buf answer = BUF_INIT(65536);
            int fd = client_connect(httpd_port(h, 0));

            assert_true(client_puts(fd, "POST /echo HTTP/1.1\r\nHost: x\r\n"
                                        "Connection: close\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n"));
            for (const char *p = rows[i].body; *p; p++)
                assert_true(client_send(fd, p, 1));
            assert_true(client_read_all(fd, &answer, CLIENT_PATIENCE_MS));
            (void)close(fd);
            if (strncmp(buf_str(&answer) + 9, rows[i].status, 3) != 0 ||
                !strstr(buf_str(&answer), rows[i].want))
                fail_msg("%s", buf_str(&answer));
        }
        httpd_stop(h, 1000);
    }
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(65536);
    struct seen seen = {0};
    struct error err;
    struct httpd *h = start(2, &seen, &err);
    const char *first, *second, *third;

    (void)state;
    assert_true(client_talk(httpd_port(h, 0),
                            "GET /hello?q=one HTTP/1.1\r\nHost: x\r\n\r\n"
                            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
                            "two"
                            "GET /hello?q=three HTTP/1.1\r\nHost: x\r\n"
                            "Connection: close\r\n\r\n",
                            &answer));
    first = strstr(buf_str(&answer), "q=one");
    second = strstr(buf_str(&answer), "\r\n\r\ntwo");
    third = strstr(buf_str(&answer), "q=three");
    if (!(first && second && third && first < second && second < third))
        fail_msg("%s", buf_str(&answer));
    httpd_stop(h, 1000);
    assert_int_equal(atomic_load(&seen.answers), 3);
}

static void *ask_slowly(void *arg)
{
    struct buf *answer = arg;
    uint16_t port;

    memcpy(&port, buf_str(answer), sizeof(port));
    buf_reset(answer);
    (void)client_talk(port, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", answer);
    return NULL;
}

static void a_stop_lets_running_requests_finish(void **state)
{
    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        CLEANUP(buf_clear)
        struct buf answer = BUF_INIT(65536);
        static const struct timespec pause = {.tv_nsec = 1000 * 1000};
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);
        uint16_t port = httpd_port(h, 0);
        pthread_t thread;

        atomic_store(&slow_began, 0);
        buf_add(&answer, &port, sizeof(port));
        assert_int_equal(pthread_create(&thread, NULL, ask_slowly, &answer), 0);
        while (!atomic_load(&slow_began))
            (void)nanosleep(&pause, NULL);
        httpd_stop(h, CLIENT_PATIENCE_MS);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_non_null(strstr(buf_str(&answer), "late"));
        assert_int_equal(client_connect(port), -1);
    }
}

static bool is_ended(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&p, 1, CLIENT_PATIENCE_MS) == 1 && read(fd, &byte, 1) <= 0;
}

static void who_says_nothing_is_ended(void **state)
{
    static const char part[] = "GET /hello HTTP/1.1\r\nHost: x\r\nX-Unfinished: ";
    static const char *const listen[] = {"127.0.0.1:0"};

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        struct httpd_options o = {
            .listen = listen,
            .listen_count = 1,
            .routes = routes,
            .route_count = ARRAY_LEN(routes),
            .pool_threads = modes[m],
            .request_timeout_s = 1,
        };
        struct error err;
        struct httpd *h = httpd_start(&o, &err);
        int silent = client_connect(httpd_port(h, 0));
        int unfinished = client_connect(httpd_port(h, 0));

        assert_true(silent >= 0 && unfinished >= 0);
        assert_int_equal(write(unfinished, part, sizeof(part) - 1), sizeof(part) - 1);
        assert_true(is_ended(silent) && is_ended(unfinished));
        (void)close(silent);
        (void)close(unfinished);
        httpd_stop(h, 1000);
    }
}

/* Where answers of one connection differ: in bytes only, in length, in a header, in its
 * absence, in where the body is kept. */
static void answers_of_one_connection_do_not_mix(void **state)
{
    static const struct {
        const char *request;
        const char *body;
        const char *header; /* NULL: no X-Extra */
    } rows[] = {
        {"POST /echo HTTP/1.1\r\nContent-Length: 3\r\n", "one",                                         NULL   },
        {"POST /echo HTTP/1.1\r\nContent-Length: 3\r\n", "two",                                         NULL   },
        {"POST /echo HTTP/1.1\r\nContent-Length: 5\r\n", "three",                                       NULL   },
        {"GET /hello?q=1 HTTP/1.1\r\n",                  "hello /hello q=1 a=-\n",                      "twice"},
        {"GET /hello?q=2 HTTP/1.1\r\n",                  "hello /hello q=2 a=-\n",                      "twice"},
        {"GET /shared HTTP/1.1\r\n",                     "kept elsewhere",                              NULL   },
        {"POST /echo HTTP/1.1\r\nContent-Length: 3\r\n", "six",                                         NULL   },
        {"GET /nowhere HTTP/1.1\r\n",                    "{\"error\":\"no such page\",\"status\":404}",
         NULL                                                                                                  },
        {"POST /echo HTTP/1.1\r\nContent-Length: 0\r\n", "",                                            NULL   },
        {"POST /echo HTTP/1.1\r\nContent-Length: 3\r\n", "six",                                         NULL   },
    };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        CLEANUP(buf_clear)
        struct buf requests = BUF_INIT(65536);
        CLEANUP(buf_clear)
        struct buf answers = BUF_INIT(65536);
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);
        const char *at;

        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            buf_printf(&requests, "%sHost: x\r\n%s\r\n%s", rows[i].request,
                       i + 1 == ARRAY_LEN(rows) ? "Connection: close\r\n" : "",
                       rows[i].request[0] == 'P' ? rows[i].body : "");
        assert_true(client_talk(httpd_port(h, 0), buf_str(&requests), &answers));
        at = buf_str(&answers);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            char length[64];
            const char *body = strstr(at, "\r\n\r\n");
            const char *extra = strstr(at, "X-Extra: ");

            (void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n",
                           strlen(rows[i].body));
            assert_non_null(body);
            if (strncmp(body + 4, rows[i].body, strlen(rows[i].body)) != 0 ||
                strstr(at, length) > body || !strstr(at, length) ||
                (rows[i].header ? !extra || extra > body ||
                                      strncmp(extra + 9, rows[i].header, 5) != 0
                                : extra && extra < body))
                fail_msg("mode %u, answer %zu: %s", modes[m], i, at);
            at = body + 4 + strlen(rows[i].body);
        }
        assert_string_equal(at, "");
        httpd_stop(h, 1000);
    }
}

/* Requests come in whole, one at a time, or in halves, more of them at once than a thread
 * keeps memory for. */
static void answers_of_many_connections_do_not_mix(void **state)
{
    enum { CONNECTIONS = 30, ROUNDS = 3 };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);

        for (int round = 0; round < ROUNDS; round++) {
            int fds[CONNECTIONS];

            for (int i = 0; i < CONNECTIONS; i++) {
                fds[i] = client_connect(httpd_port(h, 0));
                assert_true(client_puts(fds[i], "POST /echo HTTP/1.1\r\nHost: x\r\n"
                                                "Connection: close\r\n"
                                                "Content-Length: 6\r\n\r\none"));
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                CLEANUP(buf_clear)
                struct buf answer = BUF_INIT(65536);
                char rest[4], want[16];

                (void)snprintf(rest, sizeof(rest), "%03d", i);
                (void)snprintf(want, sizeof(want), "\r\n\r\none%03d", i);
                assert_true(client_puts(fds[i], rest));
                assert_true(client_read_all(fds[i], &answer, 5000));
                (void)close(fds[i]);
                if (!strstr(buf_str(&answer), want))
                    fail_msg("mode %u: %s", modes[m], buf_str(&answer));
            }
        }
        httpd_stop(h, 1000);
        assert_int_equal(atomic_load(&seen.answers), ROUNDS * CONNECTIONS);
    }
}

static bool is_dated(const char *answer, time_t when)
{
    char want[64];
    struct tm tm;

    (void)gmtime_r(&when, &tm);
    (void)strftime(want, sizeof(want), "\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    return strstr(answer, want) != NULL;
}

static int count(const char *text, const char *what)
{
    int n = 0;

    while ((text = strstr(text, what)) && ++n)
        text++;
    return n;
}

/* One date, that of now, though the answers before were alike. */
static void answers_are_dated(void **state)
{
    static const struct timespec pause = {.tv_nsec = 600 * 1000 * 1000};

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        struct seen seen = {0};
        struct error err;
        struct httpd *h = start(modes[m], &seen, &err);

        for (int i = 0; i < 6; i++) {
            CLEANUP(buf_clear)
            struct buf answer = BUF_INIT(65536);
            const char *text;
            time_t when = time(NULL);
            bool right;

            assert_true(client_talk(httpd_port(h, 0),
                                    "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
                                    "GET /hello HTTP/1.1\r\nHost: x\r\n"
                                    "Connection: close\r\n\r\n",
                                    &answer));
            text = buf_str(&answer);
            right = is_dated(text, when);
            while (when < time(NULL))
                right = is_dated(text, ++when) || right;
            if (!right || count(text, "\r\nDate: ") != count(text, "HTTP/1.1 200"))
                fail_msg("%s", text);
            if (i % 2)
                (void)nanosleep(&pause, NULL);
        }
        httpd_stop(h, 1000);
    }
}

static void addresses_are_checked(void **state)
{
    static const struct {
        const char *address;
        const char *want; /* NULL: it works */
    } rows[] = {
        {"127.0.0.1:0",         NULL                               },
        {"[::1]:0",             NULL                               },
        {":0",                  NULL                               },
        {"localhost:0",         NULL                               },
        {"127.0.0.1",           "host:port wanted"                 },
        {"::1:80",              "an IPv6 address goes in brackets" },
        {"127.0.0.1:http",      "port"                             },
        {"127.0.0.1:70000",     "port"                             },
        {"no.such.invalid.:80", "cannot listen on no.such.invalid."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct httpd_options o = {.listen = &rows[i].address, .listen_count = 1};
        struct error err = {0};
        struct httpd *h = httpd_start(&o, &err);

        if (!rows[i].want && !h && strstr(err.msg, "Cannot assign"))
            continue; /* a machine without IPv6 */
        if (!rows[i].want != !!h || (rows[i].want && !strstr(err.msg, rows[i].want)))
            fail_msg("%s: %s", rows[i].address, err.msg);
        httpd_stop(h, 0);
    }
}

static void a_taken_address_is_named(void **state)
{
    struct seen seen = {0};
    struct error err;
    struct httpd *h = start(0, &seen, &err);
    char taken[64];
    const char *listen = taken;
    struct httpd_options o = {.listen = &listen, .listen_count = 1};

    (void)state;
    (void)snprintf(taken, sizeof(taken), "127.0.0.1:%d", httpd_port(h, 0));
    assert_null(httpd_start(&o, &err));
    assert_non_null(strstr(err.msg, taken));
    assert_non_null(strstr(err.msg, "in use"));
    httpd_stop(h, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_find_their_route),
        cmocka_unit_test(a_head_request_gets_the_head_of_the_get),
        cmocka_unit_test(of_an_answer_that_cannot_be_given_nothing_stays),
        cmocka_unit_test(slices_are_released_when_there_is_no_memory_for_the_answer),
        cmocka_unit_test(an_answer_may_have_many_slices),
        cmocka_unit_test(bodies_arrive_in_pieces),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_stop_lets_running_requests_finish),
        cmocka_unit_test(who_says_nothing_is_ended),
        cmocka_unit_test(answers_of_one_connection_do_not_mix),
        cmocka_unit_test(answers_of_many_connections_do_not_mix),
        cmocka_unit_test(answers_are_dated),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(a_taken_address_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
