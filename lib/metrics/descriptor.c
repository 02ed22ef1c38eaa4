/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/descriptor.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

size_t metric_label_count(const struct metric_desc *d)
{
    size_t n = 0;

    while (n < METRIC_LABELS_MAX && d->labels[n])
        n++;
    return n;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), e = strlen(end);

    return n >= e && !strcmp(text + n - e, end);
}

static bool is_name(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && *name != '_')
            return false;
    return true;
}

static bool label_is_free(const struct metric_desc *d, size_t n,
                          const struct metric_label *constant, size_t constant_count)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(d->labels[i], d->labels[n]))
            return false;
    for (size_t i = 0; !d->no_constant_labels && i < constant_count; i++)
        if (!strcmp(constant[i].name, d->labels[n]))
            return false;
    return is_name(d->labels[n]) && strcmp(d->labels[n], "le") != 0 &&
           !text_starts_with(d->labels[n], "__"); /* Prometheus' own */
}

static bool exemplars_fit(const struct metric_desc *d)
{
    if (d->exemplar[0] && d->type != METRIC_COUNTER && d->type != METRIC_HISTOGRAM)
        return false;
    for (size_t i = 0; i < METRIC_EXEMPLAR_LABELS && d->exemplar[i]; i++) {
        if (!is_name(d->exemplar[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(d->exemplar[i], d->exemplar[k]))
                return false;
    }
    return true;
}

/* A counter's one exemplar would be written by all threads anyway. */
static bool stripes_fit(const struct metric_desc *d)
{
    return !d->striped || d->type == METRIC_GAUGE || d->type == METRIC_HISTOGRAM ||
           (d->type == METRIC_COUNTER && !d->exemplar[0]);
}

static bool unit_fits(const struct metric_desc *d)
{
    size_t name = strlen(d->name), unit = d->unit ? strlen(d->unit) : 0;

    if (!d->unit)
        return true;
    return d->type != METRIC_INFO && d->type != METRIC_STATESET && name > unit + 1 &&
           d->name[name - unit - 1] == '_' && ends_with(d->name, d->unit);
}

void metric_desc_check(const struct metric_desc *d, const struct metric_label *constant,
                       size_t constant_count)
{
    static const char *const reserved[] = {"_total",  "_count", "_sum",
                                           "_bucket", "_info",  "_created"};

    assert(is_name(d->name) && "a metric name of letters, digits and underscores");
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
        assert(!ends_with(d->name, reserved[i]) && "the type adds its own suffix");
    assert(d->help && *d->help);
    assert(unit_fits(d) && "the unit is the last part of the name");
    for (size_t i = 0; i < metric_label_count(d); i++)
        assert(label_is_free(d, i, constant, constant_count) &&
               "label names are legal and differ");
    assert(exemplars_fit(d) && "only counts have exemplars; their labels differ");
    assert(stripes_fit(d) && "only what is added to has stripes");
    assert((d->type == METRIC_STATESET) == (d->states != NULL));
    for (size_t i = 0; i < d->bucket_count; i++)
        assert(isfinite(d->buckets[i]) && (!i || d->buckets[i - 1] < d->buckets[i]) &&
               "bounds rise; +Inf is added");
}
