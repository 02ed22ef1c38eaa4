/* SPDX-License-Identifier: Apache-2.0 */
/* What /debug/routes tells of a fleet, and that nobody waits for it. */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "bench/exposition/fleet.h"
#include "controller/debug.h"
#include "support/meanwhile.h"
#include "json/json.h"

enum { LIST_MAX = 64 << 20 };

/* So many routes as a store tells of them; every tenth cannot be understood any more. */
static struct cache *told_fleet(size_t count)
{
    struct cache *c = cache_new();
    char key[CACHE_KEY_MAX];

    for (size_t i = 0; i < count; i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = made_up_route(i, 3, 0);
        struct store_event e = {
            .type = STORE_UPSERT, .namespace = r->namespace, .name = r->name, .route = r};

        (void)cache_tell(c, &e, key);
        if (i % 10 == 9) {
            e.type = STORE_INVALID;
            e.message = "spec.interval: not a duration";
            (void)cache_tell(c, &e, key);
        }
    }
    return c;
}

static void every_route_is_listed_in_order(void **state)
{
    CLEANUP(cache_freep)
    struct cache *c = told_fleet(100);
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(LIST_MAX);
    CLEANUP(json_freep)
    struct json *list = NULL;
    const struct json *routes;
    char last[CACHE_KEY_MAX] = "";
    size_t invalid = 0;
    struct error err;

    (void)state;
    debug_list(c, &out);
    list = json_parse(buf_str(&out), out.len, &err);
    assert_non_null(list);
    routes = json_get(list, "routes");
    assert_int_equal(json_count(routes), 100);
    for (const struct json *r = json_first(routes); r; r = json_next(r)) {
        char key[CACHE_KEY_MAX];

        cache_key(key, json_string(json_get(r, "namespace"), ""),
                  json_string(json_get(r, "name"), ""));
        assert_true(strcmp(last, key) < 0);
        memcpy(last, key, sizeof(last));
        assert_non_null(json_string(json_get(r, "verdict"), NULL));
        invalid += json_get(r, "invalid") != NULL;
    }
    assert_int_equal(invalid, 10);
}

struct look {
    struct cache *cache;
    struct buf out;
};

static void list(void *arg)
{
    struct look *l = arg;

    buf_reset(&l->out);
    debug_list(l->cache, &l->out);
}

static void work(void *arg)
{
    (void)cache_size(((struct look *)arg)->cache);
}

static void nobody_waits_for_the_whole_list(void **state)
{
    CLEANUP(cache_freep)
    struct cache *c = told_fleet(3000);
    struct look l = {.cache = c, .out = BUF_INIT(LIST_MAX)};

    (void)state;
    assert_true(meanwhile_goes_on(list, work, &l));
    buf_clear(&l.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_listed_in_order),
        cmocka_unit_test(nobody_waits_for_the_whole_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
