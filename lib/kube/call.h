/* SPDX-License-Identifier: Apache-2.0 */
/* call.h - one request to the API server with all that belongs to it: credentials,
 * retries, the Status of a refusal. Internal to lib/kube. */
#ifndef KUBE_CALL_H
#define KUBE_CALL_H

#include "httpc/httpc.h"
#include "kube/client.h"

struct kube_call {
    const char *method;
    const char *path;         /* with its query */
    const char *content_type; /* of the body */
    const struct buf *body;   /* or NULL */
    /* For streams: a sink gets the body of an answer with 200, and its first byte or
     * begun() says that it is one. */
    httpc_sink_fn *sink;
    httpc_begun_fn *begun;
    void *sink_arg;
    int64_t timeout_ms; /* 0: the client's */
    int *status;        /* of the last answer, 0 without one; or NULL */
};

/* True with a 2xx; answer is then its body (empty with a sink). */
bool kube_call(struct kube_client *c, const struct kube_call *call, struct buf *answer,
               struct error *err);

#endif
