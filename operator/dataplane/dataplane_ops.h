/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane_ops.h - what one kind of data plane implements. For kinds and tests only.
 *
 * A kind embeds struct dataplane as its first member. All of it may be called from any
 * thread, `restarted` from one at a time.
 */
#ifndef DATAPLANE_DATAPLANE_OPS_H
#define DATAPLANE_DATAPLANE_OPS_H

#include "dataplane/dataplane.h"

struct dataplane_ops {
    bool (*read)(struct dataplane *d, const struct bandit_route *r,
                 struct dataplane_arm *arms, struct error *err);
    bool (*write)(struct dataplane *d, const struct bandit_route *r,
                  const double *weights, struct dataplane_arm *arms, struct error *err);
    bool (*restarted)(struct dataplane *d, bool *yes, struct error *err);
    void (*free)(struct dataplane *d);
};

struct dataplane {
    const struct dataplane_ops *ops;
};

#endif
