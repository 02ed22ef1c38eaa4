/* SPDX-License-Identifier: Apache-2.0 */
/* The whole object, made from a BanditRoute that has a template: no more than a gateway
 * needs to split traffic. Who wants matches or filters writes the object himself. */
#include <stdio.h>
#include <string.h>

#include "core/rounding.h"
#include "dataplane/split.h"

/* ---- metadata ------------------------------------------------------------------------
 */

/* Deleting the BanditRoute lets the API server delete the object. Nothing waits for that
 * (blockOwnerDeletion), which would take a permission on finalizers. */
static struct json *owner_of(const struct bandit_route *r)
{
    struct json *owners = json_new_array(), *owner = json_new_object();

    json_put_string(owner, "apiVersion", ROUTE_API_VERSION);
    json_put_string(owner, "kind", ROUTE_KIND);
    json_put_string(owner, "name", r->name);
    json_put_string(owner, "uid", r->uid);
    json_put_bool(owner, "controller", true);
    json_push(owners, owner);
    return owners;
}

static struct json *metadata_of(const struct bandit_route *r)
{
    struct json *metadata = json_new_object(), *labels = json_new_object();
    struct json *annotations = json_new_object();
    char generation[24];

    (void)snprintf(generation, sizeof(generation), "%lld", (long long)r->generation);
    json_put_string(labels, "app.kubernetes.io/managed-by", "bandit-operator");
    json_put_string(annotations, SPLIT_MADE_FOR, generation);
    json_put_string(metadata, "name", r->spec.target.name);
    json_put_string(metadata, "namespace", r->namespace);
    json_put(metadata, "labels", labels);
    json_put(metadata, "annotations", annotations);
    json_put(metadata, "ownerReferences", owner_of(r));
    return metadata;
}

struct json *split_make(const struct split_kind *kind, const struct kube_kind *version,
                        const struct bandit_route *r, const double *weights,
                        struct error *err)
{
    uint32_t units[ROUTE_ARMS_MAX];
    struct json *object;
    struct buf api = BUF_INIT(512);

    if (!rounding_units(weights, r->spec.arm_count, kind->units, units)) {
        (void)error_set(err, ERR_INVALID, "weights that share nothing out");
        return NULL;
    }
    object = json_new_object();
    kube_add_api_version(&api, version);
    json_put_string(object, "apiVersion", buf_str(&api));
    json_put_string(object, "kind", kind->kind);
    json_put(object, "metadata", metadata_of(r));
    json_put(object, "spec", kind->make(r, units));
    buf_clear(&api);
    return object;
}

/* ---- specs ---------------------------------------------------------------------------
 */

static struct json *list_of(struct json *element)
{
    struct json *list = json_new_array();

    json_push(list, element);
    return list;
}

static void put_if_any(struct json *object, const char *key, const char *text)
{
    if (*text)
        json_put_string(object, key, text);
}

static struct json *backend_ref(const struct route_arm *arm, uint32_t weight)
{
    struct json *ref = json_new_object();

    json_put_string(ref, "name", arm->service);
    put_if_any(ref, "namespace", arm->namespace);
    json_put_number(ref, "port", arm->port);
    json_put_number(ref, "weight", weight);
    return ref;
}

struct json *split_make_httproute(const struct bandit_route *r, const uint32_t *units)
{
    const struct route_template *t = &r->spec.target.template;
    struct json *spec = json_new_object(), *parent = json_new_object();
    struct json *rule = json_new_object(), *refs = json_new_array();

    json_put_string(parent, "name", t->gateway);
    put_if_any(parent, "namespace", t->gateway_namespace);
    put_if_any(parent, "sectionName", t->listener);
    json_put(spec, "parentRefs", list_of(parent));
    if (*t->hostname)
        json_put(spec, "hostnames", list_of(json_new_string(t->hostname)));
    for (size_t i = 0; i < r->spec.arm_count; i++)
        json_push(refs, backend_ref(&r->spec.arms[i], units[i]));
    put_if_any(rule, "name", r->spec.target.rule);
    json_put(rule, "backendRefs", refs);
    json_put(spec, "rules", list_of(rule));
    return spec;
}

static struct json *route_destination(const struct bandit_route *r,
                                      const struct route_arm *arm, uint32_t weight)
{
    struct json *route = json_new_object(), *destination = json_new_object();
    struct buf host = BUF_INIT(512);

    buf_puts(&host, arm->service);
    if (*arm->namespace && strcmp(arm->namespace, r->namespace) != 0)
        buf_printf(&host, ".%s.svc.cluster.local", arm->namespace);
    json_put_string(destination, "host", buf_str(&host));
    buf_clear(&host);
    put_if_any(destination, "subset", arm->subset);
    if (arm->port) {
        struct json *port = json_new_object();

        json_put_number(port, "number", arm->port);
        json_put(destination, "port", port);
    }
    json_put(route, "destination", destination);
    json_put_number(route, "weight", weight);
    return route;
}

struct json *split_make_virtualservice(const struct bandit_route *r,
                                       const uint32_t *units)
{
    const struct route_template *t = &r->spec.target.template;
    struct json *spec = json_new_object(), *rule = json_new_object();
    struct json *routes = json_new_array();
    struct buf gateway = BUF_INIT(512);

    if (*t->gateway_namespace)
        buf_printf(&gateway, "%s/", t->gateway_namespace);
    buf_puts(&gateway, t->gateway);
    json_put(spec, "hosts", list_of(json_new_string(*t->hostname ? t->hostname : "*")));
    json_put(spec, "gateways", list_of(json_new_string(buf_str(&gateway))));
    buf_clear(&gateway);
    for (size_t i = 0; i < r->spec.arm_count; i++)
        json_push(routes, route_destination(r, &r->spec.arms[i], units[i]));
    put_if_any(rule, "name", r->spec.target.rule);
    json_put(rule, "route", routes);
    json_put(spec, "http", list_of(rule));
    return spec;
}
