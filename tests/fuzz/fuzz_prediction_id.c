/* SPDX-License-Identifier: Apache-2.0 */
/* Prediction ids: once as text of anybody, which must be refused, and once as bytes that
 * carry a good signature, so that the reader behind it is reached. What it takes it must
 * have written itself, to the letter. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "server/base64url.h"
#include "server/prediction_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "sixteen bytes ok";

enum { TAG_SIZE = 16, KEY_SIZE = 16, DIGEST_SIZE = 32, SIGNED_MAX = 2048 };

static void make_tag(const uint8_t *data, size_t size, uint8_t tag[TAG_SIZE])
{
    static const char purpose[] = "bandit-router prediction id, format 1";
    uint8_t key[DIGEST_SIZE];
    int rc = gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, sizeof(secret) - 1, purpose,
                              sizeof(purpose) - 1, key);

    assert(rc == 0);
    rc = gnutls_hmac_fast(GNUTLS_MAC_AES_CMAC_128, key, KEY_SIZE, data, size, tag);
    assert(rc == 0);
}

static void read_anybodys(struct signer *s, const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size);
    struct prediction_id id;
    struct error err;

    assert(!prediction_id_read(s, text, &id, &err));
    free(text);
}

static void read_signed(struct signer *s, const uint8_t *data, size_t size)
{
    uint8_t bytes[SIGNED_MAX + TAG_SIZE];
    char text[(SIGNED_MAX + TAG_SIZE) * 4 / 3 + 2];
    char again[ID_TEXT_MAX];
    struct prediction_id id;
    struct id_stem stem;
    struct error err;

    if (size > SIGNED_MAX)
        return;
    memcpy(bytes, data, size);
    make_tag(data, size, bytes + size);
    text[base64url_encode(bytes, size + TAG_SIZE, text)] = '\0';
    if (!prediction_id_read(s, text, &id, &err))
        return;
    id_stem_init(&stem, &(struct identity){id.route, id.arm, id.model, id.version},
                 id.class_name);
    (void)prediction_id_write(s, &stem, id.issued_ms, id.unique, again);
    assert(!strcmp(text, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct signer *s;

    if (!s)
        s = signer_new(secret, sizeof(secret) - 1);
    read_anybodys(s, data, size);
    read_signed(s, data, size);
    return 0;
}
