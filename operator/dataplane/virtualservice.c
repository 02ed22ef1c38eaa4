/* SPDX-License-Identifier: Apache-2.0 */
/* VirtualService of Istio: spec.http[].route[].weight. It has no status to be relied on:
 * what was stored is what is in force. */
#include <string.h>

#include "dataplane/split.h"

enum {
    WEIGHT_MAX = 1000000000,
    /* Istio before 1.15 wants weights that sum to 100, and the later ones take them. */
    UNITS = 100,
};

static const struct kube_kind versions[] = {
    {"VirtualService", "networking.istio.io", "v1",       "virtualservices", true},
    {"VirtualService", "networking.istio.io", "v1beta1",  "virtualservices", true},
    {"VirtualService", "networking.istio.io", "v1alpha3", "virtualservices", true},
};

enum { LABEL_MAX = 63 };

/* The label at *at, which moves behind it and its dot; false when it is none. */
static bool take_label(const char **at, char out[LABEL_MAX + 1])
{
    size_t n = strcspn(*at, ".");

    if (!n || n > LABEL_MAX)
        return false;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at += n + ((*at)[n] == '.');
    return true;
}

/* "svm" is in the namespace of the object; "svm.models.svc.cluster.local", also without
 * its end, says where it is. Any other host is not of a Service. */
static void read_host(const char *host, const char *own, char service[LABEL_MAX + 1],
                      char namespace[LABEL_MAX + 1])
{
    const char *at = host;
    bool is_service = take_label(&at, service);

    namespace[0] = '\0';
    if (is_service && !*at && strlen(own) <= LABEL_MAX)
        memcpy(namespace, own, strlen(own) + 1);
    else if (is_service)
        is_service = take_label(&at, namespace) &&
                     (!*at || strcmp(at, "svc") == 0 || strncmp(at, "svc.", 4) == 0);
    if (!is_service)
        service[0] = '\0';
}

static void read_destination(struct split *s, const struct json *route, const char *own)
{
    const struct json *destination = json_get(route, "destination");
    const char *host = json_string(json_get(destination, "host"), "");
    double weight = json_number(json_get(route, "weight"), 0);
    double port = json_number(json_path(destination, "port", "number", NULL), 0);
    char service[LABEL_MAX + 1], namespace[LABEL_MAX + 1];

    read_host(host, own, service, namespace);
    split_add_backend(
        s, &(struct split_backend){
               .host = host,
               .service = service,
               .namespace = namespace,
               .subset = json_string(json_get(destination, "subset"), ""),
               .port = port >= 1 && port <= UINT16_MAX ? (int64_t)port : 0,
               .weight = weight >= 0 && weight <= WEIGHT_MAX ? (int64_t)weight : 0,
           });
}

static void read_object(const struct json *object, struct split *s)
{
    const struct json *http = json_path(object, "spec", "http", NULL);
    const char *own = json_string(json_path(object, "metadata", "namespace", NULL), "");

    for (const struct json *rule = json_first(http); rule; rule = json_next(rule)) {
        const struct json *routes = json_get(rule, "route");

        split_add_rule(s, json_string(json_get(rule, "name"), ""));
        for (const struct json *to = json_first(routes); to; to = json_next(to))
            read_destination(s, to, own);
    }
}

const struct split_kind split_virtualservice = {
    .kind = "VirtualService",
    .versions = versions,
    .version_count = ARRAY_LEN(versions),
    .units = UNITS,
    .rules = "http",
    .backends = "route",
    .host = "destination/host",
    .read = read_object,
    .make = split_make_virtualservice,
};
