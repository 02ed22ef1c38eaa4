/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/stop.h"
#include "base/text.h"

static void assert_sane_buf(const struct buf *b)
{
    assert_true(b->len <= b->max);
    assert_true(!b->data || b->len < b->cap);
    assert_int_equal(buf_str(b)[b->len], '\0');
}

static void a_buffer_drops_what_passes_its_ceiling(void **state)
{
    CLEANUP(buf_clear)
    struct buf b = BUF_INIT(10);

    (void)state;
    buf_puts(&b, "hello");
    assert_sane_buf(&b);
    buf_puts(&b, "world!");
    assert_false(buf_ok(&b));
    buf_puts(&b, "x"); /* sticky: nothing may follow a gap */
    assert_string_equal(buf_str(&b), "hello");
    assert_sane_buf(&b);
    buf_cut(&b, 4);
    buf_printf(&b, "%s", "123456");
    assert_true(buf_ok(&b));
    assert_string_equal(buf_str(&b), "hell123456");
    assert_sane_buf(&b);
}

static void a_buffer_takes_over_what_fits(void **state)
{
    static const struct {
        size_t max;
        bool fits;
    } rows[] = {
        {4,    false},
        {5,    true },
        {1000, true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf from = BUF_INIT(1000), to = BUF_INIT(rows[i].max);

        buf_puts(&to, "old");
        buf_puts(&from, "hello");
        buf_move(&to, &from);
        assert_sane_buf(&to);
        assert_int_equal(to.max, rows[i].max); /* and not that of the other */
        assert_int_equal(buf_ok(&to), rows[i].fits);
        assert_string_equal(buf_str(&to), rows[i].fits ? "hello" : "");
        assert_int_equal(from.len + from.cap, 0);
        buf_printf(&to, "%*s", (int)rows[i].max, "x");
        assert_false(buf_ok(&to));
        assert_sane_buf(&to);
        buf_clear(&to);
    }
}

static void errors_keep_their_kind_when_wrapped(void **state)
{
    struct error err;

    (void)state;
    assert_false(error_set(&err, ERR_CONFLICT, "version %d", 7));
    assert_false(error_wrap(&err, "write %s", "status"));
    assert_int_equal(err.kind, ERR_CONFLICT);
    assert_string_equal(err.msg, "write status: version 7");
}

static void whole_numbers_are_digits_alone(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"0",    true },
        {"-12",  true },
        {"007",  true },
        {"",     false},
        {"-",    false},
        {" 1",   false},
        {"\t1",  false},
        {"\n1",  false},
        {"\v1",  false},
        {"\f1",  false},
        {"\r-1", false},
        {"+1",   false},
        {"- 1",  false},
        {"1 ",   false},
        {"0x1",  false},
        {"1e3",  false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int64_t v;

        if (text_to_int(rows[i].text, -100, 100, &v, &err) != rows[i].good)
            fail_msg("\"%s\"", rows[i].text);
    }
}

static void durations_are_read_and_written(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
        const char *back; /* NULL: not a duration */
    } rows[] = {
        {"30s",     30000,    "30s"    },
        {"1h30m",   5400000,  "1h30m"  },
        {"250ms",   250,      "250ms"  },
        {"1.5s",    1500,     "1s500ms"},
        {"0",       0,        "0s"     },
        {"5m",      300000,   "5m"     },
        {"1d",      86400000, "1d"     },
        {"",        0,        NULL     },
        {"5",       0,        NULL     },
        {"s",       0,        NULL     },
        {"30m1h",   0,        NULL     },
        {"1m1m",    0,        NULL     },
        {"-5s",     0,        NULL     },
        {"1s junk", 0,        NULL     },
        {"1e400y",  0,        NULL     },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int64_t ms = -1;
        char back[TEXT_DURATION_MAX];
        bool ok = text_to_duration(rows[i].text, &ms, &err);

        if (ok != (rows[i].back != NULL) || (ok && ms != rows[i].ms))
            fail_msg("%s", rows[i].text);
        if (ok)
            assert_string_equal(text_from_duration(ms, back), rows[i].back);
    }
}

static void times_are_read_and_written(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
        const char *back;
    } rows[] = {
        {"1970-01-01T00:00:00Z",           0,               "1970-01-01T00:00:00Z"    },
        {"2026-11-21T09:30:00.125Z",       1795253400125,   "2026-11-21T09:30:00.125Z"},
        {"2026-11-21T10:30:00.1259+01:00", 1795253400125,   "2026-11-21T09:30:00.125Z"},
        {"2024-02-29T00:00:00Z",           1709164800000,   "2024-02-29T00:00:00Z"    },
        {"0001-01-01T00:00:00Z",           -62135596800000, "0001-01-01T00:00:00Z"    },
        {"0999-12-31T23:59:59.999Z",       -30610224000001, "0999-12-31T23:59:59.999Z"},
        {"0000-03-01T00:00:00Z",           -62162035200000, "0000-03-01T00:00:00Z"    },
        {"9999-12-31T23:59:59Z",           253402300799000, "9999-12-31T23:59:59Z"    },
 /* a leap second, which POSIX does not have */
        {"2016-12-31T23:59:60Z",           1483228800000,   "2017-01-01T00:00:00Z"    },
        {"2017-01-01T05:29:60.5+05:30",    1483228800500,   "2017-01-01T00:00:00.500Z"},
        {"2016-12-31T23:59:60+01:00",      0,               NULL                      },
        {"2016-12-31T23:58:60Z",           0,               NULL                      },
        {"2016-12-31T23:59:61Z",           0,               NULL                      },
        {"2023-02-29T23:59:60Z",           0,               NULL                      },
        {"2023-02-29T00:00:00Z",           0,               NULL                      },
        {"2026-11-21T09:30:00",            0,               NULL                      },
        {"2026-11-21",                     0,               NULL                      },
        {"2026-11-21T09:30:00.Z",          0,               NULL                      },
        {"2026-11-21T09:30:00Zx",          0,               NULL                      },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        int64_t ms = -1;
        char back[CLOCK_TEXT_MAX];
        bool ok = clock_parse(rows[i].text, &ms, &err);

        if (ok != (rows[i].back != NULL) || (ok && ms != rows[i].ms))
            fail_msg("%s", rows[i].text);
        if (ok)
            assert_string_equal(clock_format(ms, back), rows[i].back);
    }
}

static void numbers_have_a_known_form(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        {0,                       "0"                      },
        {-0.0,                    "-0"                     },
        {1,                       "1"                      },
        {0.1,                     "0.1"                    },
        {-2.5,                    "-2.5"                   },
        {0.3,                     "0.3"                    },
        {0.1 + 0.2,               "0.30000000000000004"    },
        {4.35,                    "4.35"                   },
        {0.0001,                  "0.0001"                 },
        {0.00001,                 "1e-05"                  },
        {123456.789,              "123456.789"             },
        {999999999999999,         "999999999999999"        },
        {1e15,                    "1e+15"                  },
        {9007199254740993.0,      "9007199254740992"       },
        {1e21,                    "1e+21"                  },
        {1e23,                    "1e+23"                  },
        {1.5e-7,                  "1.5e-07"                },
        {2.2250738585072014e-308, "2.2250738585072014e-308"}, /* smallest normal */
        {2.2250738585072011e-308, "2.225073858507201e-308" }, /* largest subnormal */
        {0x1p-1022 * 2,           "4.450147717014403e-308" }, /* a lopsided interval */
        {DBL_MAX,                 "1.7976931348623157e+308"},
        {5e-324,                  "5e-324"                 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[NUMBER_MAX];
        size_t len = number_format(rows[i].v, text);

        assert_string_equal(text, rows[i].text);
        assert_int_equal(len, strlen(text));
    }
}

/* The obvious way, slowly: more and more digits until the text reads back equal. */
static size_t digits_needed(double v, char text[NUMBER_MAX])
{
    for (int digits = 1;; digits++) {
        int n = snprintf(text, NUMBER_MAX, "%.*g", digits, v);

        if (digits == 17 || strtod(text, NULL) == v)
            return (size_t)n;
    }
}

static void check_number(double v, bool lopsided)
{
    char text[NUMBER_MAX], slow[NUMBER_MAX];
    size_t n = number_format(v, text);

    if (strtod(text, NULL) != v)
        fail_msg("%a became %s", v, text);
    if (v == trunc(v) && fabs(v) < 1e15)
        return; /* has another form */
    if (n > digits_needed(v, slow) || (!lopsided && strcmp(text, slow) != 0))
        fail_msg("%a became %s, not %s", v, text, slow);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static double from_bits(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

static void numbers_read_back_equal_and_are_shortest(void **state)
{
    uint64_t seed = 88172645463325252ULL;

    (void)state;
    for (int i = 0; i < 15000; i++) {
        uint64_t bits = next_random(&seed);
        double any = from_bits(bits);

        if (isfinite(any))
            check_number(any, false);
        check_number((double)(bits >> 11) * 0x1p-53, false);     /* ratios */
        check_number((double)(bits >> 40) / 1000, false);        /* seconds */
        check_number(from_bits(bits >> 12 >> bits % 52), false); /* subnormal */
    }
    /* At powers of two a shorter text may exist than rounding to n digits finds. */
    for (int e = -1074; e < 1024; e++)
        check_number(ldexp(1, e), true);
}

/* Where one multiplication cannot tell, or nearly cannot. */
static void numbers_between_two_texts_are_right(void **state)
{
    enum { NEIGHBOURS = 4 };
    uint64_t seed = 3935559000370003845ULL;

    (void)state;
    /* Powers of ten, where digits become more, and the doubles next to them. */
    for (int e = -323; e <= 308; e++) {
        char text[16];
        double above, below;

        (void)snprintf(text, sizeof(text), "1e%d", e);
        above = below = strtod(text, NULL);
        for (int i = 0; i < NEIGHBOURS; i++) {
            check_number(above, false);
            check_number(below, false);
            above = nextafter(above, INFINITY);
            below = nextafter(below, 0);
        }
    }
    /* Exactly halfway between two numbers of sixteen or seventeen digits. */
    for (int i = 0; i < 3000; i++)
        for (int bits = 1; bits <= 6; bits++)
            check_number(ldexp((double)(next_random(&seed) >> 11 | 1), -bits), false);
    /* Few digits, with any exponent: the shortest text is the one that was read. */
    for (int i = 0; i < 20000; i++) {
        uint64_t random = next_random(&seed);
        char text[NUMBER_MAX];
        double v;

        (void)snprintf(text, sizeof(text), "%d.%0*de%d", (int)(random % 9) + 1,
                       (int)(random >> 8 & 7) + 1, (int)(random >> 16) & 0x7F,
                       (int)(random >> 32) % 300);
        v = strtod(text, NULL);
        check_number(v, false);
        if (v != 0)
            check_number(1 / v, false);
    }
}

static void utf8_is_told_from_what_is_not(void **state)
{
    static const struct {
        const char *bytes;
        bool ok;
    } rows[] = {
        {"plain",            true },
        {"\xc3\xa9",         true },
        {"\xf0\x9f\x8e\xb0", true },
        {"\xc0\x80",         false},
        {"\xed\xa0\x80",     false},
        {"\xf5\x80\x80\x80", false},
        {"\xe2\x82",         false},
        {"a\x80",            false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (text_is_utf8(rows[i].bytes, strlen(rows[i].bytes)) != rows[i].ok)
            fail_msg("row %zu", i);
}

static void names_follow_dns(void **state)
{
    (void)state;
    assert_true(text_is_dns_label("logistic-regression"));
    assert_false(text_is_dns_label("-x"));
    assert_false(text_is_dns_label("X"));
    assert_false(text_is_dns_label(""));
    assert_false(text_is_dns_label("a.b"));
    assert_true(text_is_dns_name("a.b-c.d"));
    assert_false(text_is_dns_name("a..b"));
    assert_false(text_is_dns_name("a."));
}

static void a_file_is_replaced_whole(void **state)
{
    char folder[] = "/tmp/test-base-XXXXXX";
    char path[64];
    CLEANUP(buf_clear)
    struct buf small = BUF_INIT(3);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(5);
    struct error err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/f", folder);
    assert_false(file_read(path, &text, &err));
    assert_int_equal(err.kind, ERR_NOT_FOUND);
    assert_true(file_write(path, "hello", 5, 0600, &err));
    assert_true(file_read(path, &text, &err)); /* exactly its ceiling */
    assert_string_equal(buf_str(&text), "hello");
    assert_false(file_read(path, &small, &err));
    assert_int_equal(err.kind, ERR_TOO_BIG);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing temporary was left behind */
}

static void flags_come_from_environment_then_command_line(void **state)
{
    const char *path = "default";
    int64_t count = 1;
    int64_t wait = 30000;
    bool loud = false;
    struct flag_list list = {.items = {":1"}, .count = 1};
    const char *words[1];
    size_t word_count = 0;
    const struct flag flags[] = {
        {.name = "path",    .kind = FLAG_STRING, .value = &path, .env = "TEST_BASE_PATH"},
        {.name = "count",   .kind = FLAG_INT, .value = &count, .low = 1, .high = 9},
        {.name = "wait",                 .kind = FLAG_DURATION, .value = &wait},
        {.name = "loud",.kind = FLAG_SWITCH, .value = &loud},
        {.name = "listen",         .kind = FLAG_LIST, .value = &list},
        {.name = NULL                },
    };
    const struct program p = {.name = "prog",
                              .flags = flags,
                              .positional = words,
                              .positional_max = 1,
                              .positional_count = &word_count};
    char *good[] = {"prog",   "--count=3", "--wait", "1m",       "word",
                    "--loud", "--listen",  ":2",     "--listen", ":3"};
    char *bad[][3] = {
        {"prog", "--nope",    NULL},
        {"prog", "--count",   "10"},
        {"prog", "--wait",    "x" },
        {"prog", "--no-path", NULL},
        {"prog", "--path",    NULL},
        {"prog", "-x",        NULL},
    };
    struct error err;

    (void)state;
    assert_int_equal(setenv("TEST_BASE_PATH", "from-env", 1), 0);
    assert_int_equal(flags_parse(&p, (int)ARRAY_LEN(good), good, &err), FLAGS_RUN);
    assert_string_equal(path, "from-env");
    assert_int_equal(count, 3);
    assert_int_equal(wait, 60000);
    assert_true(loud);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[1], ":3");
    assert_string_equal(words[0], "word");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (flags_parse(&p, bad[i][2] ? 3 : 2, bad[i], &err) != FLAGS_BAD)
            fail_msg("row %zu", i);
    assert_int_equal(unsetenv("TEST_BASE_PATH"), 0);
}

static void a_stop_wakes_a_sleeper(void **state)
{
    struct stop *s = stop_new();

    (void)state;
    assert_false(stop_wait_ms(s, 1));
    stop_request(s);
    assert_true(stop_wait_ms(s, 100000));
    stop_free(s);
}

/* They differ by how long the machine was suspended since it was started. */
static void one_clock_goes_on_while_the_machine_is_suspended(void **state)
{
    int64_t mono_ms = clock_mono_ms(), boot_ms = clock_boot_ms();
    int64_t suspended_ms = boot_ms - mono_ms;

    (void)state;
    assert_true(suspended_ms >= 0);
    (void)usleep(20000);
    assert_true(clock_boot_ms() >= boot_ms + 20);
    assert_true(clock_boot_ms() - clock_mono_ms() <= suspended_ms + 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_clock_goes_on_while_the_machine_is_suspended),
        cmocka_unit_test(a_buffer_drops_what_passes_its_ceiling),
        cmocka_unit_test(a_buffer_takes_over_what_fits),
        cmocka_unit_test(whole_numbers_are_digits_alone),
        cmocka_unit_test(errors_keep_their_kind_when_wrapped),
        cmocka_unit_test(durations_are_read_and_written),
        cmocka_unit_test(times_are_read_and_written),
        cmocka_unit_test(numbers_have_a_known_form),
        cmocka_unit_test(numbers_read_back_equal_and_are_shortest),
        cmocka_unit_test(numbers_between_two_texts_are_right),
        cmocka_unit_test(utf8_is_told_from_what_is_not),
        cmocka_unit_test(names_follow_dns),
        cmocka_unit_test(a_file_is_replaced_whole),
        cmocka_unit_test(flags_come_from_environment_then_command_line),
        cmocka_unit_test(a_stop_wakes_a_sleeper),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
