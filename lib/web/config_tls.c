/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "web/config.h"

enum { PEM_MAX = 1024 * 1024, NAMES_MAX = 64, PRIORITIES_MAX = 2048 };

/* A PEM text that is given in the file or in one of its own. */
static bool read_pem(struct web_config *c, const struct json *section, const char *key,
                     const char *folder, struct buf *out, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf file_key = BUF_INIT(64), path = BUF_INIT(4096);
    const char *text = NULL, *file = NULL;

    buf_printf(&file_key, "%s_file", key);
    if (!config_text(section, key, &text, err) ||
        !config_text(section, buf_str(&file_key), &file, err))
        return false;
    if (text && *text && file && *file)
        return error_set(err, ERR_INVALID, "%s and %s are both given", key,
                         buf_str(&file_key));
    if (text && *text)
        buf_puts(out, text);
    if (!file || !*file)
        return true;
    buf_printf(&path, "%s%s%s", file[0] == '/' ? "" : folder, file[0] == '/' ? "" : "/",
               file);
    return config_file(c, buf_str(&path), out, err);
}

static bool read_client_auth(const struct json *section, enum httpd_client_auth *auth,
                             struct error *err)
{
    static const char *const names[] = {
        [CLIENT_AUTH_NONE] = "NoClientCert",
        [CLIENT_AUTH_REQUEST] = "RequestClientCert",
        [CLIENT_AUTH_REQUIRE_ANY] = "RequireAnyClientCert",
        [CLIENT_AUTH_VERIFY_IF_GIVEN] = "VerifyClientCertIfGiven",
        [CLIENT_AUTH_REQUIRE_AND_VERIFY] = "RequireAndVerifyClientCert",
        NULL,
    };
    const char *name = names[CLIENT_AUTH_NONE];
    int found;

    if (!config_text(section, "client_auth_type", &name, err))
        return false;
    found = text_index(*name ? name : names[CLIENT_AUTH_NONE], names);
    if (found < 0)
        return error_set(err, ERR_INVALID, "client_auth_type: \"%.64s\" is none", name);
    *auth = (enum httpd_client_auth)found;
    return true;
}

struct word {
    const char *theirs; /* as Go has it */
    const char *ours;   /* as GnuTLS has it */
};

static const char *translate(const struct word *words, size_t n, const char *theirs)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(words[i].theirs, theirs))
            return words[i].ours;
    return NULL;
}

static bool add_versions(const struct json *section, struct buf *out, struct error *err)
{
    static const char *const versions[] = {"TLS10", "TLS11", "TLS12", "TLS13", NULL};
    static const char *const ours[] = {"TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"};
    const char *low = "TLS12", *high = "TLS13";
    int first, last;

    if (!config_text(section, "min_version", &low, err) ||
        !config_text(section, "max_version", &high, err))
        return false;
    first = text_index(low, versions);
    last = text_index(high, versions);
    if (first < 0 || last < first)
        return error_set(err, ERR_INVALID,
                         "min_version %.16s and max_version %.16s: two of TLS10, TLS11, "
                         "TLS12 and TLS13 are wanted, in order",
                         low, high);
    buf_puts(out, ":-VERS-ALL");
    for (int v = last; v >= first; v--)
        buf_printf(out, ":+VERS-%s", ours[v]);
    return true;
}

/* The members of a list, each through the table. */
static bool add_list(const struct json *section, const char *key, const char *clear,
                     const struct word *words, size_t n, struct buf *out,
                     struct error *err)
{
    const struct json *list = json_get(section, key);

    if (!list)
        return true;
    if (!json_is(list, JSON_ARRAY))
        return error_set(err, ERR_INVALID, "%s: a list is wanted", key);
    if (json_count(list))
        buf_puts(out, clear);
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        const char *ours = translate(words, n, json_string(item, ""));

        if (!ours)
            return error_set(err, ERR_INVALID, "%s: \"%.64s\" is not known", key,
                             json_string(item, ""));
        buf_puts(out, ours);
    }
    return true;
}

/* GnuTLS chooses ciphers and key exchanges apart from each other, so a suite allows its
 * two parts. As with Go, TLS 1.3 is not touched by the list of suites but for ciphers
 * that no suite of the list has. */
static bool read_priorities(const struct json *section, struct buf *out,
                            struct error *err)
{
    static const struct word suites[] = {
        {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",         ":+ECDHE-RSA:+AES-128-GCM"      },
        {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",         ":+ECDHE-RSA:+AES-256-GCM"      },
        {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",   ":+ECDHE-RSA:+CHACHA20-POLY1305"},
        {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",       ":+ECDHE-ECDSA:+AES-128-GCM"    },
        {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",       ":+ECDHE-ECDSA:+AES-256-GCM"    },
        {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
         ":+ECDHE-ECDSA:+CHACHA20-POLY1305"                                               },
    };
    static const struct word curves[] = {
        {"X25519",    ":+GROUP-X25519"   },
        {"CurveP256", ":+GROUP-SECP256R1"},
        {"CurveP384", ":+GROUP-SECP384R1"},
        {"CurveP521", ":+GROUP-SECP521R1"},
    };

    buf_puts(out, "NORMAL");
    return add_versions(section, out, err) &&
           add_list(section, "cipher_suites", ":-CIPHER-ALL:-KX-ALL", suites,
                    ARRAY_LEN(suites), out, err) &&
           add_list(section, "curve_preferences", ":-GROUP-ALL", curves,
                    ARRAY_LEN(curves), out, err);
}

static bool read_names(const struct json *section, const char **names, size_t *n,
                       struct error *err)
{
    const struct json *list = json_get(section, "client_allowed_sans");

    if (list && !json_is(list, JSON_ARRAY))
        return error_set(err, ERR_INVALID, "client_allowed_sans: a list is wanted");
    for (const struct json *item = json_first(list); item; item = json_next(item)) {
        if (*n == NAMES_MAX || !json_is(item, JSON_STRING))
            return error_set(err, ERR_INVALID,
                             "client_allowed_sans: at most %d names are wanted",
                             NAMES_MAX);
        names[(*n)++] = json_string(item, "");
    }
    return true;
}

static bool check(const struct httpd_tls_options *o, bool has_ca, struct error *err)
{
    bool verifies = o->client_auth == CLIENT_AUTH_VERIFY_IF_GIVEN ||
                    o->client_auth == CLIENT_AUTH_REQUIRE_AND_VERIFY;

    if (!*o->certificate || !*o->key)
        return error_set(err, ERR_INVALID, "both cert_file and key_file are needed");
    if (verifies && !has_ca)
        return error_set(err, ERR_INVALID,
                         "client_auth_type wants certificates verified, and there is no "
                         "client_ca_file");
    if (has_ca && o->client_auth == CLIENT_AUTH_NONE)
        return error_set(err, ERR_INVALID,
                         "client_ca_file is given, and client_auth_type does not use it");
    if (o->allowed_name_count && o->client_auth != CLIENT_AUTH_REQUIRE_AND_VERIFY)
        return error_set(err, ERR_INVALID,
                         "client_allowed_sans needs client_auth_type "
                         "RequireAndVerifyClientCert");
    return true;
}

bool config_read_tls(struct web_config *c, const struct json *section, const char *folder,
                     struct error *err)
{
    static const char *const known[] = {
        "cert",
        "cert_file",
        "key",
        "key_file",
        "client_ca",
        "client_ca_file",
        "client_auth_type",
        "client_allowed_sans",
        "min_version",
        "max_version",
        "cipher_suites",
        "curve_preferences",
        "prefer_server_cipher_suites",
        NULL,
    };
    CLEANUP(buf_clear)
    struct buf certificate = BUF_INIT(PEM_MAX), key = BUF_INIT(PEM_MAX);
    CLEANUP(buf_clear)
    struct buf ca = BUF_INIT(PEM_MAX);
    CLEANUP(buf_clear)
    struct buf priorities = BUF_INIT(PRIORITIES_MAX);
    const char *names[NAMES_MAX];
    struct httpd_tls_options o = {.allowed_names = names};

    if (!config_known(section, "tls_server_config", known, err))
        return false;
    if (!section || !json_count(section))
        return true;
    if (!read_pem(c, section, "cert", folder, &certificate, err) ||
        !read_pem(c, section, "key", folder, &key, err) ||
        !read_pem(c, section, "client_ca", folder, &ca, err) ||
        !read_client_auth(section, &o.client_auth, err) ||
        !read_names(section, names, &o.allowed_name_count, err) ||
        !read_priorities(section, &priorities, err))
        return error_wrap(err, "tls_server_config");
    o.certificate = buf_str(&certificate);
    o.key = buf_str(&key);
    o.client_ca = ca.len ? buf_str(&ca) : NULL;
    o.priorities = buf_str(&priorities);
    if (!check(&o, ca.len != 0, err))
        return error_wrap(err, "tls_server_config");
    c->tls = httpd_tls_new(&o, err);
    return c->tls || error_wrap(err, "tls_server_config");
}
