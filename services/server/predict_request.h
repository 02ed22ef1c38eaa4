/* SPDX-License-Identifier: Apache-2.0 */
/* predict_request.h - the careful reader of prediction requests:
 *
 *     {"features":[1,2]}              one row
 *     {"instances":[[1,2],[3,4]]}     a batch
 *
 * Other members are ignored, so that clients may send along what later servers read.
 */
#ifndef SERVER_PREDICT_REQUEST_H
#define SERVER_PREDICT_REQUEST_H

#include <stdbool.h>

#include "base/error.h"
#include "server/rows.h"
#include "server/server_metrics.h"
#include "json/json.h"

/* Why a request is refused. */
struct refusal {
    enum error_type type;
    struct error err;
};

/* text is NUL-terminated behind its n bytes; batch says which of the two it was. */
bool predict_request_read(const char *text, size_t n, struct rows *rows, bool *batch,
                          struct refusal *why);

/* An array of rows, each an array of numbers; what names it in errors. */
bool predict_request_rows(const struct json *array, const char *what, struct rows *rows,
                          struct refusal *why);

/* One row of numbers into row `at` of rows, which must be there. */
bool predict_request_row(const struct json *array, const char *what, struct rows *rows,
                         size_t at, struct refusal *why);

#endif
