/* SPDX-License-Identifier: Apache-2.0 */
#include "server/prediction_id.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "server/base64url.h"

/* The bytes: FORMAT; five strings, each behind a byte with its length; when; unique
 * number (both big-endian); the tag of all before it. */
enum {
    FORMAT = 1,
    TAG_SIZE = 16,
    KEY_SIZE = 16,
    DIGEST_SIZE = 32,
    END_SIZE = 8 + 8 + TAG_SIZE, /* behind the stem */
    BYTES_MAX = ID_STEM_MAX + END_SIZE,
};

_Static_assert((BYTES_MAX + 2) / 3 * 4 < ID_TEXT_MAX, "every id fits its text");

struct signer {
    gnutls_hmac_hd_t mac; /* keyed once; gnutls_hmac_output() rewinds it */
};

struct signer *signer_new(const void *secret, size_t n)
{
    static const char purpose[] = "bandit-router prediction id, format 1";
    struct signer *s = mem_alloc(1, sizeof(*s));
    uint8_t digest[DIGEST_SIZE];
    int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, n, purpose, sizeof(purpose) - 1,
                              digest);

    assert(rc == GNUTLS_E_SUCCESS);
    rc = gnutls_hmac_init(&s->mac, GNUTLS_MAC_AES_CMAC_128, digest, KEY_SIZE);
    assert(rc == GNUTLS_E_SUCCESS);
    gnutls_memset(digest, 0, sizeof(digest));
    return s;
}

void signer_free(struct signer *s)
{
    if (!s)
        return;
    gnutls_hmac_deinit(s->mac, NULL);
    free(s);
}

static void make_tag(struct signer *s, const uint8_t *bytes, size_t n,
                     uint8_t tag[TAG_SIZE])
{
    int rc = gnutls_hmac(s->mac, bytes, n);

    assert(rc == GNUTLS_E_SUCCESS);
    gnutls_hmac_output(s->mac, tag);
}

static uint8_t *put_string(uint8_t *at, const char *text, size_t max)
{
    uint8_t *length = at++;

    assert(strlen(text) <= max);
    while (*text)
        *at++ = (uint8_t)*text++;
    *length = (uint8_t)(at - length - 1);
    return at;
}

static uint8_t *put_u64(uint8_t *at, uint64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(v >> shift);
    return at;
}

void id_stem_init(struct id_stem *stem, const struct identity *who,
                  const char *class_name)
{
    uint8_t *at = stem->bytes;

    *at++ = FORMAT;
    at = put_string(at, who->route, ID_NAME_MAX);
    at = put_string(at, who->arm, ID_NAME_MAX);
    at = put_string(at, who->model, ID_NAME_MAX);
    at = put_string(at, who->version, ID_NAME_MAX);
    at = put_string(at, class_name, ID_CLASS_MAX);
    stem->len = (size_t)(at - stem->bytes);
    stem->text_len = base64url_encode(stem->bytes, stem->len - stem->len % 3, stem->text);
}

size_t prediction_id_length(const struct id_stem *stem)
{
    return base64url_length(stem->len + END_SIZE);
}

size_t prediction_id_write(struct signer *s, const struct id_stem *stem,
                           int64_t issued_ms, uint64_t unique, char *out)
{
    uint8_t bytes[BYTES_MAX];
    size_t done = stem->len - stem->len % 3;
    uint8_t *at = bytes + stem->len;
    size_t len = stem->text_len;

    memcpy(bytes, stem->bytes, stem->len);
    at = put_u64(at, (uint64_t)issued_ms);
    at = put_u64(at, unique);
    make_tag(s, bytes, (size_t)(at - bytes), at);
    memcpy(out, stem->text, stem->text_len);
    len += base64url_encode(bytes + done, stem->len + END_SIZE - done, out + len);
    out[len] = '\0';
    return len;
}

/* What is left to read of the signed bytes. */
struct reader {
    const uint8_t *at;
    size_t left;
};

static bool get_string(struct reader *r, char *out, size_t max)
{
    size_t n = r->left ? r->at[0] : 0;

    if (!r->left || n > max || n > r->left - 1 || memchr(r->at + 1, '\0', n))
        return false;
    memcpy(out, r->at + 1, n);
    out[n] = '\0';
    r->at += 1 + n;
    r->left -= 1 + n;
    return true;
}

static bool get_u64(struct reader *r, uint64_t *v)
{
    if (r->left < 8)
        return false;
    *v = 0;
    for (int i = 0; i < 8; i++)
        *v = *v << 8 | r->at[i];
    r->at += 8;
    r->left -= 8;
    return true;
}

bool prediction_id_read(struct signer *s, const char *text, struct prediction_id *id,
                        struct error *err)
{
    uint8_t bytes[BYTES_MAX];
    uint8_t tag[TAG_SIZE];
    size_t n = base64url_decode(text, strnlen(text, ID_TEXT_MAX), bytes, sizeof(bytes));
    struct reader r = {.at = bytes + 1, .left = n - 1 - TAG_SIZE};
    struct prediction_id found = {.issued_ms = 0};
    uint64_t issued = 0;

    if (n <= 1 + TAG_SIZE)
        return error_set(err, ERR_INVALID, "the prediction_id is not one of ours");
    make_tag(s, bytes, n - TAG_SIZE, tag);
    if (gnutls_memcmp(tag, bytes + n - TAG_SIZE, TAG_SIZE))
        return error_set(err, ERR_INVALID, "the prediction_id was not signed by us");
    if (bytes[0] != FORMAT || !get_string(&r, found.route, ID_NAME_MAX) ||
        !get_string(&r, found.arm, ID_NAME_MAX) ||
        !get_string(&r, found.model, ID_NAME_MAX) ||
        !get_string(&r, found.version, ID_NAME_MAX) ||
        !get_string(&r, found.class_name, ID_CLASS_MAX) || !get_u64(&r, &issued) ||
        !get_u64(&r, &found.unique) || r.left)
        return error_set(err, ERR_INVALID, "the prediction_id is of another format");
    found.issued_ms = (int64_t)issued;
    *id = found;
    return true;
}
