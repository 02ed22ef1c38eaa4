/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/dataplane.h"

#include "dataplane/dataplane_ops.h"

bool dataplane_read(struct dataplane *d, const struct bandit_route *r,
                    struct dataplane_report *report, struct error *err)
{
    return d->ops->read(d, r, report, err);
}

bool dataplane_write(struct dataplane *d, const struct bandit_route *r,
                     const double *weights, struct dataplane_report *report,
                     struct error *err)
{
    return d->ops->write(d, r, weights, report, err);
}

bool dataplane_overlaps(struct dataplane *d, const struct bandit_route *a,
                        const struct bandit_route *b)
{
    return !d->ops->overlaps || d->ops->overlaps(d, a, b);
}

void dataplane_forget(struct dataplane *d, const struct bandit_route *r)
{
    if (d->ops->forget)
        d->ops->forget(d, r);
}

bool dataplane_restarted(struct dataplane *d, bool *yes, struct error *err)
{
    *yes = false;
    return !d->ops->restarted || d->ops->restarted(d, yes, err);
}

void dataplane_listen(struct dataplane *d, dataplane_changed_fn *fn, void *arg)
{
    if (d->ops->listen)
        d->ops->listen(d, fn, arg);
}

void dataplane_free(struct dataplane *d)
{
    if (d)
        d->ops->free(d);
}
