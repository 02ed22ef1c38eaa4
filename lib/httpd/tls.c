/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd/tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "httpd/internal.h"

struct httpd_tls {
    atomic_uint references;
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
    enum httpd_client_auth client_auth;
    char **allowed_names;
    size_t allowed_name_count;
};

struct httpd_tls *httpd_tls_ref(struct httpd_tls *t)
{
    (void)atomic_fetch_add(&t->references, 1);
    return t;
}

void httpd_tls_unref(struct httpd_tls *t)
{
    if (!t || atomic_fetch_sub(&t->references, 1) != 1)
        return;
    if (t->credentials)
        gnutls_certificate_free_credentials(t->credentials);
    if (t->priorities)
        gnutls_priority_deinit(t->priorities);
    for (size_t i = 0; i < t->allowed_name_count; i++)
        free(t->allowed_names[i]);
    free(t->allowed_names);
    free(t);
}

static gnutls_datum_t datum(const char *text)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)text,
                            .size = (unsigned)strlen(text)};
}

static bool load(struct httpd_tls *t, const struct httpd_tls_options *o,
                 struct error *err)
{
    gnutls_datum_t certificate = datum(o->certificate), key = datum(o->key);
    int failed = gnutls_certificate_allocate_credentials(&t->credentials);

    if (!failed)
        failed = gnutls_certificate_set_x509_key_mem(t->credentials, &certificate, &key,
                                                     GNUTLS_X509_FMT_PEM);
    if (failed < 0)
        return error_set(err, ERR_INVALID, "certificate and key: %s",
                         gnutls_strerror(failed));
    if (o->client_ca) {
        gnutls_datum_t ca = datum(o->client_ca);
        int loaded = gnutls_certificate_set_x509_trust_mem(t->credentials, &ca,
                                                           GNUTLS_X509_FMT_PEM);

        if (loaded <= 0)
            return error_set(err, ERR_INVALID, "client certificate authority: %s",
                             loaded ? gnutls_strerror(loaded) : "holds no certificate");
    }
    failed = gnutls_priority_init(&t->priorities, o->priorities, NULL);
    if (failed)
        return error_set(err, ERR_INVALID, "versions or ciphers: %s",
                         gnutls_strerror(failed));
    return true;
}

struct httpd_tls *httpd_tls_new(const struct httpd_tls_options *options,
                                struct error *err)
{
    CLEANUP(httpd_tls_unrefp)
    struct httpd_tls *t = mem_alloc(1, sizeof(*t));

    atomic_init(&t->references, 1);
    t->client_auth = options->client_auth;
    t->allowed_name_count = options->allowed_name_count;
    t->allowed_names = mem_alloc(t->allowed_name_count, sizeof(char *));
    for (size_t i = 0; i < t->allowed_name_count; i++)
        t->allowed_names[i] = mem_strdup(options->allowed_names[i]);
    if (!load(t, options, err))
        return NULL;
    return STEAL(t);
}

/* ---- of one connection ---------------------------------------------------------------
 */

static bool name_is_allowed(const struct httpd_tls *t, gnutls_session_t session)
{
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    gnutls_x509_crt_t client;
    bool allowed = false;

    if (!t->allowed_name_count)
        return true;
    if (!n || gnutls_x509_crt_init(&client))
        return false;
    if (!gnutls_x509_crt_import(client, &chain[0], GNUTLS_X509_FMT_DER))
        for (size_t i = 0; i < t->allowed_name_count && !allowed; i++)
            allowed = gnutls_x509_crt_check_hostname(client, t->allowed_names[i]);
    gnutls_x509_crt_deinit(client);
    return allowed;
}

/* Called by GnuTLS in the handshake, when the client's certificate (or none) is there. */
static int verify(gnutls_session_t session)
{
    const struct httpd_tls *t = gnutls_db_get_ptr(session);
    unsigned n = 0, status = 0;

    (void)gnutls_certificate_get_peers(session, &n);
    if (!n && t->client_auth == CLIENT_AUTH_VERIFY_IF_GIVEN)
        return 0;
    if (!n || gnutls_certificate_verify_peers2(session, &status) || status ||
        !name_is_allowed(t, session))
        return GNUTLS_E_CERTIFICATE_ERROR;
    return 0;
}

struct httpd_tls *tls_begin(struct httpd *h, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    gnutls_session_t session = info ? info->tls_session : NULL;
    struct httpd_tls *t;

    if (!session)
        return NULL;
    (void)pthread_mutex_lock(&h->tls_lock);
    t = httpd_tls_ref(h->tls);
    (void)pthread_mutex_unlock(&h->tls_lock);
    (void)gnutls_priority_set(session, t->priorities);
    (void)gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, t->credentials);
    /* The session database is not used; its pointer is the one that an application has
     * to itself, as libmicrohttpd takes the other. */
    gnutls_db_set_ptr(session, t);
    switch (t->client_auth) {
    case CLIENT_AUTH_NONE:
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE);
        break;
    case CLIENT_AUTH_REQUEST:
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
        break;
    case CLIENT_AUTH_REQUIRE_ANY:
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        break;
    case CLIENT_AUTH_VERIFY_IF_GIVEN:
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
        gnutls_session_set_verify_function(session, verify);
        break;
    case CLIENT_AUTH_REQUIRE_AND_VERIFY:
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
        gnutls_session_set_verify_function(session, verify);
        break;
    }
    return t;
}

/* libmicrohttpd wants to know a certificate before the first connection; tls_begin() has
 * the last word on every one. */
int tls_first_certificate(gnutls_session_t session, const gnutls_datum_t *requested,
                          int requested_count, const gnutls_pk_algorithm_t *algorithms,
                          int algorithm_count, gnutls_pcert_st **chain,
                          unsigned *chain_length, gnutls_privkey_t *key)
{
    (void)session;
    (void)requested;
    (void)requested_count;
    (void)algorithms;
    (void)algorithm_count;
    *chain = NULL;
    *chain_length = 0;
    *key = NULL;
    return -1;
}

void httpd_set_tls(struct httpd *h, struct httpd_tls *t)
{
    struct httpd_tls *old;

    (void)pthread_mutex_lock(&h->tls_lock);
    old = h->tls;
    h->tls = httpd_tls_ref(t);
    (void)pthread_mutex_unlock(&h->tls_lock);
    httpd_tls_unref(old);
}
