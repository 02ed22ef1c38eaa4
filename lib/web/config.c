/* SPDX-License-Identifier: Apache-2.0 */
#include "web/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "json/yaml.h"

enum { CONFIG_MAX = 1024 * 1024, BCRYPT_LENGTH = 60 };

static const double RATE_SPAN_MS = 1e12; /* as nanoseconds it fits an int64_t */

const char *const web_header_names[WEB_HEADERS] = {
    "Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options",
    "X-Frame-Options",         "X-XSS-Protection",
};

struct web_config *web_config_ref(struct web_config *c)
{
    (void)atomic_fetch_add(&c->references, 1);
    return c;
}

void web_config_unref(struct web_config *c)
{
    if (!c || atomic_fetch_sub(&c->references, 1) != 1)
        return;
    httpd_tls_unref(c->tls);
    for (size_t i = 0; i < c->user_count; i++) {
        free(c->users[i].name);
        free(c->users[i].hash);
    }
    free(c->users);
    for (size_t i = 0; i < WEB_HEADERS; i++)
        free(c->headers[i]);
    for (size_t i = 0; i < c->file_count; i++)
        free(c->files[i]);
    free(c);
}

/* $2a$, $2b$ or $2y$, a cost of two digits, and 53 characters of salt and hash. */
static bool is_bcrypt(const char *hash)
{
    static const char alphabet[] =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        "0123456789";

    return strlen(hash) == BCRYPT_LENGTH && text_starts_with(hash, "$2") &&
           strchr("aby", hash[2]) && hash[3] == '$' &&
           strspn(hash + 4, "0123456789") == 2 && hash[6] == '$' &&
           strspn(hash + 7, alphabet) == BCRYPT_LENGTH - 7;
}

static bool read_users(struct web_config *c, const struct json *section,
                       struct error *err)
{
    if (section && !json_is(section, JSON_OBJECT) && !json_is(section, JSON_NULL))
        return error_set(err, ERR_INVALID, "basic_auth_users: a mapping is wanted");
    c->users = mem_alloc(json_count(section), sizeof(*c->users));
    for (const struct json *m = json_first(section); m; m = json_next(m)) {
        const char *hash = json_string(m, "");

        if (!is_bcrypt(hash))
            return error_set(err, ERR_INVALID,
                             "basic_auth_users: %.64s: a bcrypt hash is wanted",
                             json_key(m));
        c->users[c->user_count++] = (struct web_user){
            .name = mem_strdup(json_key(m)),
            .hash = mem_strdup(hash),
        };
    }
    return true;
}

static bool value_fits(const char *name, const char *value)
{
    if (!strcmp(name, "X-Content-Type-Options"))
        return !strcmp(value, "nosniff");
    if (!strcmp(name, "X-Frame-Options"))
        return !strcmp(value, "deny") || !strcmp(value, "sameorigin") ||
               !strcmp(value, "DENY") || !strcmp(value, "SAMEORIGIN");
    for (const char *p = value; *p; p++)
        if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
            return false;
    return strlen(value) < HTTPD_HEADER_VALUE_MAX;
}

static bool read_http(struct web_config *c, const struct json *section, struct error *err)
{
    static const char *const known[] = {"http2", "headers", NULL};
    const struct json *headers = json_get(section, "headers");

    if (!config_known(section, "http_server_config", known, err))
        return false;
    if (headers && !json_is(headers, JSON_OBJECT))
        return error_set(err, ERR_INVALID, "headers: a mapping is wanted");
    for (const struct json *m = json_first(headers); m; m = json_next(m)) {
        const char *value = json_string(m, "");
        size_t i = 0;

        while (i < WEB_HEADERS && strcmp(web_header_names[i], json_key(m)) != 0)
            i++;
        if (i == WEB_HEADERS)
            return error_set(err, ERR_INVALID, "headers: %.64s may not be set",
                             json_key(m));
        if (!value_fits(web_header_names[i], value))
            return error_set(err, ERR_INVALID, "headers: %s: not a value of it",
                             web_header_names[i]);
        if (*value)
            c->headers[i] = mem_strdup(value);
    }
    return true;
}

static bool read_rate(struct web_config *c, const struct json *section, struct error *err)
{
    static const char *const known[] = {"interval", "burst", NULL};
    const struct json *burst = json_get(section, "burst");
    const char *interval = "0";
    double n = json_number(burst, 1);

    if (!config_known(section, "rate_limit", known, err) ||
        !config_text(section, "interval", &interval, err))
        return false;
    if (!text_to_duration(interval, &c->rate_interval_ms, err))
        return error_wrap(err, "rate_limit: interval");
    if ((burst && !json_is(burst, JSON_NUMBER)) || n != (double)(int64_t)n || n < 1 ||
        n > 1e9)
        return error_set(err, ERR_INVALID,
                         "rate_limit: burst: a whole number from 1 on "
                         "is wanted");
    if (n * (double)c->rate_interval_ms > RATE_SPAN_MS)
        return error_set(err, ERR_INVALID,
                         "rate_limit: burst times interval is more than 30 years");
    c->rate_burst = (int64_t)n;
    return true;
}

static bool fill(struct web_config *c, const struct json *root, const char *folder,
                 struct error *err)
{
    static const char *const known[] = {"tls_server_config", "http_server_config",
                                        "basic_auth_users", "rate_limit", NULL};

    if (json_is(root, JSON_NULL)) /* an empty file */
        return true;
    return config_known(root, "the file", known, err) &&
           config_read_tls(c, json_get(root, "tls_server_config"), folder, err) &&
           read_http(c, json_get(root, "http_server_config"), err) &&
           read_users(c, json_get(root, "basic_auth_users"), err) &&
           read_rate(c, json_get(root, "rate_limit"), err);
}

static bool parse(struct web_config *c, const char *text, size_t n, const char *folder,
                  struct error *err)
{
    CLEANUP(json_freep)
    struct json *root = yaml_parse_one(text, n, err);

    return root && fill(c, root, folder, err);
}

static struct web_config *new_config(void)
{
    struct web_config *c = mem_alloc(1, sizeof(*c));

    atomic_init(&c->references, 1);
    return c;
}

struct web_config *web_config_parse(const char *text, size_t n, const char *folder,
                                    struct error *err)
{
    CLEANUP(web_config_unrefp)
    struct web_config *c = new_config();

    return parse(c, text, n, folder, err) ? STEAL(c) : NULL;
}

struct web_config *web_config_read(const char *path, struct error *err)
{
    CLEANUP(web_config_unrefp)
    struct web_config *c = new_config();
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(CONFIG_MAX);
    CLEANUP(mem_freep)
    char *folder = NULL;
    const char *slash = strrchr(path, '/');

    if (!*path)
        return STEAL(c);
    folder = slash ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup(".");
    if (!config_file(c, path, &text, err))
        return NULL;
    if (!parse(c, buf_str(&text), text.len, folder, err)) {
        (void)error_wrap(err, "%.256s", path);
        return NULL;
    }
    return STEAL(c);
}
