/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "route/route_records.h"
#include "route/route_schema.h"

static const char *const kind_words[FIELD_KIND_COUNT] = {
    [FIELD_LABEL] = "DNS label",
    [FIELD_DNS_NAME] = "DNS name",
    [FIELD_TEXT] = "text",
    [FIELD_NUMBER] = "number",
    [FIELD_INT] = "whole number",
    [FIELD_DURATION] = "duration",
    [FIELD_TIME] = "time",
    [FIELD_ENUM] = "one of",
    [FIELD_OBJECT] = "object",
    [FIELD_OPTIONAL] = "object",
    [FIELD_LIST] = "list",
    [FIELD_ARM] = "name of an arm",
    [FIELD_ARM_WEIGHTS] = "numbers by arm",
};

static void add_bounds(const struct field *f, struct buf *out)
{
    char low[DURATION_TEXT_MAX];
    char high[DURATION_TEXT_MAX];

    if (f->low == 0 && f->high == 0)
        return;
    if (f->kind == FIELD_DURATION) {
        (void)duration_text((int64_t)f->low, low);
        (void)duration_text((int64_t)f->high, high);
    } else {
        (void)number_format(f->low, low);
        (void)number_format(f->high, high);
    }
    buf_printf(out, f->above_low ? " above %s, at most %s" : ", %s to %s", low, high);
}

static void add_type(const struct field *f, bool strict, struct buf *out)
{
    if (f->words && strict) {
        buf_puts(out, "one of");
        for (size_t i = 0; f->words[i]; i++)
            buf_printf(out, "%s `%s`", i ? "," : "", f->words[i]);
        return;
    }
    buf_puts(out, f->kind == FIELD_ENUM ? "word" : kind_words[f->kind]);
    if (strict)
        add_bounds(f, out);
}

static void add_default(const struct field *f, struct buf *out)
{
    if (f->required)
        buf_puts(out, "required");
    else if (f->standard)
        buf_printf(out, "`%s`", f->standard);
}

/* One row for each field, then for those of the objects in it. */
static void add_rows(const struct record *record, const char *path, bool strict,
                     struct buf *out)
{
    for (const struct field *f = record->fields; f->name; f++) {
        CLEANUP(buf_clear)
        struct buf name = BUF_INIT(256);

        buf_printf(&name, "%s%s%s", path, path[0] ? "." : "", f->name);
        buf_printf(out, "| `%s` | ", buf_str(&name));
        add_type(f, strict, out);
        if (strict) {
            buf_puts(out, " | ");
            add_default(f, out);
        }
        buf_printf(out, " | %s |\n", f->help);
        if (f->kind == FIELD_LIST)
            buf_puts(&name, "[]");
        if (f->record)
            add_rows(f->record, buf_str(&name), strict, out);
    }
}

/* Inside a Markdown table a bar would end the cell, even in code. */
static void add_code(const char *code, struct buf *out)
{
    buf_putc(out, '`');
    for (; *code; code++)
        buf_printf(out, *code == '|' ? "\\%c" : "%c", *code);
    buf_putc(out, '`');
}

static void add_rules(const struct record *record, const char *path, struct buf *out)
{
    for (const struct rule *r = record->rules; r && r->cel; r++) {
        buf_printf(out, "| `%s%s` | %s | ", path, path[0] ? r->field : r->field + 1,
                   r->message);
        add_code(r->cel, out);
        buf_puts(out, " |\n");
    }
    for (const struct field *f = record->fields; f->name; f++) {
        CLEANUP(buf_clear)
        struct buf name = BUF_INIT(256);

        buf_printf(&name, "%s%s%s", path, path[0] ? "." : "", f->name);
        if (f->record)
            add_rules(f->record, buf_str(&name), out);
    }
}

void route_fields_markdown(struct buf *out)
{
    buf_puts(out, "### spec\n\n| field | type | default | meaning |\n"
                  "|---|---|---|---|\n");
    add_rows(&spec_record, "", true, out);
    buf_puts(out,
             "\n### Rules over several fields\n\n| field | refused with | holds when "
             "(CEL, `self` is the object that holds the field) |\n|---|---|---|\n");
    add_rules(&spec_record, "", out);
    buf_puts(out, "\n### status\n\n| field | type | meaning |\n|---|---|---|\n");
    add_rows(&status_record, "", false, out);
    buf_puts(out, "| `leader` | name of an arm | The arm that leads. |\n");
    add_rows(&arm_status_record, "arms[]", false, out);
    buf_puts(out, "| `arms[].objectives[].name` | DNS label | As in the spec. |\n");
    add_rows(&objective_status_record, "arms[].objectives[]", false, out);
    buf_puts(out, "| `conditions[].type` | word | Which condition it is. |\n");
    add_rows(&condition_record, "conditions[]", false, out);
}
