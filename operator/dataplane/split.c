/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of an object. */
#include "dataplane/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void free_rule(struct split_rule *rule)
{
    for (size_t i = 0; i < rule->count; i++)
        free(rule->backends[i].texts);
    free(rule->backends);
    free(rule->name);
}

void split_free(struct split *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free_rule(&s->rules[i]);
    free(s->rules);
    free(s->message);
    free(s->owner);
    free(s);
}

static void read_metadata(const struct json *metadata, struct split *s)
{
    const struct json *owners = json_get(metadata, "ownerReferences");
    const char *made_for =
        json_string(json_path(metadata, "annotations", SPLIT_MADE_FOR, NULL), "0");
    double generation = json_number(json_get(metadata, "generation"), 0);
    struct error ignored;

    s->generation = generation >= 1 && generation < 1e15 ? (int64_t)generation : 0;
    if (!text_to_int(made_for, 0, INT64_MAX, &s->made_for, &ignored))
        s->made_for = 0;
    for (const struct json *o = json_first(owners); o; o = json_next(o))
        if (json_bool(json_get(o, "controller"), false) && !s->owner)
            s->owner = mem_strdup(json_string(json_get(o, "uid"), ""));
}

struct split *split_parse(const struct split_kind *kind, const struct json *object)
{
    struct split *s = mem_alloc(1, sizeof(*s));

    read_metadata(json_get(object, "metadata"), s);
    kind->read(object, s);
    return s;
}

struct split_rule *split_add_rule(struct split *s, const char *name)
{
    struct split_rule *rule;

    s->rules = mem_resize(s->rules, s->count + 1, sizeof(*s->rules));
    rule = &s->rules[s->count++];
    *rule = (struct split_rule){.name = mem_strdup(name)};
    return rule;
}

void split_add_backend(struct split *s, const struct split_backend *backend)
{
    struct split_rule *rule = &s->rules[s->count - 1];
    struct split_backend *b;
    size_t length = 0;

    rule->backends = mem_resize(rule->backends, rule->count + 1, sizeof(*rule->backends));
    b = &rule->backends[rule->count++];
    *b = *backend;

    const char **const texts[] = {&b->host, &b->service, &b->namespace, &b->subset};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        length += strlen(*texts[i]) + 1;
    b->texts = mem_alloc(length, 1);
    length = 0;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        size_t n = strlen(*texts[i]) + 1;

        *texts[i] = memcpy(b->texts + length, *texts[i], n);
        length += n;
    }
}

/* From what only has to be waited for to what nobody follows. */
static int gravity(enum reason trouble)
{
    static const enum reason order[] = {
        REASON_NONE,
        REASON_PENDING,
        REASON_PARTIALLY_INVALID,
        REASON_REFS_NOT_RESOLVED,
        REASON_BACKEND_NOT_FOUND,
        REASON_REF_NOT_PERMITTED,
        REASON_NOT_ACCEPTED,
    };

    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (order[i] == trouble)
            return (int)i;
    return 0;
}

void split_add_trouble(struct split *s, enum reason trouble, const char *message)
{
    if (gravity(trouble) <= gravity(s->trouble))
        return;
    s->trouble = trouble;
    free(s->message);
    s->message = mem_strdup(message);
}
