/* SPDX-License-Identifier: Apache-2.0 */
#include "route/route_schema.h"

#include <assert.h>
#include <string.h>

#include "route/route_records.h"

#define GROUP   "bandit-router.dev"
#define VERSION "v1alpha1"
#define PLURAL  "banditroutes"

static struct json *parsed(const char *text)
{
    struct error err;
    struct json *j = json_parse(text, strlen(text), &err);

    assert(j);
    return j;
}

static void put_property(struct json *schema, const char *name, struct json *property)
{
    struct json *properties = json_copy(json_get(schema, "properties"));

    json_put(properties, name, property);
    json_put(schema, "properties", properties);
}

static struct json *list_of(struct json *items, const char *key, const char *description)
{
    struct json *list = parsed("{\"type\":\"array\",\"x-kubernetes-list-type\":\"map\"}");
    struct json *keys = json_new_array();

    json_push(keys, json_new_string(key));
    json_put(list, "x-kubernetes-list-map-keys", keys);
    json_put(list, "items", items);
    json_put_string(list, "description", description);
    return list;
}

/* A list's record to which its key belongs, though it is no member of our struct. */
static struct json *keyed(const struct record *record, const char *key,
                          const char *description)
{
    struct json *schema = record_schema(record, false);
    struct json *name = parsed("{\"type\":\"string\",\"maxLength\":316}");
    struct json *required = json_new_array();

    json_put_string(name, "description", description);
    put_property(schema, key, name);
    json_push(required, json_new_string(key));
    json_put(schema, "required", required);
    return schema;
}

/* Bound a property further. */
static void put_bounds(struct json *schema, const char *property, const char *bounds)
{
    struct json *copy = json_copy(json_path(schema, "properties", property, NULL));
    CLEANUP(json_freep)
    struct json *more = parsed(bounds);

    for (const struct json *c = json_first(more); c; c = json_next(c))
        json_put(copy, json_key(c), json_copy(c));
    put_property(schema, property, copy);
}

/* As Kubernetes wants a condition (metav1.Condition). The words of `reason` are left
 * open, as those of the rest of the status are: an operator that is newer than the
 * definition may have others, and its status must not be refused. */
static struct json *condition_schema(void)
{
    struct json *schema = keyed(&condition_record, "type", "Which condition it is.");

    put_bounds(schema, "status", "{\"enum\":[\"True\",\"False\",\"Unknown\"]}");
    put_bounds(schema, "reason",
               "{\"minLength\":1,\"maxLength\":1024,"
               "\"pattern\":\"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$\"}");
    put_bounds(schema, "message", "{\"maxLength\":32768}");
    put_bounds(schema, "observedGeneration", "{\"minimum\":0}");
    json_put(schema, "required",
             parsed("[\"type\",\"status\",\"reason\",\"message\","
                    "\"lastTransitionTime\"]"));
    return schema;
}

static struct json *status_schema(void)
{
    struct json *status = record_schema(&status_record, false);
    struct json *arm = record_schema(&arm_status_record, false);

    put_property(arm, "objectives",
                 list_of(keyed(&objective_status_record, "name", "As in the spec."),
                         "name", "What the reward was made of."));
    put_property(status, "leader",
                 parsed("{\"type\":\"string\",\"description\":\"The arm that leads.\"}"));
    put_property(
        status, "summary",
        parsed("{\"type\":\"object\",\"description\":\"For kubectl get: the "
               "leader's weight and reward, and all weights.\",\"properties\":{"
               "\"weight\":{\"type\":\"string\"},\"reward\":{\"type\":\"string\"},"
               "\"weights\":{\"type\":\"string\"}}}"));
    put_property(status, "arms", list_of(arm, "name", "The arms, as in the spec."));
    put_property(status, "conditions",
                 list_of(condition_schema(), "type",
                         "Ready, MetricsAvailable, RouteProgrammed, Exploring, Frozen, "
                         "Degraded."));
    json_put_string(status, "description", "What was decided, and on what grounds.");
    return status;
}

static struct json *object_schema(void)
{
    struct json *schema =
        parsed("{\"type\":\"object\",\"description\":\"Live traffic split between "
               "several models "
               "by what they earn.\",\"required\":[\"spec\"],\"properties\":{"
               "\"apiVersion\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},"
               "\"metadata\":{\"type\":\"object\"}}}");
    struct json *spec = record_schema(&spec_record, true);

    json_put_string(spec, "description", "What is wanted.");
    put_property(schema, "spec", spec);
    put_property(schema, "status", status_schema());
    return schema;
}

static struct json *columns(void)
{
    /* clang-format off */
    static const struct {
        const char *name, *path, *description;
        bool wide;
    } rows[] = {
        {"Ready", ".status.conditions[?(@.type==\"Ready\")].status",
         "Decisions are made, and obeyed where mode is Active.", false},
        {"Leader", ".status.leader", "The arm with the best reward.", false},
        {"Weight", ".status.summary.weight", "The leader's share.", false},
        {"Reward", ".status.summary.reward", "What the leader earns.", false},
        {"Mode", ".spec.mode", "Active, Shadow or Frozen.", false},
        {"Reason", ".status.reason", "Why the last decision is so.", false},
        {"Verdict", ".status.verdict", "What it came to.", true},
        {"Weights", ".status.summary.weights", "Of all arms.", true},
        {"Target", ".spec.targetRef.name", "Whose weights are set.", true},
        {"Age", ".metadata.creationTimestamp", "Since when it is there.", false},
    };
    /* clang-format on */
    struct json *list = json_new_array();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct json *column = json_new_object();

        json_put_string(column, "name", rows[i].name);
        json_put_string(column, "type", strcmp(rows[i].name, "Age") ? "string" : "date");
        json_put_string(column, "jsonPath", rows[i].path);
        json_put_string(column, "description", rows[i].description);
        if (rows[i].wide)
            json_put_number(column, "priority", 1);
        json_push(list, column);
    }
    return list;
}

static struct json *version(void)
{
    struct json *v = parsed("{\"name\":\"" VERSION "\",\"served\":true,\"storage\":true,"
                            "\"subresources\":{\"status\":{}}}");
    struct json *schema = json_new_object();

    json_put(v, "additionalPrinterColumns", columns());
    json_put(schema, "openAPIV3Schema", object_schema());
    json_put(v, "schema", schema);
    return v;
}

struct json *route_crd(void)
{
    struct json *crd = parsed("{\"apiVersion\":\"apiextensions.k8s.io/"
                              "v1\",\"kind\":\"CustomResourceDefinition\","
                              "\"metadata\":{\"name\":\"" PLURAL "." GROUP "\"}}");
    struct json *spec = parsed(
        "{\"group\":\"" GROUP "\",\"names\":{\"kind\":\"" ROUTE_KIND
        "\",\"listKind\":\"" ROUTE_KIND "List\",\"plural\":\"" PLURAL
        "\",\"singular\":\"banditroute\","
        "\"shortNames\":[\"br\"],\"categories\":[\"bandit\"]},\"scope\":\"Namespaced\"}");
    struct json *versions = json_new_array();

    assert(!strcmp(GROUP "/" VERSION, ROUTE_API_VERSION));
    json_push(versions, version());
    json_put(spec, "versions", versions);
    json_put(crd, "spec", spec);
    return crd;
}
