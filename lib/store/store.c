/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include "store/backend.h"

bool store_watch(struct store *s, struct stop *stop, store_event_fn *fn, void *arg,
                 struct error *err)
{
    return s->backend->watch(s, stop, fn, arg, err);
}

bool store_write_status(struct store *s, const struct bandit_route *r, struct error *err)
{
    return s->backend->write_status(s, r, err);
}

bool store_has_finalizers(const struct store *s)
{
    return s->backend->set_finalizer != NULL;
}

bool store_set_finalizer(struct store *s, const char *namespace, const char *name,
                         bool on, struct error *err)
{
    return s->backend->set_finalizer(s, namespace, name, on, err);
}

void store_stats(struct store *s, struct store_stats *out)
{
    s->backend->stats(s, out);
}

void store_free(struct store *s)
{
    if (s)
        s->backend->free(s);
}
