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
    ID_SECRET_MIN = 16, /* bytes */
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

/* Signs and checks; for one thread at a time. */
struct signer;

struct signer *signer_new(const void *secret, size_t n);
void signer_free(struct signer *s);
DEFINE_FREEP(struct signer *, signer_free)

/* Write the id and a NUL; returns its length, which is prediction_id_length(). Names and
 * class must keep to the limits above (the program checks them when it starts and when it
 * loads a model). */
size_t prediction_id_write(struct signer *s, const struct identity *who,
                           const char *class_name, int64_t issued_ms, uint64_t unique,
                           char *out);

/* Length of an id with those names and a class name of so many bytes. */
size_t prediction_id_length(const struct identity *who, size_t class_length);

/* ERR_INVALID when the text was not written by a holder of the secret. */
bool prediction_id_read(struct signer *s, const char *text, struct prediction_id *id,
                        struct error *err);

#endif
