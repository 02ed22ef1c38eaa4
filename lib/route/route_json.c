/* SPDX-License-Identifier: Apache-2.0 */
#include "route/route_json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "route/route_records.h"
#include "route/suggest.h"

/* ---- the envelope, which is Kubernetes' ------------------------------------------ */

static bool check_word(const struct json *object, const char *key, const char *wanted,
                       struct error *err)
{
    const char *found = json_string(json_get(object, key), "");

    if (!strcmp(found, wanted))
        return true;
    return error_set(err, ERR_INVALID, "%s: \"%.80s\" is not %s", key, found, wanted);
}

static bool unknown_top(const char *name, const char *const *known, struct error *err)
{
    struct suggestion s = {.given = name};

    for (size_t i = 0; known[i]; i++)
        suggest(&s, known[i]);
    if (s.word)
        return error_set(err, ERR_INVALID, "%.80s: unknown field (did you mean \"%s\"?)",
                         name, s.word);
    return error_set(err, ERR_INVALID, "%.80s: unknown field", name);
}

static bool check_top(const struct json *object, struct error *err)
{
    static const char *const known[] = {"apiVersion", "kind",   "metadata",
                                        "spec",       "status", NULL};

    if (!json_is(object, JSON_OBJECT))
        return error_set(err, ERR_INVALID, "expected an object, not %s",
                         json_type_name(json_type(object)));
    if (!check_word(object, "apiVersion", ROUTE_API_VERSION, err) ||
        !check_word(object, "kind", ROUTE_KIND, err))
        return false;
    for (const struct json *c = json_first(object); c; c = json_next(c))
        if (text_index(json_key(c), known) < 0)
            return unknown_top(json_key(c), known, err);
    return true;
}

/* clang-format off */
static const struct field metadata_fields[] = {
    {"name", FIELD_DNS_NAME, FIELD_AT(struct bandit_route, name), .required = true},
    {"namespace", FIELD_LABEL, FIELD_AT(struct bandit_route, namespace),
     .standard = "default"},
    {.name = NULL},
};

/* What the server keeps there; in a file nobody writes it, and damage does no harm. */
static const struct field server_fields[] = {
    {"uid", FIELD_TEXT, FIELD_AT(struct bandit_route, uid)},
    {"resourceVersion", FIELD_TEXT, FIELD_AT(struct bandit_route, resource_version)},
    {"generation", FIELD_INT, FIELD_AT(struct bandit_route, generation),
     .high = 9007199254740992.0},
    {"creationTimestamp", FIELD_TIME, FIELD_AT(struct bandit_route, created_ms)},
    {.name = NULL},
};
/* clang-format on */

static bool has_finalizer(const struct json *metadata)
{
    const struct json *list = json_get(metadata, "finalizers");

    for (const struct json *c = json_first(list); c; c = json_next(c))
        if (!strcmp(json_string(c, ""), ROUTE_FINALIZER))
            return true;
    return false;
}

/* Labels, annotations and the rest of the metadata are the user's: known names only are
 * looked at, none is refused. */
static bool read_metadata(struct bandit_route *r, const struct json *metadata,
                          struct error *err)
{
    static const struct record names = {"metadata", metadata_fields, NULL, NULL};
    static const struct record server = {"metadata", server_fields, NULL, NULL};
    CLEANUP(json_freep)
    struct json *own = json_new_object();
    struct place at = {.key = "metadata"};
    struct reading strict = {.err = err};
    struct error ignored;
    struct reading lenient = {.lenient = true, .err = &ignored};

    for (const struct field *f = metadata_fields; f->name; f++)
        if (json_get(metadata, f->name))
            json_put(own, f->name, json_copy(json_get(metadata, f->name)));
    if (!record_read(&names, own, r, &at, &strict))
        return false;
    r->deleting = json_get(metadata, "deletionTimestamp") != NULL;
    r->finalizer = has_finalizer(metadata);
    return record_read(&server, metadata, r, &at, &lenient);
}

/* ---- the object ------------------------------------------------------------------ */

struct bandit_route *route_from_json(const struct json *object, struct error *err)
{
    CLEANUP(route_freep)
    struct bandit_route *r = route_new();
    struct place at = {.key = "spec"};
    struct reading reading = {.spec = &r->spec, .err = err};
    struct error ignored;

    if (!check_top(object, err) || !read_metadata(r, json_get(object, "metadata"), err))
        return NULL;
    if (!json_get(object, "spec")) {
        (void)error_set(err, ERR_INVALID, "spec: required, but missing");
        return NULL;
    }
    if (!record_read(&spec_record, json_get(object, "spec"), &r->spec, &at, &reading))
        return NULL;
    (void)route_status_from_json(r, json_get(object, "status"), &ignored);
    return STEAL(r);
}

struct json *route_spec_to_json(const struct route_spec *spec)
{
    return record_write(&spec_record, spec, spec);
}
