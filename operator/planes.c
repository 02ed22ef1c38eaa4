/* SPDX-License-Identifier: Apache-2.0 */
#include "operator/planes.h"

static void add(struct planes *p, const char *kind, struct dataplane *d)
{
    p->kinds[p->count++] = (struct dataplane_kind){kind, d};
}

static struct kube_view *open_view(const struct store_choice *store,
                                   struct cluster *cluster)
{
    const struct store_kube_options hooks = cluster_hooks(cluster);

    return kube_view_new(&(struct dataplane_kube_options){
        .access = store->access,
        .namespace = store->namespace,
        .user_agent = hooks.user_agent,
        .report = hooks.report,
        .warn = hooks.warn,
        .fault = hooks.fault,
        .may_write = hooks.may_write,
        .arg = hooks.arg,
    });
}

void planes_open(struct planes *p, const char *haproxy_socket,
                 const struct store_choice *store, struct cluster *cluster)
{
    *p = (struct planes){.count = 0};
    if (haproxy_socket[0])
        add(p, "HAProxyBackend", dataplane_haproxy(haproxy_socket));
    if (!store->access)
        return;
    p->view = open_view(store, cluster);
    add(p, "HTTPRoute", dataplane_httproute(p->view));
    add(p, "VirtualService", dataplane_virtualservice(p->view));
}

void planes_stop(struct planes *p)
{
    kube_view_stop(p->view);
}

void planes_clear(struct planes *p)
{
    while (p->count)
        dataplane_free(p->kinds[--p->count].dataplane);
    kube_view_free(p->view);
    p->view = NULL;
}
