/* SPDX-License-Identifier: Apache-2.0 */
/* planes.h - the data planes that this process can reach, one for each kind of target. */
#ifndef OPERATOR_PLANES_H
#define OPERATOR_PLANES_H

#include "controller/controller.h"
#include "dataplane/dataplane_kube.h"
#include "operator/cluster.h"
#include "store/choice.h"

struct planes {
    struct dataplane_kind kinds[3];
    size_t count;
    struct kube_view *view; /* NULL without an API server */
};

/* haproxy_socket "": no HAProxy. Objects of the API server are written while `cluster`
 * leads. All is borrowed. */
void planes_open(struct planes *p, const char *haproxy_socket,
                 const struct store_choice *store, struct cluster *cluster);

/* End all watches and requests; nothing is read or written from then on. */
void planes_stop(struct planes *p);

/* After planes_stop(). */
void planes_clear(struct planes *p);

#endif
