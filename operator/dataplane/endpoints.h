/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints.h - has a Service a ready endpoint? Counted from its EndpointSlices. Pure.
 *
 * Ready is what the slice says, and what it does not say is ready, as the API has it. An
 * endpoint that terminates is not, though it may still serve: traffic is to leave before
 * it is gone.
 */
#ifndef DATAPLANE_ENDPOINTS_H
#define DATAPLANE_ENDPOINTS_H

#include "kube/kind.h"
#include "kube/table.h"
#include "json/json.h"

extern const struct kube_kind endpoints_kind; /* EndpointSlice */

/* One slice. */
struct endpoints_slice {
    size_t ready;
    char service[]; /* "namespace/name"; "" for a slice of no Service */
};

/* Release: free(). */
struct endpoints_slice *endpoints_parse(const struct json *object);

/* Sums by Service. */
struct endpoints {
    struct kube_table services;
};

void endpoints_init(struct endpoints *e);
void endpoints_clear(struct endpoints *e);

/* A slice was added, changed or taken out (NULL where there is none). True when the
 * Service of either has come to life or died by it; tell after each call about both. */
bool endpoints_change(struct endpoints *e, const struct endpoints_slice *before,
                      const struct endpoints_slice *after);

/* service: "namespace/name". */
bool endpoints_ready(const struct endpoints *e, const char *service);

#endif
