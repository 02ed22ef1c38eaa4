/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/number.h"
#include "metrics/exposition.h"

/* Descriptors are our own text: what JSON needs is quotes, backslashes and line feeds. */
static void string(struct buf *out, const char *s)
{
    buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_putc(out, '\\');
        if (*s == '\n')
            buf_puts(out, "\\n");
        else
            buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

static void member(struct buf *out, const char *key, const char *value)
{
    buf_puts(out, ",\n   \"");
    buf_puts(out, key);
    buf_puts(out, "\": ");
    string(out, value);
}

static void list(struct buf *out, const char *key, const char *const *items, size_t max)
{
    buf_printf(out, ",\n   \"%s\": [", key);
    for (size_t i = 0; items && i < max && items[i]; i++) {
        if (i)
            buf_puts(out, ", ");
        string(out, items[i]);
    }
    buf_putc(out, ']');
}

static void family(struct buf *out, const struct metric_desc *d,
                   const char *const *constant)
{
    static const char *const types[] = {"counter", "gauge", "histogram", "info",
                                        "stateset"};
    CLEANUP(buf_clear)
    struct buf name = BUF_INIT(1024);

    exposition_sample_name(&name, d);
    buf_puts(out, "  {\"name\": ");
    string(out, buf_str(&name));
    member(out, "family", d->name);
    member(out, "type", types[d->type]);
    member(out, "unit", d->unit ? d->unit : "");
    member(out, "stability", d->stability == METRIC_STABLE ? "stable" : "experimental");
    list(out, "constant_labels", d->no_constant_labels ? NULL : constant, SIZE_MAX);
    list(out, "labels", d->labels, METRIC_LABELS_MAX);
    list(out, "exemplar", d->exemplar, METRIC_EXEMPLAR_LABELS);
    if (d->states)
        list(out, "states", d->states, SIZE_MAX);
    if (d->bucket_count) {
        buf_puts(out, ",\n   \"buckets\": [");
        for (size_t i = 0; i < d->bucket_count; i++) {
            if (i)
                buf_puts(out, ", ");
            exposition_value(out, d->buckets[i]);
        }
        buf_putc(out, ']');
    }
    member(out, "help", d->help);
    member(out, "example", d->example ? d->example : "");
    buf_putc(out, '}');
}

void metrics_describe(const struct metric_table *tables, size_t n,
                      const char *const *constant_labels, const char *build_prefix,
                      struct buf *out)
{
    const char *separator = "[\n";

    if (build_prefix) {
        char name[128], example[256];
        struct metric_desc build = {
            .name = name,
            .type = METRIC_INFO,
            .help = "What this program was built from.",
            .labels = {"version", "compiler"},
            .no_constant_labels = true,
            .example = example
        };

        (void)snprintf(name, sizeof(name), "%s_build", build_prefix);
        (void)snprintf(example, sizeof(example), "count by (version) (%s_info)", name);
        buf_puts(out, separator);
        family(out, &build, NULL);
        separator = ",\n";
    }
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < tables[t].count; i++) {
            buf_puts(out, separator);
            family(out, &tables[t].rows[i], constant_labels);
            separator = ",\n";
        }
    buf_puts(out, "\n]\n");
}
