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
#include "base/rate.h"

enum {
    DIGEST = 32, /* SHA-256 */
    REMEMBERED = 128,
    CREDENTIALS_MAX = 1024,
    DEFAULT_COST = 10,
    FAKE_MAX = 80,
    WAITING_MAX = 32,
    WRONG_INTERVAL_MS = 1000,
    WRONG_BURST = 10,
};

/* Credentials of one outcome, the oldest forgotten first. No password is kept: a key is a
 * digest of name, hash and password under a key that only this process knows. */
struct ring {
    unsigned char keys[REMEMBERED][DIGEST];
    size_t count;
    size_t oldest; /* once all are used */
};

/* Credentials that are to be looked at. */
struct attempt {
    unsigned char key[DIGEST];
    const char *hash, *password;
    bool known; /* the hash is that of a user */
};

struct guard {
    unsigned char secret[DIGEST];
    bool may_wait;
    pthread_mutex_t lock; /* over all below */
    struct ring admitted; /* apart, so that guessing does not push out who was right */
    struct ring refused;
    struct rate requests;
    struct rate wrong; /* passwords that were tried */
    bool trying;       /* one at a time: guessing must not take every core */
    size_t waiting;
    pthread_cond_t tried;
};

struct guard *guard_new(bool may_wait)
{
    struct guard *g = mem_alloc(1, sizeof(*g));
    int failed = gnutls_rnd(GNUTLS_RND_KEY, g->secret, sizeof(g->secret));

    assert(!failed);
    g->may_wait = may_wait;
    g->wrong = (struct rate)RATE_INIT_MS(WRONG_INTERVAL_MS, WRONG_BURST);
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_cond_init(&g->tried, NULL);
    return g;
}

void guard_free(struct guard *g)
{
    if (!g)
        return;
    (void)pthread_mutex_destroy(&g->lock);
    (void)pthread_cond_destroy(&g->tried);
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

static bool bcrypt_fits(const char *hash, const char *password)
{
    struct crypt_data *data = mem_alloc(1, sizeof(*data));
    const char *computed = crypt_r(password, hash, data);
    bool fits = false;

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

/* ---- outcomes ------------------------------------------------------------------------
 */

static bool ring_has(const struct ring *r, const unsigned char key[DIGEST])
{
    for (size_t i = 0; i < r->count; i++)
        if (!memcmp(r->keys[i], key, DIGEST))
            return true;
    return false;
}

static void ring_add(struct ring *r, const unsigned char key[DIGEST])
{
    size_t at = r->count < REMEMBERED ? r->count++ : r->oldest++ % REMEMBERED;

    memcpy(r->keys[at], key, DIGEST);
}

/* What is known without a try. To be called with the lock held, like all up to check().
 */
static bool recall(const struct guard *g, const unsigned char key[DIGEST],
                   enum guard_verdict *verdict)
{
    if (ring_has(&g->admitted, key))
        *verdict = GUARD_ADMITTED;
    else if (ring_has(&g->refused, key))
        *verdict = GUARD_REFUSED;
    else
        return false;
    return true;
}

/* Wait for the try that is under way, if that is allowed: it may be for the same
 * password. */
static bool wait_for_try(struct guard *g)
{
    if (!g->may_wait || g->waiting == WAITING_MAX)
        return false;
    g->waiting++;
    (void)pthread_cond_wait(&g->tried, &g->lock);
    g->waiting--;
    return true;
}

static enum guard_verdict try(struct guard *g, const struct attempt *a, int64_t now_ms)
{
    bool fits;

    g->trying = true;
    (void)pthread_mutex_unlock(&g->lock);
    fits = bcrypt_fits(a->hash, a->password) && a->known;
    (void)pthread_mutex_lock(&g->lock);
    g->trying = false;
    (void)pthread_cond_broadcast(&g->tried);
    ring_add(fits ? &g->admitted : &g->refused, a->key);
    if (!fits)
        rate_take(&g->wrong, now_ms);
    return fits ? GUARD_ADMITTED : GUARD_REFUSED;
}

static bool may_try(const struct guard *g, int64_t now_ms)
{
    return g->may_wait || rate_spare(&g->wrong, now_ms) > 0;
}

static enum guard_verdict check(struct guard *g, const struct attempt *a, int64_t now_ms)
{
    enum guard_verdict verdict;

    while (!recall(g, a->key, &verdict)) {
        if (!g->trying)
            return may_try(g, now_ms) ? try(g, a, now_ms) : GUARD_BUSY;
        if (!wait_for_try(g))
            return GUARD_BUSY;
    }
    return verdict;
}

/* ---- users ---------------------------------------------------------------------------
 */

enum guard_verdict guard_admits(struct guard *g, const struct web_config *c,
                                const char *authorization, int64_t now_ms)
{
    char credentials[CREDENTIALS_MAX], fake[FAKE_MAX];
    struct attempt a = {.hash = fake};
    enum guard_verdict verdict;

    if (!c->user_count)
        return GUARD_ADMITTED;
    if (!read_credentials(authorization, credentials, &a.password))
        return GUARD_REFUSED;
    nobody(c, fake);
    for (size_t i = 0; i < c->user_count; i++)
        if (!strcmp(c->users[i].name, credentials)) {
            a.hash = c->users[i].hash;
            a.known = true;
        }
    digest(g, credentials, a.hash, a.password, a.key);
    (void)pthread_mutex_lock(&g->lock);
    verdict = check(g, &a, now_ms);
    (void)pthread_mutex_unlock(&g->lock);
    gnutls_memset(credentials, 0, sizeof(credentials));
    return verdict;
}

/* ---- rate ----------------------------------------------------------------------------
 */

bool guard_has_room(struct guard *g, const struct web_config *c, int64_t now_ms)
{
    bool room;

    if (!c->rate_interval_ms)
        return true;
    (void)pthread_mutex_lock(&g->lock);
    g->requests.interval_ns = c->rate_interval_ms * 1000000; /* as it is configured now */
    g->requests.burst = c->rate_burst;
    room = rate_try(&g->requests, now_ms);
    (void)pthread_mutex_unlock(&g->lock);
    return room;
}
