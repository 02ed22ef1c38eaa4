/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - what the API server says of a request that it refused, as our error. */
#ifndef KUBE_STATUS_H
#define KUBE_STATUS_H

#include <stddef.h>

#include "base/error.h"
#include "json/json.h"

/* What a code means to a caller:
 *   404 ERR_NOT_FOUND   409 ERR_CONFLICT   410 ERR_EXPIRED   413 ERR_TOO_BIG
 *   400 405 406 415 422 ERR_INVALID   408 504 ERR_TIMEOUT   anything else ERR_IO */
enum error_kind kube_status_kind(int code);

/* Set *err from a Status object: "409 Conflict: <message>; <field>: <message>". One that
 * is none will do. Always false. */
bool kube_status_error(int code, const struct json *status, struct error *err);

/* The same from the text of an answer, which may be anything. */
bool kube_status_error_text(int code, const char *text, size_t n, struct error *err);

#endif
