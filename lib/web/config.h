/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - the file of --web.config.file, in the form that all exporters share: TLS,
 * users, headers, rate limit. For lib/web only.
 *
 *     tls_server_config:   {cert_file, key_file, client_ca_file, client_auth_type,
 *                           client_allowed_sans, min_version, max_version, ...}
 *     http_server_config:  {http2, headers}
 *     basic_auth_users:    {NAME: BCRYPT HASH}
 *     rate_limit:          {interval, burst}
 *
 * A configuration never changes; a new one takes its place. Unknown keys are refused.
 */
#ifndef WEB_CONFIG_H
#define WEB_CONFIG_H

#include <stdatomic.h>

#include "httpd/httpd.h"
#include "httpd/tls.h"
#include "json/json.h"

enum { WEB_HEADERS = 5, WEB_FILES_MAX = 4 };

struct web_user {
    char *name;
    char *hash;
};

struct web_config {
    atomic_uint references;
    struct httpd_tls *tls; /* NULL: plain HTTP */
    struct web_user *users;
    size_t user_count;          /* 0: everybody may */
    char *headers[WEB_HEADERS]; /* values, NULL where not set; see web_header_names */
    int64_t rate_interval_ms;   /* 0: no limit */
    int64_t rate_burst;
    char *files[WEB_FILES_MAX]; /* that it was read from */
    size_t file_count;
    uint64_t stamp; /* of all of them, from before they were read */
};

extern const char *const web_header_names[WEB_HEADERS];

/* path "" gives the configuration of a program that was given none. */
struct web_config *web_config_read(const char *path, struct error *err);
struct web_config *web_config_ref(struct web_config *c);
void web_config_unref(struct web_config *c);
DEFINE_FREEP(struct web_config *, web_config_unref)

/* The stamp of its files as they are now: another one when any of them is another. */
uint64_t web_config_stamp(const struct web_config *c);

/* The same from text; for tests. Files it names are sought in `folder`. */
struct web_config *web_config_parse(const char *text, size_t n, const char *folder,
                                    struct error *err);

/* config_read.c: helpers of the readers. Every member of an object must be known. */
bool config_known(const struct json *object, const char *where, const char *const *known,
                  struct error *err);
/* The member as text, *value unchanged when it is missing. */
bool config_text(const struct json *object, const char *key, const char **value,
                 struct error *err);
/* Remember that this file is part of the configuration, and append its bytes. */
bool config_file(struct web_config *c, const char *path, struct buf *out,
                 struct error *err);

/* config_tls.c: the section tls_server_config. */
bool config_read_tls(struct web_config *c, const struct json *section, const char *folder,
                     struct error *err);

#endif
