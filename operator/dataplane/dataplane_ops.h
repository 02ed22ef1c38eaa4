/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane_ops.h - what one kind of data plane implements. For kinds and tests only.
 *
 * A kind embeds struct dataplane as its first member. All of it may be called from any
 * thread, `restarted` and `listen` from one at a time.
 */
#ifndef DATAPLANE_DATAPLANE_OPS_H
#define DATAPLANE_DATAPLANE_OPS_H

#include "dataplane/dataplane.h"

struct dataplane_ops {
    bool (*read)(struct dataplane *d, const struct bandit_route *r,
                 struct dataplane_report *report, struct error *err);
    bool (*write)(struct dataplane *d, const struct bandit_route *r,
                  const double *weights, struct dataplane_report *report,
                  struct error *err);
    /* All may be NULL: any two overlap, nobody is remembered, it never restarts, it tells
     * nobody. */
    bool (*overlaps)(struct dataplane *d, const struct bandit_route *a,
                     const struct bandit_route *b);
    void (*forget)(struct dataplane *d, const struct bandit_route *r);
    bool (*restarted)(struct dataplane *d, bool *yes, struct error *err);
    void (*listen)(struct dataplane *d, dataplane_changed_fn *fn, void *arg);
    void (*free)(struct dataplane *d);
};

struct dataplane {
    const struct dataplane_ops *ops;
};

#endif
