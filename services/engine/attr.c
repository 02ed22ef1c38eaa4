/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of the node being built. */
#include "engine/build.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

/* AttributeProto.AttributeType */
enum { ATTR_FLOAT = 1, ATTR_INT = 2, ATTR_STRING = 3, ATTR_FLOATS = 6, ATTR_INTS = 7 };
enum { ATTR_STRINGS = 8 };

enum { NAME_MAX_BYTES = 256 };

const struct onnx_attribute *attr_find(const struct build *b, const char *name)
{
    for (size_t i = 0; i < b->node->attribute_count; i++)
        if (onnx_text_is(b->node->attributes[i].name, name))
            return &b->node->attributes[i];
    return NULL;
}

/* *out is NULL when there is none. Files from before the type field have 0 there. */
static bool find_typed(const struct build *b, const char *name, int64_t type,
                       const struct onnx_attribute **out)
{
    const struct onnx_attribute *a = attr_find(b, name);

    if (a && a->type && a->type != type)
        return build_refuse(b, "attribute %s has type %lld, not %lld", name,
                            (long long)a->type, (long long)type);
    *out = a;
    return true;
}

bool attr_int(const struct build *b, const char *name, int64_t otherwise, int64_t *out)
{
    const struct onnx_attribute *a = NULL;

    if (!find_typed(b, name, ATTR_INT, &a))
        return false;
    *out = a ? a->i : otherwise;
    return true;
}

bool attr_float(const struct build *b, const char *name, float otherwise, float *out)
{
    const struct onnx_attribute *a = NULL;

    if (!find_typed(b, name, ATTR_FLOAT, &a))
        return false;
    *out = a ? a->f : otherwise;
    return isfinite(*out) || build_refuse(b, "attribute %s is not finite", name);
}

bool attr_floats(const struct build *b, const char *name, struct build_floats *out)
{
    const struct onnx_attribute *a = NULL;

    if (!find_typed(b, name, ATTR_FLOATS, &a))
        return false;
    *out = (struct build_floats){a ? a->floats : NULL, a ? a->float_count : 0};
    for (size_t i = 0; i < out->n; i++)
        if (!isfinite(out->v[i]))
            return build_refuse(b, "attribute %s: number %zu is not finite", name, i);
    return true;
}

bool attr_ints(const struct build *b, const char *name, struct build_ints *out)
{
    const struct onnx_attribute *a = NULL;

    if (!find_typed(b, name, ATTR_INTS, &a))
        return false;
    *out = (struct build_ints){a ? a->ints : NULL, a ? a->int_count : 0};
    return true;
}

bool attr_word(const struct build *b, const char *name, const char *otherwise,
               const char *const *words, int *out)
{
    const struct onnx_attribute *a = NULL;
    struct onnx_text text = {otherwise, strlen(otherwise)};

    if (!find_typed(b, name, ATTR_STRING, &a))
        return false;
    if (a)
        text = a->s;
    for (int i = 0; words[i]; i++)
        if (onnx_text_is(text, words[i])) {
            *out = i;
            return true;
        }
    return build_refuse(b, "%s \"%.*s\" is not supported", name, ONNX_TEXT_ARGS(text));
}

bool build_labels_from_ints(const struct build *b, const int64_t *v, size_t n,
                            struct labels *out)
{
    int64_t *ints = build_alloc(b, n, sizeof(*ints));

    if (!ints)
        return false;
    for (size_t i = 0; i < n; i++)
        ints[i] = v[i];
    *out = (struct labels){.count = n, .ints = ints};
    return true;
}

static const char *label_text(const struct build *b, struct onnx_text t)
{
    if (t.n > NAME_MAX_BYTES || !text_is_utf8(t.s, t.n) || (t.n && memchr(t.s, 0, t.n))) {
        (void)build_refuse(b, "a class label is no text of at most %d bytes",
                           NAME_MAX_BYTES);
        return NULL;
    }
    return pool_text(b->pool, t.s, t.n, b->err);
}

bool build_labels_from_texts(const struct build *b, const struct onnx_text *v, size_t n,
                             struct labels *out)
{
    const char **names = build_alloc(b, n, sizeof(*names));

    if (!names)
        return false;
    for (size_t i = 0; i < n; i++) {
        names[i] = label_text(b, v[i]);
        if (!names[i])
            return false;
    }
    *out = (struct labels){.count = n, .names = names};
    return true;
}

bool attr_labels(const struct build *b, const char *ints, const char *strings,
                 struct labels *out)
{
    const struct onnx_attribute *texts = NULL;
    struct build_ints numbers;

    if (!attr_ints(b, ints, &numbers) || !find_typed(b, strings, ATTR_STRINGS, &texts))
        return false;
    if ((numbers.n != 0) == (texts && texts->string_count))
        return build_refuse(b, "needs one of %s and %s", ints, strings);
    if (numbers.n > INT32_MAX || (texts && texts->string_count > INT32_MAX))
        return build_refuse(b, "too many classes");
    if (numbers.n)
        return build_labels_from_ints(b, numbers.v, numbers.n, out);
    return build_labels_from_texts(b, texts->strings, texts->string_count, out);
}
