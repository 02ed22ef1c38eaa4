/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdio.h>
#include <string.h>

#include "kube/watch_decoder.h"

#define EVENT(type, name, version)                                      \
    "{\"type\":\"" type "\",\"object\":{\"metadata\":{\"name\":\"" name \
    "\",\"resourceVersion\":\"" version "\"}}}\n"

static bool write_down(void *arg, const struct kube_watch_event *event, struct error *err)
{
    const char *name =
        json_string(json_path(event->object, "metadata", "name", NULL), "-");

    buf_printf(arg, "%d %s %s;", event->type, name, event->version);
    if (strcmp(name, "stop") == 0)
        return error_set(err, ERR_CANCELED, "enough");
    return true;
}

/* Feed the text in pieces of that many bytes; what came of it. */
static bool feed(const char *text, size_t piece, struct buf *told, struct error *err)
{
    struct watch_decoder d;
    size_t n = strlen(text);
    bool ok = true;

    watch_decoder_init(&d, write_down, told);
    for (size_t at = 0; ok && at < n; at += piece)
        ok = watch_decoder_feed(&d, text + at, piece < n - at ? piece : n - at, err);
    ok = ok && watch_decoder_end(&d, err);
    watch_decoder_clear(&d);
    return ok;
}

/* clang-format off */
static const struct {
    const char *what, *text, *told;
    bool ok;
    enum error_kind kind;
    const char *why;
} rows[] = {
    {"nothing", "", "", true, ERR_IO, ""},
    {"all kinds of events",
     EVENT("ADDED", "a", "1") EVENT("MODIFIED", "a", "2") EVENT("DELETED", "a", "3"),
     "0 a 1;1 a 2;2 a 3;", true, ERR_IO, ""},
    {"a bookmark", EVENT("BOOKMARK", "", "9"), "3  9;", true, ERR_IO, ""},
    {"empty lines", "\n\r\n" EVENT("ADDED", "a", "1") "\n", "0 a 1;", true, ERR_IO, ""},
    {"text of many bytes", EVENT("ADDED", "\xc3\xa4\xe2\x82\xac", "1"),
     "0 \xc3\xa4\xe2\x82\xac 1;", true, ERR_IO, ""},
    {"an expired version",
     EVENT("ADDED", "a", "1") "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\","
                              "\"code\":410,\"reason\":\"Expired\",\"message\":\"old\"}}\n",
     "0 a 1;", false, ERR_EXPIRED, "410 Expired: old"},
    {"an error without a code", "{\"type\":\"ERROR\",\"object\":{}}\n", "", false, ERR_IO,
     "500: no reason"},
    {"an error whose code is none",
     "{\"type\":\"ERROR\",\"object\":{\"code\":-1e300,\"message\":\"odd\"}}\n", "", false,
     ERR_IO, "500: odd"},
    {"a code that is too large",
     "{\"type\":\"ERROR\",\"object\":{\"code\":4100000000000}}\n", "", false, ERR_IO, "500:"},
    {"cut in the middle", EVENT("ADDED", "a", "1") "{\"type\":\"ADD", "0 a 1;", false,
     ERR_IO, "middle of an event"},
    {"no JSON", EVENT("ADDED", "a", "1") "oops\n", "0 a 1;", false, ERR_INVALID,
     "no event"},
    {"another word", "{\"type\":\"RENAMED\",\"object\":{}}\n", "", false, ERR_INVALID,
     "RENAMED"},
    {"no object", "{\"type\":\"ADDED\"}\n", "", false, ERR_INVALID, "no event"},
    {"no version", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}\n", "", false,
     ERR_INVALID, "resourceVersion"},
    {"an array", "[1]\n", "", false, ERR_INVALID, "no event"},
    {"the listener has enough", EVENT("ADDED", "stop", "1") EVENT("ADDED", "a", "2"),
     "0 stop 1;", false, ERR_CANCELED, "enough"},
};
/* clang-format on */

static void however_it_is_cut_the_events_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t piece = 1; piece <= strlen(rows[i].text) + 1; piece++) {
            CLEANUP(buf_clear)
            struct buf told = BUF_INIT(4096);
            struct error err = {.msg = ""};
            bool ok = feed(rows[i].text, piece, &told, &err);

            if (ok != rows[i].ok || strcmp(buf_str(&told), rows[i].told) != 0 ||
                (!ok && (err.kind != rows[i].kind || !strstr(err.msg, rows[i].why))))
                fail_msg("%s, in pieces of %zu: %s %s", rows[i].what, piece,
                         buf_str(&told), err.msg);
        }
}

static void a_line_without_an_end_is_refused(void **state)
{
    struct watch_decoder d;
    char piece[65536];
    struct error err;
    bool ok = true;
    size_t fed = 0;

    (void)state;
    memset(piece, 'x', sizeof(piece));
    watch_decoder_init(&d, write_down, NULL);
    while (ok && fed < ((size_t)64 << 20)) {
        ok = watch_decoder_feed(&d, piece, sizeof(piece), &err);
        fed += sizeof(piece);
    }
    watch_decoder_clear(&d);
    assert_false(ok);
    assert_int_equal(err.kind, ERR_TOO_BIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(however_it_is_cut_the_events_are_the_same),
        cmocka_unit_test(a_line_without_an_end_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
