/* SPDX-License-Identifier: Apache-2.0 */
/* prediction_id.h - a signed note of who predicted what: the ticket that feedback brings
 * back.
 *
 * The decision travels with its answer, so there is no join table: any replica that
 * shares the secret can check an id and credit the arm that served. An id is readable to
 * whoever holds it, and cannot be made or changed without the secret: it ends in an
 * AES-CMAC (RFC 4493) of 128 bits, whose key is derived from the secret by HMAC-SHA256.
 * (HMAC alone would do, but is the dearest step of a prediction where the processor has
 * no instructions for SHA: 1.2 us against 0.1.)
 */
#ifndef SERVER_PREDICTION_ID_H
#define SERVER_PREDICTION_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

enum {
    ID_NAME_MAX = 63,   /* bytes of a route, arm, model or version */
    ID_CLASS_MAX = 200, /* bytes of a class name */
    ID_TEXT_MAX = 800,  /* characters of an id, at most */
    ID_STEM_MAX = 1 + 4 * (1 + ID_NAME_MAX) + 1 + ID_CLASS_MAX, /* bytes */
    ID_SECRET_MIN = 16,                                         /* bytes */
    ID_SECRET_MAX = 4096,
};

/* Who answered. Borrowed strings. */
struct identity {
    const char *route;
    const char *arm;
    const char *model;
    const char *version;
};

struct prediction_id {
    char route[ID_NAME_MAX + 1];
    char arm[ID_NAME_MAX + 1];
    char model[ID_NAME_MAX + 1];
    char version[ID_NAME_MAX + 1];
    char class_name[ID_CLASS_MAX + 1];
    int64_t issued_ms;
    uint64_t unique;
};

/* How all ids of one class by one server begin: made once, so that an id costs but its
 * end. */
struct id_stem {
    uint8_t bytes[ID_STEM_MAX];
    size_t len;
    char text[ID_STEM_MAX / 3 * 4]; /* of as many bytes as make whole characters */
    size_t text_len;
};

/* Names and class must keep to the limits above (the program checks them when it starts
 * and when it loads a model). */
void id_stem_init(struct id_stem *stem, const struct identity *who,
                  const char *class_name);

/* Signs and checks; for one thread at a time. */
struct signer;

struct signer *signer_new(const void *secret, size_t n);
void signer_free(struct signer *s);
DEFINE_FREEP(struct signer *, signer_free)

/* Write the id and a NUL; returns its length, which is prediction_id_length(). */
size_t prediction_id_write(struct signer *s, const struct id_stem *stem,
                           int64_t issued_ms, uint64_t unique, char *out);

size_t prediction_id_length(const struct id_stem *stem);

/* ERR_INVALID when the text was not written by a holder of the secret. */
bool prediction_id_read(struct signer *s, const char *text, struct prediction_id *id,
                        struct error *err);

#endif
