/* SPDX-License-Identifier: Apache-2.0 */
/* The web side as its clients see it: how many scrapes run at a time. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "support/client.h"
#include "support/test.h"
#include "web/web.h"

enum { TRIES = 20000 }; /* of a millisecond and more */

static const char scrape[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

/* Scrapes come in, and stay until the gate is opened. */
struct gate {
    atomic_int inside;
    atomic_bool open;
};

static void a_moment(void)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void wait_at_gate(void *arg, const struct httpd_request *req,
                         struct httpd_response *resp)
{
    struct gate *g = arg;

    (void)req;
    (void)atomic_fetch_add(&g->inside, 1);
    while (!atomic_load(&g->open))
        a_moment();
    (void)atomic_fetch_sub(&g->inside, 1);
    httpd_response_text(resp, 200, "through\n");
}

static struct web *start(const struct web_flags *flags, struct gate *g,
                         const struct httpd_route *routes, size_t n, struct error *err)
{
    static const struct program program = {.name = "test", .summary = "Tests."};

    return web_start(&(struct web_options){.program = &program,
                                           .flags = flags,
                                           .scrape = wait_at_gate,
                                           .scrape_arg = g,
                                           .routes = routes,
                                           .route_count = n},
                     err);
}

/* The status of the answer to a scrape with these headers more. */
static int ask(uint16_t port, const char *more)
{
    CLEANUP(buf_clear)
    struct buf request = BUF_INIT(1024), answer = BUF_INIT(65536);
    int status;

    buf_printf(&request, "%s%s\r\n", scrape, more);
    assert_true(client_talk(port, buf_str(&request), &answer));
    assert_true(answer.len > 12);
    status = (answer.data[9] - '0') * 100 + (answer.data[10] - '0') * 10 +
             (answer.data[11] - '0');
    buf_clear(&answer);
    return status;
}

struct client {
    uint16_t port;
    int status, tries;
};

static void *ask_aside(void *arg)
{
    struct client *c = arg;

    do /* the one before counts until the server knows that its answer was taken */
        c->status = ask(c->port, "");
    while (c->status == 503 && ++c->tries < TRIES);
    return NULL;
}

/* Again and again: whatever came between, the limit stays one. */
static void no_more_scrapes_run_than_the_limit_says(void **state)
{
    struct web_flags flags = WEB_FLAGS_INIT("127.0.0.1:0");
    struct gate gate = {0};
    struct error err;
    struct web *w;

    (void)state;
    flags.max_requests = 1;
    w = start(&flags, &gate, NULL, 0, &err);
    assert_non_null(w);
    for (int round = 0; round < 5; round++) {
        struct client first = {.port = web_port(w, 0)};
        pthread_t thread;
        int tries = 0;

        atomic_store(&gate.open, false);
        assert_int_equal(pthread_create(&thread, NULL, ask_aside, &first), 0);
        while (!atomic_load(&gate.inside) && tries++ < TRIES)
            a_moment();
        assert_int_equal(atomic_load(&gate.inside), 1);
        assert_int_equal(ask(first.port, ""), 503);
        assert_int_equal(ask(first.port, "Content-Length: 1\r\n"), 413);
        assert_int_equal(ask(first.port, ""), 503);
        atomic_store(&gate.open, true);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(first.status, 200);
    }
    web_stop(w, 1000);
}

static void hello(void *arg, const struct httpd_request *req, struct httpd_response *resp)
{
    (void)arg;
    (void)req;
    httpd_response_text(resp, 200, "hello\n");
}

/* What were not counted would not be bounded. */
static void the_metrics_have_a_path_of_their_own(void **state)
{
    static const struct {
        struct httpd_route route;
        const char *telemetry_path;
        bool good;
    } rows[] = {
        {{"GET", "/", hello, 0, NULL},             "/metrics", true },
        {{"GET", "/metrics/self", hello, 0, NULL}, "/metrics", true },
        {{"GET", "/metrics", hello, 0, NULL},      "/metrics", false},
        {{"GET", "/m*", hello, 0, NULL},           "/metrics", false},
        {{"POST", "/predict", hello, 9, NULL},     "/predict", false},
        {{"GET", "/info", hello, 0, NULL},         "/readyz",  false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct web_flags flags = WEB_FLAGS_INIT("127.0.0.1:0");
        struct gate gate = {.open = true};
        struct error err = {.msg = ""};
        struct web *w;

        flags.telemetry_path = rows[i].telemetry_path;
        w = start(&flags, &gate, &rows[i].route, 1, &err);
        if (!w == rows[i].good)
            fail_msg("row %zu: %s", i, err.msg);
        if (!w && !strstr(err.msg, "--web.telemetry-path"))
            fail_msg("row %zu: %s", i, err.msg);
        web_stop(w, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_scrapes_run_than_the_limit_says),
        cmocka_unit_test(the_metrics_have_a_path_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
