/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes in, and that nobody is held up by those who guess. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "support/test.h"
#include "web/guard.h"

/* "secret", of cost 4; and of cost 10, which takes some time, what no password gives */
#define SECRET "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define SLOW   "$2b$10$abcdefghijklmnopqrstuu..............................."

enum { HEADER_MAX = 128, BURST = 10 };

static struct web_config *configured(const char *text)
{
    struct error err;
    struct web_config *c = web_config_parse(text, strlen(text), "/", &err);

    if (!c)
        fail_msg("%s", err.msg);
    return c;
}

/* The header that a client sends; the password is numbered. */
static const char *header_of(const char *user, const char *password, int number,
                             char out[HEADER_MAX])
{
    char plain[64];
    gnutls_datum_t text = {(unsigned char *)plain, 0}, encoded = {NULL, 0};
    int n = number < 0
                ? snprintf(plain, sizeof(plain), "%s:%s", user, password)
                : snprintf(plain, sizeof(plain), "%s:%s%d", user, password, number);

    text.size = (unsigned)n;
    assert_int_equal(gnutls_base64_encode2(&text, &encoded), 0);
    (void)snprintf(out, HEADER_MAX, "Basic %.*s", (int)encoded.size, encoded.data);
    gnutls_free(encoded.data);
    return out;
}

static void only_users_with_their_password_come_in(void **state)
{
    static const struct {
        const char *header;
        enum guard_verdict want;
    } rows[] = {
        {NULL,                                 GUARD_REFUSED },
        {"Basic c2NyYXBlcjpzZWNyZXQ=",         GUARD_ADMITTED}, /* scraper:secret */
        {"basic  c2NyYXBlcjpzZWNyZXQ=",        GUARD_ADMITTED},
        {"Basic c2NyYXBlcjpTZWNyZXQ=",         GUARD_REFUSED }, /* scraper:Secret */
        {"Basic c2NyYXBlcg==",                 GUARD_REFUSED }, /* scraper */
        {"Basic bm9ib2R5OnNlY3JldA==",         GUARD_REFUSED }, /* nobody:secret */
        {"Basic c2NyYXBlcjo=",                 GUARD_REFUSED }, /* scraper: */
        {"Basic c2NyYXBlcjpzZWNyZXQAZXh0cmE=", GUARD_REFUSED }, /* a NUL and more behind */
        {"Basic !!!",                          GUARD_REFUSED },
        {"Bearer c2NyYXBlcjpzZWNyZXQ=",        GUARD_REFUSED },
    };
    struct guard *g = guard_new(true);
    struct web_config *c = configured("basic_auth_users: {scraper: '" SECRET "'}");
    struct web_config *open = configured("");

    (void)state;
    for (int twice = 0; twice < 2; twice++) /* computed, then remembered */
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (guard_admits(g, c, rows[i].header, 1000) != rows[i].want)
                fail_msg("%s", rows[i].header ? rows[i].header : "(none)");
    assert_int_equal(guard_admits(g, open, NULL, 1000), GUARD_ADMITTED);
    web_config_unref(open);
    web_config_unref(c);
    guard_free(g);
}

/* Wrong passwords: ten at once, then one a second. */
static void guessing_is_bounded_and_shuts_nobody_out(void **state)
{
    struct guard *g = guard_new(false);
    struct web_config *c =
        configured("basic_auth_users: {a: '" SECRET "', b: '" SECRET "'}");
    char a[HEADER_MAX], b[HEADER_MAX], wrong[HEADER_MAX];
    int64_t now = 1000;

    (void)state;
    (void)header_of("a", "secret", -1, a);
    (void)header_of("b", "secret", -1, b);
    assert_int_equal(guard_admits(g, c, a, now), GUARD_ADMITTED);
    for (int i = 0; i < BURST; i++)
        assert_int_equal(guard_admits(g, c, header_of("a", "x", i, wrong), now),
                         GUARD_REFUSED);
    assert_int_equal(guard_admits(g, c, header_of("a", "x", BURST, wrong), now),
                     GUARD_BUSY);
    assert_int_equal(guard_admits(g, c, header_of("who", "x", 1, wrong), now),
                     GUARD_BUSY);
    /* What is known costs nothing. */
    assert_int_equal(guard_admits(g, c, header_of("a", "x", 3, wrong), now),
                     GUARD_REFUSED);
    assert_int_equal(guard_admits(g, c, a, now), GUARD_ADMITTED);
    /* A user who was not here before waits for a try, and a right one takes none. */
    assert_int_equal(guard_admits(g, c, b, now), GUARD_BUSY);
    now += 1000;
    assert_int_equal(guard_admits(g, c, b, now), GUARD_ADMITTED);
    /* However many are tried, who was right is not forgotten. */
    for (int i = 100; i < 400; i++, now += 1000)
        assert_int_equal(guard_admits(g, c, header_of("a", "x", i, wrong), now),
                         GUARD_REFUSED);
    for (int i = 400;
         guard_admits(g, c, header_of("a", "x", i, wrong), now) != GUARD_BUSY;)
        assert_true(++i < 400 + 2 * BURST);
    assert_int_equal(guard_admits(g, c, a, now), GUARD_ADMITTED);
    assert_int_equal(guard_admits(g, c, b, now), GUARD_ADMITTED);
    web_config_unref(c);
    guard_free(g);
}

/* ---- two at a time -------------------------------------------------------------------
 */

struct client {
    struct guard *guard;
    const struct web_config *config;
    pthread_barrier_t *start;
    const char *header;
    int64_t now_ms;
    enum guard_verdict verdict;
};

static void *come(void *arg)
{
    struct client *c = arg;

    (void)pthread_barrier_wait(c->start);
    c->verdict = guard_admits(c->guard, c->config, c->header, c->now_ms);
    return NULL;
}

/* Both at the same moment, long after any others. */
static void two_come(struct guard *g, const struct web_config *c, int round,
                     const char *const headers[2], enum guard_verdict verdicts[2])
{
    struct client clients[2];
    pthread_barrier_t start;
    pthread_t threads[2];

    assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
    for (int i = 0; i < 2; i++) {
        clients[i] = (struct client){g, c, &start, headers[i], 100000 * (round + 1), 0};
        assert_int_equal(pthread_create(&threads[i], NULL, come, &clients[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        verdicts[i] = clients[i].verdict;
    }
    (void)pthread_barrier_destroy(&start);
}

/* A machine may be too busy to have both come at one moment: then again. */
static void a_thread_that_answers_others_does_not_wait(void **state)
{
    struct guard *g = guard_new(false);
    struct web_config *c = configured("basic_auth_users: {a: '" SLOW "'}");
    bool seen = false;

    (void)state;
    for (int round = 0; round < 100 && !seen; round++) {
        char one[HEADER_MAX], other[HEADER_MAX];
        const char *headers[] = {header_of("a", "one", round, one),
                                 header_of("a", "other", round, other)};
        enum guard_verdict verdicts[2];

        two_come(g, c, round, headers, verdicts);
        assert_true(verdicts[0] == GUARD_REFUSED || verdicts[1] == GUARD_REFUSED);
        seen = verdicts[0] == GUARD_BUSY || verdicts[1] == GUARD_BUSY;
    }
    assert_true(seen);
    web_config_unref(c);
    guard_free(g);
}

static void others_wait_for_their_turn(void **state)
{
    struct guard *g = guard_new(true);
    struct web_config *c =
        configured("basic_auth_users: {a: '" SECRET "', b: '" SECRET "', c: '" SLOW "'}");

    (void)state;
    for (int round = 0; round < 5; round++) {
        char right[HEADER_MAX], wrong[HEADER_MAX];
        const char *headers[] = {header_of(round % 2 ? "a" : "b", "secret", -1, right),
                                 header_of("c", "x", round, wrong)};
        enum guard_verdict verdicts[2];

        two_come(g, c, round, headers, verdicts);
        assert_int_equal(verdicts[0], GUARD_ADMITTED);
        assert_int_equal(verdicts[1], GUARD_REFUSED);
    }
    web_config_unref(c);
    guard_free(g);
}

/* ---- rate ----------------------------------------------------------------------------
 */

static void the_rate_has_a_burst_and_an_interval(void **state)
{
    static const struct {
        int64_t at_ms;
        bool want;
    } rows[] = {
        {1000, true },
        {1000, true },
        {1000, true },
        {1000, false},
        {1050, false},
        {1100, true },
        {1100, false},
        {9000, true }, /* no more than the burst is saved up
  */
        {9000, true },
        {9000, true },
        {9000, false},
    };
    struct guard *g = guard_new(true);
    struct web_config *c = configured("rate_limit: {interval: 100ms, burst: 3}");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (guard_has_room(g, c, rows[i].at_ms) != rows[i].want)
            fail_msg("row %zu", i);
    web_config_unref(c);
    guard_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_users_with_their_password_come_in),
        cmocka_unit_test(guessing_is_bounded_and_shuts_nobody_out),
        cmocka_unit_test(a_thread_that_answers_others_does_not_wait),
        cmocka_unit_test(others_wait_for_their_turn),
        cmocka_unit_test(the_rate_has_a_burst_and_an_interval),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
