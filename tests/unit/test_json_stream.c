/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewards/json_stream.h"

/* Write tokens down in one line: {k"status" s"success"}. */
static bool note(void *arg, enum json_token token, const char *text, size_t len,
                 struct error *err)
{
    static const char *const marks[] = {"{", "}", "[", "]", "k", "s", "n", "l"};

    (void)err;
    assert_int_equal(strlen(text), len);
    buf_printf(arg, token >= JSON_TOKEN_KEY ? "%s<%s>" : "%s%s", marks[token], text);
    return true;
}

/* Feed in pieces of `step` bytes; false when refused or not whole. */
static bool read_in_steps(const char *text, size_t n, size_t step, struct buf *out,
                          struct error *err)
{
    struct json_stream s;
    bool ok = true, whole;

    json_stream_init(&s, note, out);
    for (size_t at = 0; ok && at < n; at += step)
        ok = json_stream_feed(&s, text + at, n - at < step ? n - at : step, err);
    whole = json_stream_whole(&s);
    json_stream_clear(&s);
    return ok && whole;
}

static void documents_become_tokens_however_they_are_cut(void **state)
{
    static const struct {
        const char *text, *tokens;
    } rows[] = {
        {"{}",                                 "{}"                        },
        {" [ ] \n",                            "[]"                        },
        {"{\"a\":[1,-2.5e+3,0]}",              "{k<a>[n<1>n<-2.5e+3>n<0>]}"},
        {"[true,false,null]",                  "[l<true>l<false>l<null>]"  },
        {"{\"a\" : \"b\" , \"c\":{}}",         "{k<a>s<b>k<c>{}}"          },
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",   "[s<\"\\/\b\f\n\r\t>]"      },
        {"[\"\\u00e9\\u20AC\\ud83d\\ude00\"]",
         "[s<\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>]"                       },
        {"[\"\xc3\xa9\"]",                     "[s<\xc3\xa9>]"             },
        {"[[[\"\"]]]",                         "[[[s<>]]]"                 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t step = 1; step <= strlen(rows[i].text); step++) {
            CLEANUP(buf_clear)
            struct buf out = BUF_INIT(4096);
            struct error err = {.msg = "not whole"};

            if (!read_in_steps(rows[i].text, strlen(rows[i].text), step, &out, &err))
                fail_msg("%s: %s", rows[i].text, err.msg);
            assert_string_equal(buf_str(&out), rows[i].tokens);
        }
}

static void what_is_not_json_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "{",
        "[1",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[-]",
        "[nul]",
        "[NaN]",
        "[True]",
        "{]",
        "[}",
        "[] []",
        "[\"\\x\"]",
        "[\"\\u12g4\"]",
        "[\"\\ud800\"]",
        "[\"\\ud800x\"]",
        "[\"\\ud800\\n\"]",
        "[\"\\udc00\"]",
        "[\"\\u0000\"]",
        "[\"\n\"]",
        "[\"\xff\"]",
        "[\"\xc3\"]",
        "[1 2]",
        "]",
        "<html>",
        "[\"a\" \"b\"]",
        "{1:2}",
        "{\"a\" 1}",
        "[1]x",
        "[1ee2]",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t step = 1; step <= 3; step++) {
            CLEANUP(buf_clear)
            struct buf out = BUF_INIT(4096);
            struct error err;

            if (read_in_steps(rows[i], strlen(rows[i]), step, &out, &err))
                fail_msg("accepted: %s", rows[i]);
        }
}

static void depth_and_length_are_bounded(void **state)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
    struct error err;

    (void)state;
    for (int i = 0; i < JSON_STREAM_DEPTH_MAX; i++)
        buf_putc(&text, '[');
    for (int i = 0; i < JSON_STREAM_DEPTH_MAX; i++)
        buf_putc(&text, ']');
    assert_true(read_in_steps(buf_str(&text), text.len, 7, &out, &err));
    buf_reset(&text);
    for (int i = 0; i <= JSON_STREAM_DEPTH_MAX; i++)
        buf_putc(&text, '[');
    assert_false(read_in_steps(buf_str(&text), text.len, 7, &out, &err));
    assert_non_null(strstr(err.msg, "nested too deeply"));

    buf_reset(&text);
    buf_puts(&text, "[\"");
    for (int i = 0; i <= JSON_STREAM_TOKEN_MAX; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, "\"]");
    assert_false(read_in_steps(buf_str(&text), text.len, 1000, &out, &err));
    assert_non_null(strstr(err.msg, "too long"));
    buf_clear(&out);
}

static bool refuse_strings(void *arg, enum json_token token, const char *text, size_t len,
                           struct error *err)
{
    (void)arg, (void)text, (void)len;
    return token != JSON_TOKEN_STRING || error_set(err, ERR_TOO_BIG, "no strings please");
}

static void whoever_takes_the_tokens_may_stop(void **state)
{
    struct json_stream s;
    struct error err;

    (void)state;
    json_stream_init(&s, refuse_strings, NULL);
    assert_false(json_stream_feed(&s, "[1,\"x\"]", 7, &err));
    assert_int_equal(err.kind, ERR_TOO_BIG);
    json_stream_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_become_tokens_however_they_are_cut),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(depth_and_length_are_bounded),
        cmocka_unit_test(whoever_takes_the_tokens_may_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
