/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "bench/exposition/fleet.h"
#include "exporter/pages.h"
#include "exporter/shard.h"
#include "support/meanwhile.h"
#include "support/test.h"

enum { PAGE_MAX = 256 * 1024 * 1024, GZIP_ONLY = 15 + 16 };

static void put(struct fleet *f, size_t i, uint64_t turn)
{
    struct bandit_route *r = made_up_route(i, 3, turn);

    fleet_put(f, r->namespace, r->name, render_route(r));
    route_free(r);
}

static void join(const struct page *p, struct buf *out)
{
    for (size_t i = 0; i < p->count; i++)
        buf_add(out, p->slices[i].bytes, p->slices[i].len);
    assert_true(buf_ok(out));
}

/* One member from head to tail, as a reader that stops after the first sees it. */
static void unpack(const struct page *p, struct buf *out)
{
    CLEANUP(buf_clear)
    struct buf packed = BUF_INIT(PAGE_MAX);
    z_stream z = {0};

    gzip_head(&packed);
    join(p, &packed);
    gzip_tail(&packed, &p->sum);
    assert_int_equal(inflateInit2(&z, GZIP_ONLY), Z_OK);
    z.next_in = (Bytef *)packed.data;
    z.avail_in = (uInt)packed.len;
    z.next_out = (Bytef *)buf_room(out, p->sum.length + 1);
    z.avail_out = (uInt)p->sum.length + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END); /* length and CRC fit */
    assert_int_equal(z.avail_in, 0);
    buf_grew(out, z.total_out);
    (void)inflateEnd(&z);
}

static void check_page(struct pages *pages, const struct page_filter *filter)
{
    for (size_t e = 0; e < EXPOSITION_COUNT; e++) {
        CLEANUP(buf_clear)
        struct buf plain = BUF_INIT(PAGE_MAX), unpacked = BUF_INIT(PAGE_MAX);
        struct page *a = pages_get(pages, (enum exposition)e, false, filter);
        struct page *b = pages_get(pages, (enum exposition)e, true, filter);

        join(a, &plain);
        unpack(b, &unpacked);
        assert_int_equal(plain.len, unpacked.len);
        assert_memory_equal(buf_str(&plain), buf_str(&unpacked), plain.len);
        page_unref(a);
        page_unref(b);
    }
}

static const struct page_filter everything = {.families = FAMILY_ALL};

/* Small fleets are compressed whole, large ones in cells. */
static void compressed_pages_hold_the_plain_text(void **state)
{
    static const size_t sizes[] = {0, 1, 3, 200, 700};

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        CLEANUP(fleet_freep)
        struct fleet *f = fleet_new();
        CLEANUP(pages_freep)
        struct pages *pages = pages_new(f);

        for (size_t i = 0; i < sizes[s]; i++)
            put(f, i, 0);
        check_page(pages, &everything);
        check_page(pages, &everything); /* as kept */
        for (size_t i = 0; i < sizes[s]; i += 97)
            put(f, i, 1);
        check_page(pages, &everything);
        if (sizes[s])
            fleet_remove(f, "team-0", "route-00000");
        put(f, sizes[s] + 5, 0); /* into the slot that became free */
        check_page(pages, &everything);
        check_page(pages, &(struct page_filter){.families = 1ULL << FAMILY_ARM_STATE});
    }
}

static size_t count_of(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

static void a_deleted_object_is_gone_from_the_next_page(void **state)
{
    CLEANUP(fleet_freep)
    struct fleet *f = fleet_new();
    CLEANUP(pages_freep)
    struct pages *pages = pages_new(f);
    struct page *before;

    (void)state;
    for (size_t i = 0; i < 10; i++)
        put(f, i, 0);
    before = pages_get(pages, EXPOSITION_TEXT_0_0_4, false, &everything);
    fleet_remove(f, "team-3", "route-00003");
    fleet_remove(f, "team-3", "route-00003"); /* twice does no harm */
    fleet_remove(f, "team-3", "route-99999");
    assert_int_equal(fleet_count(f), 9);
    for (int round = 0; round < 2; round++) {
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(PAGE_MAX);
        struct page *p =
            round ? page_ref(before)
                  : pages_get(pages, EXPOSITION_TEXT_0_0_4, false, &everything);

        /* A slow reader of the page before still reads that page, whole. */
        join(p, &text);
        assert_int_equal(count_of(buf_str(&text), "route=\"route-00003\"") != 0, round);
        page_unref(p);
    }
    page_unref(before);
}

static void namespaces_are_filtered(void **state)
{
    CLEANUP(fleet_freep)
    struct fleet *f = fleet_new();
    CLEANUP(pages_freep)
    struct pages *pages = pages_new(f);
    struct page_filter filter = {.families = FAMILY_ALL, .namespaces = BUF_INIT(256)};
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(PAGE_MAX);
    struct page *p;

    (void)state;
    for (size_t i = 0; i < 10; i++)
        put(f, i, 0);
    buf_add(&filter.namespaces, "team-1\0team-2", sizeof("team-1\0team-2"));
    filter.namespace_count = 2;
    check_page(pages, &filter);
    p = pages_get(pages, EXPOSITION_TEXT_0_0_4, false, &filter);
    join(p, &text);
    assert_int_equal(count_of(buf_str(&text), "bandit_route_generation{"), 2);
    assert_int_equal(count_of(buf_str(&text), "team-3"), 0);
    page_unref(p);
    buf_clear(&filter.namespaces);
}

struct scrapes {
    struct pages *pages;
    struct page_filter filter;
};

static void scrape_some(void *arg)
{
    struct scrapes *s = arg;

    page_unref(pages_get(s->pages, EXPOSITION_TEXT_0_0_4, true, &s->filter));
}

static void scrape_everything(void *arg)
{
    struct scrapes *s = arg;

    page_unref(pages_get(s->pages, EXPOSITION_TEXT_0_0_4, true, &everything));
}

/* Whoever asks for a part of a large fleet pays for it alone. */
static void nobody_waits_for_a_filtered_page(void **state)
{
    static const char names[] =
        "team-0\0team-1\0team-2\0team-3\0team-4\0team-5\0team-6\0team-7";
    CLEANUP(fleet_freep)
    struct fleet *f = fleet_new();
    CLEANUP(pages_freep)
    struct pages *pages = pages_new(f);
    struct scrapes s = {
        .pages = pages, .filter = {.families = FAMILY_ALL, .namespaces = BUF_INIT(256)}
    };

    (void)state;
    for (size_t i = 0; i < 1500; i++)
        put(f, i, 0);
    buf_add(&s.filter.namespaces, names, sizeof(names));
    s.filter.namespace_count = 8;
    assert_true(meanwhile_goes_on(scrape_some, scrape_everything, &s));
    buf_clear(&s.filter.namespaces);
}

static void what_is_not_known_is_left_out(void **state)
{
    struct bandit_route *r = made_up_route(1, 3, 0);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(PAGE_MAX);
    struct rendered *rendered;

    (void)state;
    r->status.arms[1].applied = (double)NAN;
    r->status.last_leader_change_ms = 0;
    r->status.objectives[0].ratio = (double)NAN;
    rendered = render_route(r);
    buf_add(&text, rendered->text, rendered->start[FAMILY_COUNT]);
    assert_int_equal(count_of(buf_str(&text), "NaN"), 0);
    assert_int_equal(count_of(buf_str(&text), "bandit_arm_applied_weight_ratio{"), 2);
    assert_int_equal(count_of(buf_str(&text), "last_leader_change"), 0);
    assert_int_equal(count_of(buf_str(&text), "bandit_arm_objective_ratio{"), 8);
    assert_non_null(strstr(buf_str(&text),
                           "bandit_arm_state{namespace=\"team-1\",route=\"route-00001\","
                           "arm=\"model-0\",bandit_arm_state=\"Active\"} 1\n"));
    assert_non_null(strstr(buf_str(&text), "bandit_route_mode{namespace=\"team-1\",route="
                                           "\"route-00001\",bandit_route_mode=\"Active\"}"
                                           " 1\n"));
    rendered_unref(rendered);
    route_free(r);
}

static void every_object_has_one_shard(void **state)
{
    size_t of_shard[4] = {0};

    (void)state;
    for (int i = 0; i < 4000; i++) {
        size_t owners = 0;
        char name[32];

        (void)snprintf(name, sizeof(name), "route-%d", i);
        for (int64_t s = 0; s < 4; s++)
            if (shard_has(&(struct shard){.number = s, .total = 4}, "default", name)) {
                owners++;
                of_shard[s]++;
            }
        assert_int_equal(owners, 1);
    }
    for (size_t s = 0; s < ARRAY_LEN(of_shard); s++)
        assert_in_range(of_shard[s], 900, 1100);
    /* A contract between exporters of different versions. */
    assert_true(shard_has(&(struct shard){.number = 1, .total = 3}, "default", "digits"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_pages_hold_the_plain_text),
        cmocka_unit_test(a_deleted_object_is_gone_from_the_next_page),
        cmocka_unit_test(namespaces_are_filtered),
        cmocka_unit_test(nobody_waits_for_a_filtered_page),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(every_object_has_one_shard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
