/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - certificate, client authorities and versions of a server's TLS.
 *
 * A struct httpd_tls never changes; to rotate a certificate make another one and hand it
 * to httpd_set_tls(): connections made from then on use it, older ones keep theirs.
 */
#ifndef HTTPD_TLS_H
#define HTTPD_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

struct httpd;

/* The five ways of Go's TLS, which users know from other exporters. */
enum httpd_client_auth {
    CLIENT_AUTH_NONE,            /* NoClientCert */
    CLIENT_AUTH_REQUEST,         /* RequestClientCert: asked for, not looked at */
    CLIENT_AUTH_REQUIRE_ANY,     /* RequireAnyClientCert: must be there, not looked at */
    CLIENT_AUTH_VERIFY_IF_GIVEN, /* VerifyClientCertIfGiven */
    CLIENT_AUTH_REQUIRE_AND_VERIFY /* RequireAndVerifyClientCert */
};

struct httpd_tls_options {
    const char *certificate; /* PEM, the chain behind it */
    const char *key;         /* PEM */
    const char *client_ca;   /* PEM, or NULL */
    enum httpd_client_auth client_auth;
    const char *const
        *allowed_names;        /* DNS names, of which a client's certificate must */
    size_t allowed_name_count; /* have one; none: any will do */
    const char *priorities;    /* as GnuTLS writes them */
};

struct httpd_tls;

struct httpd_tls *httpd_tls_new(const struct httpd_tls_options *options,
                                struct error *err);
struct httpd_tls *httpd_tls_ref(struct httpd_tls *t);
void httpd_tls_unref(struct httpd_tls *t); /* NULL is fine */
DEFINE_FREEP(struct httpd_tls *, httpd_tls_unref)

/* For new connections. The server must have been started with TLS. */
void httpd_set_tls(struct httpd *h, struct httpd_tls *t);

#endif
