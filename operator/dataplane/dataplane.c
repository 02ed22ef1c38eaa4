/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/dataplane.h"

#include "dataplane/dataplane_ops.h"

bool dataplane_read(struct dataplane *d, const struct bandit_route *r,
                    struct dataplane_arm *arms, struct error *err)
{
    return d->ops->read(d, r, arms, err);
}

bool dataplane_write(struct dataplane *d, const struct bandit_route *r,
                     const double *weights, struct dataplane_arm *arms, struct error *err)
{
    return d->ops->write(d, r, weights, arms, err);
}

bool dataplane_restarted(struct dataplane *d, bool *yes, struct error *err)
{
    return d->ops->restarted(d, yes, err);
}

void dataplane_free(struct dataplane *d)
{
    if (d)
        d->ops->free(d);
}
