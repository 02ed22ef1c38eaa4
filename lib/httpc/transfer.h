/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h - one libcurl handle: what every request of ours has set, and how its end is
 * told as an error or an answer. Internal to lib/httpc; callers drive the handle.
 */
#ifndef HTTPC_TRANSFER_H
#define HTTPC_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "httpc/httpc.h"

struct transfer {
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    struct httpc_options options;
    const struct httpc_request *req;
    struct httpc_response *resp;
    char why[CURL_ERROR_SIZE];
    int64_t heard_ms; /* when the answer's latest byte came; 0: it has not begun */
    bool refused;     /* the sink took no more */
};

/* The texts of the options are borrowed; NULL stands for none. */
void transfer_init(struct transfer *t, const struct httpc_options *options);
void transfer_clear(struct transfer *t);

/* Make the handle ready for this request. Request and answer must stay where they are
 * until transfer_end(). ERR_INVALID when libcurl refuses the request itself. */
bool transfer_begin(struct transfer *t, const struct httpc_request *req,
                    struct httpc_response *resp, struct error *err);

/* Fill in the answer, or say why there is none. */
bool transfer_end(struct transfer *t, CURLcode code, struct error *err);

/* error_set(), with "GET http://host/path: " in front; the query and credentials are
 * left out, for they may be long or secret. */
bool transfer_error(const struct transfer *t, enum error_kind kind, const char *why,
                    struct error *err);

#endif
