/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is logged, a line is one line, and a reader of its format can read it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "support/test.h"
#include "json/json.h"

enum { LINE_MAX_BYTES = 16 * 1024, LONG = 100000 };

/* What the two fields come to in a line of that format, as standard error gets it. */
static void logged(const char *format, const char *a, const char *b, struct buf *out)
{
    char name[] = "/tmp/log-XXXXXX";
    int file = mkstemp(name), kept = dup(STDERR_FILENO);
    struct error err;
    char *room = buf_room(out, 2 * LONG);
    ssize_t n;

    assert_true(file >= 0 && kept >= 0 && room);
    assert_true(log_setup("info", format, &err));
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    log_error("it happened", LOG_STR("a", a), LOG_STR("b", b), LOG_INT("n", 7));
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    n = pread(file, room, 2 * LONG, 0);
    assert_true(n > 0);
    buf_grew(out, (size_t)n);
    (void)close(kept);
    (void)close(file);
    (void)unlink(name);
    assert_true(out->len <= LINE_MAX_BYTES);
    assert_int_equal(strcspn(buf_str(out), "\n"), out->len - 1);
    assert_true(text_is_utf8(buf_str(out), out->len));
}

static void texts_are_repaired(void **state)
{
    static const struct {
        const char *text, *json, *logfmt;
    } rows[] = {
        {"plain",                "plain",                        " a=plain "                            },
        {"two words",            "two words",                    " a=\"two words\" "                    },
        {"\xc3\xbc\xe2\x82\xac", "\xc3\xbc\xe2\x82\xac",         " a=\xc3\xbc\xe2\x82\xac "             },
        {"cut \xe2\x82",         "cut \xef\xbf\xbd\xef\xbf\xbd",
         " a=\"cut \xef\xbf\xbd\xef\xbf\xbd\" "                                                         },
        {"\xff",                 "\xef\xbf\xbd",                 " a=\"\xef\xbf\xbd\" "                 },
        {"q\"b\\n\nt\t\x7f",     "q\"b\\n\nt\t\x7f",             " a=\"q\\\"b\\\\n\\nt\\u0009\\u007f\" "},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf line = BUF_INIT(4 * LONG), plain = BUF_INIT(4 * LONG);
        struct error err;
        CLEANUP(json_freep)
        struct json *j = NULL;

        logged("json", rows[i].text, "b", &line);
        j = json_parse(buf_str(&line), line.len, &err);
        if (!j)
            fail_msg("%s: %s", buf_str(&line), err.msg);
        assert_string_equal(json_string(json_get(j, "a"), ""), rows[i].json);
        assert_string_equal(json_string(json_get(j, "level"), ""), "error");
        logged("logfmt", rows[i].text, "b", &plain);
        if (!strstr(buf_str(&plain), rows[i].logfmt))
            fail_msg("%s", buf_str(&plain));
        buf_clear(&plain);
    }
}

/* A long text is cut; the fields behind it, and the line, are not lost. */
static void long_texts_are_cut(void **state)
{
    static const char *const letters[] = {"x", "\"", "\xe2\x82\xac", "\xff", "\x01"};
    static const char *const formats[] = {"json", "logfmt"};

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(letters); i++) {
        const char *letter = letters[i / 2];
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(LONG), line = BUF_INIT(4 * LONG);
        struct error err;
        CLEANUP(json_freep)
        struct json *j = NULL;

        while (text.len + strlen(letter) <= LONG)
            buf_puts(&text, letter);
        logged(formats[i % 2], buf_str(&text), buf_str(&text), &line);
        buf_clear(&text);
        if (i % 2) {
            assert_non_null(strstr(buf_str(&line), "...\" b=\"...\" n=7\n"));
            continue;
        }
        j = json_parse(buf_str(&line), line.len, &err);
        if (!j)
            fail_msg("%s", err.msg);
        assert_true(strlen(json_string(json_get(j, "a"), "")) > 2000);
        assert_string_equal(json_string(json_get(j, "b"), ""), "...");
        assert_true(json_number(json_get(j, "n"), 0) == 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_repaired),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
