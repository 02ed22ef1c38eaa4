/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "httpc/httpc_pool.h"
#include "support/answers.h"
#include "support/curl_faults.h"

/* A row a line. */
/* clang-format off */
static const struct script scripts[] = {
    {"/ok", OK(2, "{}"), KEEP},
    {"/dripping", OK(5, "hello"), .piece = 1, .pause_ms = 1, KEEP},
    {"/busy", HEAD("429 Busy") "Retry-After: 7\r\nContent-Length: 4\r\n\r\nbusy", KEEP},
    {"/forgetful", OK(2, "{}"), CLOSE}, /* no word of closing */
    {"/late", OK(2, "{}"), .delay_ms = 400, KEEP},
    {"/short-length", OK(10, "cut"), CLOSE},
    {"/reset", "", RESET},
    {"/silent", "", HANG},
    {"/long-chunks", CHUNKED "8\r\n12345678\r\n8\r\n12345678\r\n8\r\n12345678\r\n", HANG},
    {.path = NULL},
};
/* clang-format on */

static int start_server(void **state)
{
    *state = scripted_server_start(scripts);
    return 0;
}

struct ended {
    int status; /* 0: failed */
    enum error_kind kind;
    int times;
};

static void on_end(void *arg, const struct httpc_response *resp, const struct error *err)
{
    struct ended *e = arg;

    e->times++;
    if (resp)
        e->status = resp->status;
    else
        e->kind = err->kind;
}

static void a_pool_runs_all_its_requests(void **state)
{
    static const struct {
        const char *path;
        int status;
        enum error_kind kind;
    } rows[] = {
        {"/ok",           200, ERR_IO     },
        {"/silent",       0,   ERR_TIMEOUT},
        {"/busy",         429, ERR_IO     },
        {"/short-length", 0,   ERR_INVALID},
        {"/long-chunks",  0,   ERR_TOO_BIG},
        {"/dripping",     200, ERR_IO     },
        {"/forgetful",    200, ERR_IO     },
        {"/reset",        0,   ERR_IO     },
    };
    enum { ROUNDS = 5, IN_FLIGHT = 9 };
    struct ended ended[ROUNDS][ARRAY_LEN(rows)] = {{{0}}};
    CLEANUP(httpc_pool_freep)
    struct httpc_pool *p = httpc_pool_new(IN_FLIGHT, 20);
    struct ended held_up = {0};
    char silent[128];
    struct error why;

    /* One that hangs beside them all, and holds none of them up. */
    assert_true(
        httpc_pool_start(p,
                         &(struct httpc_request){.url = url_of(*state, "/silent", silent),
                                                 .timeout_ms = 3600000},
                         on_end, &held_up, &why));
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            char url[128];
            char body[] = "{}";
            struct error err;
            struct httpc_request req = {.url = url_of(*state, rows[i].path, url),
                                        .body = body,
                                        .body_len = 2,
                                        .timeout_ms =
                                            rows[i].kind == ERR_TIMEOUT ? 300 : 60000};

            while (httpc_pool_full(p))
                httpc_pool_run(p, clock_mono_ns() + 1000000000, -1);
            assert_true(httpc_pool_start(p, &req, on_end, &ended[round][i], &err));
            memset(url, 'x', sizeof(url)); /* the pool has its own copies */
            memset(body, 'x', sizeof(body));
        }
    while (httpc_pool_in_flight(p) > 1)
        httpc_pool_run(p, clock_mono_ns() + 1000000000, -1);
    assert_int_equal(held_up.times, 0);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            const struct ended *e = &ended[round][i];

            if (e->times != 1 || e->status != rows[i].status ||
                (!e->status && e->kind != rows[i].kind))
                fail_msg("%s: %d times, status %d, kind %d", rows[i].path, e->times,
                         e->status, e->kind);
        }
}

static void a_pool_refuses_what_is_no_url_and_drops_what_is_under_way(void **state)
{
    struct httpc_pool *p = httpc_pool_new(2, 20);
    struct ended ended = {0};
    struct httpc_request req = {.url = ""};
    char url[128];
    struct error err;

    (void)httpc_pool_start(p, &req, on_end, &ended, &err);
    while (httpc_pool_in_flight(p)) /* libcurl looks at the URL only then */
        httpc_pool_run(p, clock_mono_ns() + 1000000, -1);
    assert_int_equal(ended.times, 1);
    assert_int_equal(ended.kind, ERR_INVALID);
    assert_int_equal(httpc_pool_in_flight(p), 0);
    req.url = url_of(*state, "/silent", url);
    assert_true(httpc_pool_start(p, &req, on_end, &ended, &err));
    httpc_pool_run(p, clock_mono_ns() + 50000000, -1);
    assert_int_equal(httpc_pool_in_flight(p), 1);
    httpc_pool_free(p);
    assert_int_equal(ended.times, 1);
}

static void a_pool_returns_on_time_and_when_woken(void **state)
{
    CLEANUP(httpc_pool_freep)
    struct httpc_pool *p = httpc_pool_new(2, 20);
    struct stop *stop = stop_new();
    int64_t best_late_ns = INT64_MAX;
    int64_t start_ms;

    (void)state;
    for (int i = 0; i < 3000 && best_late_ns >= 700000; i++) { /* a busy machine */
        int64_t until_ns = clock_mono_ns() + 3300000;
        int64_t late_ns;

        httpc_pool_run(p, until_ns, stop_fd(stop));
        late_ns = clock_mono_ns() - until_ns;
        assert_true(late_ns >= 0);
        best_late_ns = late_ns < best_late_ns ? late_ns : best_late_ns;
    }
    assert_true(best_late_ns < 700000); /* sooner than milliseconds would allow */
    stop_request(stop);
    start_ms = clock_mono_ms();
    httpc_pool_run(p, clock_mono_ns() + INT64_C(600000000000), stop_fd(stop));
    assert_true(clock_mono_ms() - start_ms < 300000);
    stop_free(stop);
}

/* Begins another request, which is not to share the fate of the first ones. */
struct successor {
    struct httpc_pool *pool;
    const char *url;
    struct ended first, second;
};

static void begin_another(void *arg, const struct httpc_response *resp,
                          const struct error *err)
{
    struct successor *s = arg;
    struct error why;

    on_end(&s->first, resp, err);
    assert_true(httpc_pool_start(s->pool, &(struct httpc_request){.url = s->url}, on_end,
                                 &s->second, &why));
}

static void a_libcurl_that_cannot_go_on_ends_what_is_under_way(void **state)
{
    for (int i = 0; i < 2; i++) {
        CLEANUP(httpc_pool_freep)
        struct httpc_pool *p = httpc_pool_new(4, 20);
        char silent[128], ok[128];
        struct successor s = {.pool = p, .url = url_of(*state, "/ok", ok)};
        struct httpc_request req = {.url = url_of(*state, "/silent", silent),
                                    .timeout_ms = 3600000};
        struct ended other = {0};
        struct error err;

        assert_true(httpc_pool_start(p, &req, begin_another, &s, &err));
        assert_true(httpc_pool_start(p, &req, on_end, &other, &err));
        *(i ? &poll_fault : &perform_fault) = CURLM_OUT_OF_MEMORY;
        httpc_pool_run(p, clock_mono_ns() + INT64_C(600000000000), -1);
        assert_int_equal(s.first.times + other.times, 2);
        assert_int_equal(s.first.kind, ERR_IO);
        assert_int_equal(other.kind, ERR_IO);
        perform_fault = poll_fault = CURLM_OK;
        while (httpc_pool_in_flight(p))
            httpc_pool_run(p, clock_mono_ns() + 1000000000, -1);
        assert_int_equal(s.second.times, 1);
        assert_int_equal(s.second.status, 200);
        poll_fault = CURLM_OUT_OF_MEMORY; /* and nothing to end: it returns early */
        httpc_pool_run(p, clock_mono_ns() + INT64_C(600000000000), -1);
        poll_fault = CURLM_OK;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(a_pool_runs_all_its_requests),
        WITH_SERVER(a_pool_refuses_what_is_no_url_and_drops_what_is_under_way),
        WITH_SERVER(a_libcurl_that_cannot_go_on_ends_what_is_under_way),
        cmocka_unit_test(a_pool_returns_on_time_and_when_woken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
