/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "support/test.h"
#include "web/config.h"
#include "web/gzip.h"
#include "web/pages.h"

enum { TEXT_MAX = 16 * 1024 * 1024, GZIP_ONLY = 15 + 16 };

static void gzip_is_accepted_by_token(void **state)
{
    static const struct {
        const char *header;
        bool want;
    } rows[] = {
        {NULL,                       false},
        {"",                         false},
        {"gzip",                     true },
        {"GZip",                     true },
        {"deflate, gzip;q=1.0, *",   true },
        {"gzip;q=0",                 false},
        {"gzip; q=0.000",            false},
        {"gzip;q=0.001",             true },
        {"gzipped",                  false},
        {"br",                       false},
        {"identity;q=1, x-gzip;q=1", true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (gzip_accepted(rows[i].header) != rows[i].want)
            fail_msg("%s", rows[i].header);
}

static void unpack(const struct buf *packed, struct buf *out, size_t n)
{
    z_stream z = {.next_in = (Bytef *)packed->data, .avail_in = (uInt)packed->len};

    assert_int_equal(inflateInit2(&z, GZIP_ONLY), Z_OK);
    z.next_out = (Bytef *)buf_room(out, n + 1);
    z.avail_out = (uInt)n + 1;
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    buf_grew(out, z.total_out);
    (void)inflateEnd(&z);
}

/* Texts of many lengths and kinds, so that pieces end at every bit of a byte and have one
 * or many blocks. */
static void pieces_join_to_one_member(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (size_t round = 0; round < 60; round++) {
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(TEXT_MAX), back = BUF_INIT(TEXT_MAX);
        CLEANUP(buf_clear)
        struct buf packed = BUF_INIT(2 * TEXT_MAX);
        struct gzip_sum sum = {0};

        gzip_head(&packed);
        for (size_t piece = 0; piece < 8; piece++) {
            size_t from = text.len, n = (round * round * 37 + piece) % 70000;

            for (size_t i = 0; i < n; i++) {
                seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
                /* from hardly compressible to all the same */
                buf_putc(&text, (char)('a' + (seed >> 33) % (1 + round * 2)));
            }
            gzip_piece(&packed, buf_str(&text) + from, n, &sum);
        }
        gzip_tail(&packed, &sum);
        unpack(&packed, &back, text.len);
        assert_int_equal(sum.length, text.len);
        assert_int_equal(back.len, text.len);
        assert_memory_equal(buf_str(&back), buf_str(&text), text.len);
    }
}

/* "secret", cost 4 */
#define SECRET "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

static void configurations_are_checked(void **state)
{
    static const struct {
        const char *text;
        const char *want; /* NULL: it is fine */
    } rows[] = {
        {"",                                                                             NULL                                   },
        {"{}",                                                                           NULL                                   },
        {"basic_auth_users: {a: '" SECRET "'}",                                          NULL                                   },
        {"basic_auth_users: {a: secret}",                                                "a: a bcrypt hash is wanted"           },
        {"basic_auth_users: [a]",                                                        "basic_auth_users: a mapping is wanted"},
        {"http_server_config: {http2: false, headers: {X-Frame-Options: deny}}",         NULL                                   },
        {"http_server_config: {headers: {X-Frame-Options: never}}",                      "X-Frame-Options"                      },
        {"http_server_config: {headers: {Server: me}}",                                  "Server may not be set"                },
        {"http_server_config: {headers: {Content-Security-Policy: \"a\\r\\nB: c\"}}",
         "Content-Security-Policy: not a value"                                                                                 },
        {"rate_limit: {interval: 1s, burst: 20}",                                        NULL                                   },
        {"rate_limit: {interval: soon}",                                                 "rate_limit: interval"                 },
        {"rate_limit: {interval: 1s, burst: 0}",                                         "burst"                                },
        {"rate_limit: {interval: 1s, burst: 1.5}",                                       "burst"                                },
        {"rate_limit: {interval: 1000d, burst: 100}",                                    "more than 30 years"                   },
        {"tls: {}",                                                                      "unknown field \"tls\""                },
        {"tls_server_config: {cert_file: /none.pem, key_file: /none.key}",               "/none.pem"                            },
        {"tls_server_config: {cert: x, key: y}",                                         "certificate and key"                  },
        {"tls_server_config: {cert: x}",                                                 "both cert_file and key_file"          },
        {"tls_server_config: {cert: x, cert_file: y}",                                   "both given"                           },
        {"tls_server_config: {cert: x, key: y, min_version: SSL3}",                      "min_version"                          },
        {"tls_server_config: {cert: x, key: y, min_version: TLS13, max_version: TLS12}",
         "in order"                                                                                                             },
        {"tls_server_config: {cert: x, key: y, client_auth_type: Maybe}",                "Maybe"                                },
        {"tls_server_config: {cert: x, key: y, client_auth_type: "
         "RequireAndVerifyClientCert}",                                         "no client_ca_file"                    },
        {"tls_server_config: {cert: x, key: y, cipher_suites: [NULL_NULL]}",
         "cipher_suites: \"NULL_NULL\" is not known"                                                                            },
        {"tls_server_config: {cert: x, key: y, client_allowed_sans: [a]}",
         "client_allowed_sans needs"                                                                                            },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        struct web_config *c =
            web_config_parse(rows[i].text, strlen(rows[i].text), "/", &err);

        if (!rows[i].want != !!c || (rows[i].want && !strstr(err.msg, rows[i].want)))
            fail_msg("%s: %s", rows[i].text, err.msg);
        web_config_unref(c);
    }
}

/* Of a page that is larger than an answer may be, or was cut when it was written, nothing
 * is sent; the ceiling of answers stays what it was. */
static void only_whole_pages_are_sent(void **state)
{
    static const struct {
        bool gzip;
        size_t ceiling, text;
        bool want;
    } rows[] = {
        {false, 100,  100,  true },
        {false, 99,   100,  false},
        {true,  6000, 5000, true },
        {true,  10,   5000, false},
        {false, 6000, 5001, false}, /* cut */
        {true,  6000, 5001, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct page_choice choice = {.content_type = "text/plain", .gzip = rows[i].gzip};
        CLEANUP(mem_freep)
        struct httpd_response *resp = mem_alloc(1, sizeof(*resp));
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(5000);

        buf_init(&resp->body, rows[i].ceiling);
        for (size_t n = 0; n < rows[i].text; n++)
            buf_putc(&text, 'x');
        page_answer(resp, &choice, &text);
        if (buf_ok(&resp->body) != rows[i].want || resp->body.max != rows[i].ceiling ||
            text.len)
            fail_msg("row %zu", i);
        buf_clear(&resp->body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_accepted_by_token),
        cmocka_unit_test(pieces_join_to_one_member),
        cmocka_unit_test(configurations_are_checked),
        cmocka_unit_test(only_whole_pages_are_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
