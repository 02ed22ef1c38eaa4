/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPRoute of the Gateway API: spec.rules[].backendRefs[].weight, and what the gateways
 * say of it in status.parents[]. */
#include <stdio.h>
#include <string.h>

#include "dataplane/split.h"

enum {
    WEIGHT_DEFAULT = 1,
    WEIGHT_MAX = 1000000, /* of the API */
    /* Shares to a tenth of a percent: far below what any window of samples can tell
     * apart, and far from the bounds of every gateway. */
    UNITS = 1000,
};

static const struct kube_kind versions[] = {
    {"HTTPRoute", "gateway.networking.k8s.io", "v1",      "httproutes", true},
    {"HTTPRoute", "gateway.networking.k8s.io", "v1beta1", "httproutes", true},
};

/* ---- spec ----------------------------------------------------------------------------
 */

static bool is_service(const struct json *ref)
{
    return strcmp(json_string(json_get(ref, "kind"), "Service"), "Service") == 0 &&
           !*json_string(json_get(ref, "group"), "");
}

static void read_backend(struct split *s, const struct json *ref, const char *namespace)
{
    const char *name = json_string(json_get(ref, "name"), "");
    double weight = json_number(json_get(ref, "weight"), WEIGHT_DEFAULT);
    double port = json_number(json_get(ref, "port"), 0);

    split_add_backend(
        s, &(struct split_backend){
               .host = name,
               .service = is_service(ref) ? name : "",
               .namespace = json_string(json_get(ref, "namespace"), namespace),
               .subset = "",
               .port = port >= 1 && port <= UINT16_MAX ? (int64_t)port : 0,
               .weight = weight >= 0 && weight <= WEIGHT_MAX ? (int64_t)weight : 0,
           });
}

static void read_rules(const struct json *object, struct split *s)
{
    const struct json *rules = json_path(object, "spec", "rules", NULL);
    const char *namespace =
        json_string(json_path(object, "metadata", "namespace", NULL), "");

    for (const struct json *rule = json_first(rules); rule; rule = json_next(rule)) {
        const struct json *refs = json_get(rule, "backendRefs");

        split_add_rule(s, json_string(json_get(rule, "name"), ""));
        for (const struct json *ref = json_first(refs); ref; ref = json_next(ref))
            read_backend(s, ref, namespace);
    }
}

/* ---- status --------------------------------------------------------------------------
 */

/* The reasons of ResolvedRefs=False that the API names and that want another remedy. */
static enum reason unresolved(const char *reason)
{
    static const struct {
        const char *name;
        enum reason reason;
    } known[] = {
        {"RefNotPermitted", REASON_REF_NOT_PERMITTED},
        {"BackendNotFound", REASON_BACKEND_NOT_FOUND},
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, reason) == 0)
            return known[i].reason;
    return REASON_REFS_NOT_RESOLVED;
}

/* What a condition means where it is not as it should be. */
static enum reason meaning_of(const char *type, const char *status, const char *reason)
{
    bool yes = strcmp(status, "True") == 0, no = strcmp(status, "False") == 0;

    if (strcmp(type, "Accepted") == 0)
        return yes ? REASON_NONE : no ? REASON_NOT_ACCEPTED : REASON_PENDING;
    if (strcmp(type, "ResolvedRefs") == 0)
        return yes ? REASON_NONE : no ? unresolved(reason) : REASON_PENDING;
    if (strcmp(type, "PartiallyInvalid") == 0)
        return yes ? REASON_PARTIALLY_INVALID : REASON_NONE;
    return REASON_NONE;
}

static void add_trouble(struct split *s, enum reason trouble, const struct json *parent,
                        const char *says)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(4096);

    buf_printf(&text, "%s: %.300s",
               json_string(json_path(parent, "parentRef", "name", NULL), "gateway"),
               says);
    split_add_trouble(s, trouble, buf_str(&text));
}

/* A condition that was told of an older generation says nothing of this one. */
static bool is_current(const struct json *condition, int64_t generation)
{
    return !generation || json_number(json_get(condition, "observedGeneration"), 0) >=
                              (double)generation;
}

static void read_parent(const struct json *parent, struct split *s)
{
    const struct json *conditions = json_get(parent, "conditions");
    bool judged = false;

    for (const struct json *c = json_first(conditions); c; c = json_next(c)) {
        const char *type = json_string(json_get(c, "type"), "");
        const char *reason = json_string(json_get(c, "reason"), "");
        const char *message = json_string(json_get(c, "message"), "");
        enum reason trouble =
            meaning_of(type, json_string(json_get(c, "status"), ""), reason);

        if (!is_current(c, s->generation))
            continue;
        judged |= strcmp(type, "Accepted") == 0;
        if (trouble != REASON_NONE)
            add_trouble(s, trouble, parent, *message ? message : reason);
    }
    if (!judged)
        add_trouble(s, REASON_PENDING, parent, "has not looked at the route as it is");
}

static void read_status(const struct json *object, struct split *s)
{
    const struct json *parents = json_path(object, "status", "parents", NULL);
    size_t wanted = json_count(json_path(object, "spec", "parentRefs", NULL));

    for (const struct json *p = json_first(parents); p; p = json_next(p))
        read_parent(p, s);
    if (json_count(parents) < wanted)
        split_add_trouble(s, REASON_PENDING, "not every gateway has looked at the route");
}

static void read_object(const struct json *object, struct split *s)
{
    read_rules(object, s);
    read_status(object, s);
}

const struct split_kind split_httproute = {
    .kind = "HTTPRoute",
    .versions = versions,
    .version_count = ARRAY_LEN(versions),
    .units = UNITS,
    .rules = "rules",
    .backends = "backendRefs",
    .host = "name",
    .read = read_object,
    .make = split_make_httproute,
};
