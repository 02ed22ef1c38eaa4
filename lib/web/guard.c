/* SPDX-License-Identifier: Apache-2.0 */
#include "web/guard.h"

#include <assert.h>
#include <crypt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/buf.h"

enum {
    DIGEST = 32, /* SHA-256 */
    REMEMBERED = 128,
    CREDENTIALS_MAX = 1024,
    DEFAULT_COST = 10,
    FAKE_MAX = 80,
};

/* The outcome of one bcrypt. No password is kept: the key is a digest of name, hash and
 * password under a key that only this process knows. */
struct outcome {
    unsigned char key[DIGEST];
    bool admitted;
};

struct guard {
    unsigned char secret[DIGEST];
    pthread_mutex_t lock; /* over the outcomes and the rate */
    struct outcome outcomes[REMEMBERED];
    size_t outcome_count;
    size_t oldest; /* the next to be forgotten once all are used */
    double tokens;
    int64_t tokens_ms;           /* when they were counted; 0: never */
    pthread_mutex_t bcrypt_lock; /* one at a time: guessing must not take every core */
};

struct guard *guard_new(void)
{
    struct guard *g = mem_alloc(1, sizeof(*g));
    int failed = gnutls_rnd(GNUTLS_RND_KEY, g->secret, sizeof(g->secret));

    assert(!failed);
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_mutex_init(&g->bcrypt_lock, NULL);
    return g;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    (void)pthread_mutex_destroy(&g->lock);
    (void)pthread_mutex_destroy(&g->bcrypt_lock);
    free(g);
}

/* ---- reading -------------------------------------------------------------------------
 */

/* "Basic" and the base64 of "name:password", cut into the two. */
static bool read_credentials(const char *authorization, char out[CREDENTIALS_MAX],
                             const char **password)
{
    gnutls_datum_t text, decoded = {NULL, 0};
    char *colon;
    bool fits;

    if (!authorization || strncasecmp(authorization, "Basic ", 6) != 0)
        return false;
    authorization += 6;
    authorization += strspn(authorization, " ");
    text.data = (unsigned char *)(uintptr_t)authorization;
    text.size = (unsigned)strlen(authorization);
    if (gnutls_base64_decode2(&text, &decoded))
        return false;
    fits = decoded.size < CREDENTIALS_MAX && !memchr(decoded.data, '\0', decoded.size);
    if (fits) {
        memcpy(out, decoded.data, decoded.size);
        out[decoded.size] = '\0';
    }
    gnutls_free(decoded.data);
    colon = fits ? strchr(out, ':') : NULL;
    if (!colon)
        return false;
    *colon = '\0';
    *password = colon + 1;
    return true;
}

/* ---- passwords -----------------------------------------------------------------------
 */

static int cost_of(const char *hash)
{
    return 10 * (hash[4] - '0') + (hash[5] - '0');
}

/* A hash that no password gives, of the cost that the dearest user has. */
static void nobody(const struct web_config *c, char out[FAKE_MAX])
{
    int cost = DEFAULT_COST;

    for (size_t i = 0; i < c->user_count; i++)
        if (!i || cost_of(c->users[i].hash) > cost)
            cost = cost_of(c->users[i].hash);
    (void)snprintf(out, FAKE_MAX, "$2b$%02d$%s", cost,
                   "abcdefghijklmnopqrstuu...............................");
}

static bool bcrypt_fits(struct guard *g, const char *hash, const char *password)
{
    struct crypt_data *data = mem_alloc(1, sizeof(*data));
    const char *computed;
    bool fits = false;

    (void)pthread_mutex_lock(&g->bcrypt_lock);
    computed = crypt_r(password, hash, data);
    (void)pthread_mutex_unlock(&g->bcrypt_lock);
    if (computed && strlen(computed) == strlen(hash))
        fits = !gnutls_memcmp(computed, hash, strlen(hash));
    gnutls_memset(data, 0, sizeof(*data));
    free(data);
    return fits;
}

static void digest(const struct guard *g, const char *name, const char *hash,
                   const char *password, unsigned char out[DIGEST])
{
    CLEANUP(buf_clear)
    struct buf b = BUF_INIT(4096);
    int failed;

    buf_add(&b, name, strlen(name) + 1);
    buf_add(&b, hash, strlen(hash) + 1);
    buf_puts(&b, password);
    failed = gnutls_hmac_fast(GNUTLS_MAC_SHA256, g->secret, sizeof(g->secret),
                              buf_str(&b), b.len, out);
    assert(!failed && buf_ok(&b));
    gnutls_memset(b.data, 0, b.len);
}

static bool recall(struct guard *g, const unsigned char key[DIGEST], bool *admitted)
{
    bool found = false;

    (void)pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < g->outcome_count && !found; i++)
        if (!memcmp(g->outcomes[i].key, key, DIGEST)) {
            *admitted = g->outcomes[i].admitted;
            found = true;
        }
    (void)pthread_mutex_unlock(&g->lock);
    return found;
}

static void remember(struct guard *g, const unsigned char key[DIGEST], bool admitted)
{
    struct outcome *o;

    (void)pthread_mutex_lock(&g->lock);
    if (g->outcome_count < REMEMBERED) {
        o = &g->outcomes[g->outcome_count++];
    } else {
        o = &g->outcomes[g->oldest];
        g->oldest = (g->oldest + 1) % REMEMBERED;
    }
    memcpy(o->key, key, DIGEST);
    o->admitted = admitted;
    (void)pthread_mutex_unlock(&g->lock);
}

bool guard_admits(struct guard *g, const struct web_config *c, const char *authorization)
{
    char credentials[CREDENTIALS_MAX], fake[FAKE_MAX];
    unsigned char key[DIGEST];
    const char *hash = fake, *password;
    bool known = false, admitted;

    if (!c->user_count)
        return true;
    if (!read_credentials(authorization, credentials, &password))
        return false;
    nobody(c, fake);
    for (size_t i = 0; i < c->user_count; i++)
        if (!strcmp(c->users[i].name, credentials)) {
            hash = c->users[i].hash;
            known = true;
        }
    digest(g, credentials, hash, password, key);
    if (!recall(g, key, &admitted)) {
        admitted = bcrypt_fits(g, hash, password) && known;
        remember(g, key, admitted);
    }
    gnutls_memset(credentials, 0, sizeof(credentials));
    return admitted;
}

/* ---- rate ----------------------------------------------------------------------------
 */

bool guard_has_room(struct guard *g, const struct web_config *c, int64_t now_ms)
{
    bool room;

    if (!c->rate_interval_ms)
        return true;
    (void)pthread_mutex_lock(&g->lock);
    if (g->tokens_ms)
        g->tokens += (double)(now_ms - g->tokens_ms) / (double)c->rate_interval_ms;
    if (!g->tokens_ms || g->tokens > (double)c->rate_burst)
        g->tokens = (double)c->rate_burst;
    g->tokens_ms = now_ms;
    room = g->tokens >= 1;
    if (room)
        g->tokens--;
    (void)pthread_mutex_unlock(&g->lock);
    return room;
}
