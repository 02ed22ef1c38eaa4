/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/endpoints.h"

#include <stdlib.h>
#include <string.h>

const struct kube_kind endpoints_kind = {
    "EndpointSlice", "discovery.k8s.io", "v1", "endpointslices", true,
};

struct service {
    size_t ready, slices;
};

static size_t count_ready(const struct json *endpoints)
{
    size_t n = 0;

    for (const struct json *e = json_first(endpoints); e; e = json_next(e)) {
        const struct json *conditions = json_get(e, "conditions");

        n += json_bool(json_get(conditions, "ready"), true) &&
             !json_bool(json_get(conditions, "terminating"), false);
    }
    return n;
}

struct endpoints_slice *endpoints_parse(const struct json *object)
{
    const struct json *metadata = json_get(object, "metadata");
    const char *namespace = json_string(json_get(metadata, "namespace"), "");
    const char *service = json_string(
        json_path(metadata, "labels", "kubernetes.io/service-name", NULL), "");
    size_t m = strlen(namespace), n = strlen(service);
    struct endpoints_slice *s = mem_alloc(1, sizeof(*s) + m + n + 2);

    s->ready = count_ready(json_get(object, "endpoints"));
    if (!n)
        return s;
    memcpy(s->service, namespace, m);
    s->service[m] = '/';
    memcpy(s->service + m + 1, service, n);
    return s;
}

void endpoints_init(struct endpoints *e)
{
    e->services = (struct kube_table)KUBE_TABLE_INIT(free);
}

void endpoints_clear(struct endpoints *e)
{
    kube_table_clear(&e->services);
}

bool endpoints_ready(const struct endpoints *e, const char *service)
{
    const struct service *s = kube_table_get(&e->services, service);

    return s && s->ready > 0;
}

static void add(struct endpoints *e, const struct endpoints_slice *slice)
{
    struct service *s = kube_table_get(&e->services, slice->service);

    if (!s) {
        s = mem_alloc(1, sizeof(*s));
        kube_table_put(&e->services, slice->service, s);
    }
    s->ready += slice->ready;
    s->slices++;
}

static void take(struct endpoints *e, const struct endpoints_slice *slice)
{
    struct service *s = kube_table_get(&e->services, slice->service);

    s->ready -= slice->ready;
    if (--s->slices == 0)
        kube_table_remove(&e->services, slice->service);
}

bool endpoints_change(struct endpoints *e, const struct endpoints_slice *before,
                      const struct endpoints_slice *after)
{
    bool old_before = before && endpoints_ready(e, before->service);
    bool old_after = after && endpoints_ready(e, after->service);

    if (after && *after->service)
        add(e, after);
    if (before && *before->service)
        take(e, before);
    return (before && endpoints_ready(e, before->service) != old_before) ||
           (after && endpoints_ready(e, after->service) != old_after);
}
