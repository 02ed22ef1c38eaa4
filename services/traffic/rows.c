/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/rows.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "csv/csv.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

/* What a row becomes is appended to two texts; the pointers into them are set at the end,
 * when the texts move no more. */
struct build {
    struct csv csv;
    size_t columns, label_at;
    struct buf bodies, labels;
    struct row *items;
    size_t count, room;
};

static void build_clear(struct build *b)
{
    csv_clear(&b->csv);
    buf_clear(&b->bodies);
    buf_clear(&b->labels);
    free(b->items);
}

static bool read_header(struct build *b, const char *label_column, struct error *err)
{
    int more = csv_next(&b->csv, err);
    bool found = false;

    if (more <= 0)
        return more == 0 ? error_set(err, ERR_INVALID, "is empty") : false;
    b->columns = b->csv.count;
    for (size_t i = 0; i < b->columns; i++) {
        if (strcmp(csv_field(&b->csv, i), label_column) != 0)
            continue;
        if (found)
            return error_set(err, ERR_INVALID, "two columns are named \"%s\"",
                             label_column);
        found = true;
        b->label_at = i;
    }
    if (!found)
        return error_set(err, ERR_INVALID, "no column is named \"%s\"", label_column);
    if (b->columns < 2)
        return error_set(err, ERR_INVALID, "there is no feature column");
    return true;
}

static bool add_feature(struct build *b, size_t i, struct error *err)
{
    const char *field = csv_field(&b->csv, i);
    char text[NUMBER_MAX];
    struct error why;
    double v;

    if (!text_to_double(field, &v, &why) || !isfinite(v))
        return error_set(err, ERR_INVALID, "line %zu, column %zu: \"%.40s\" is no number",
                         b->csv.record_line, csv_column(&b->csv, i), field);
    (void)number_format(v, text);
    buf_puts(&b->bodies, b->bodies.data[b->bodies.len - 1] == '[' ? "" : ",");
    buf_puts(&b->bodies, text);
    return true;
}

static bool add_label(struct build *b, struct error *err)
{
    const char *label = csv_field(&b->csv, b->label_at);

    if (!*label || !text_is_utf8(label, strlen(label)))
        return error_set(err, ERR_INVALID, "line %zu: the label is %s",
                         b->csv.record_line, *label ? "not UTF-8" : "empty");
    buf_puts(&b->labels, label);
    buf_putc(&b->labels, '\0');
    return true;
}

static bool add_row(struct build *b, struct error *err)
{
    size_t start = b->bodies.len;

    if (b->csv.count != b->columns)
        return error_set(err, ERR_INVALID, "line %zu: %zu columns instead of %zu",
                         b->csv.record_line, b->csv.count, b->columns);
    buf_puts(&b->bodies, "{\"features\":[");
    for (size_t i = 0; i < b->columns; i++)
        if (!(i == b->label_at ? add_label(b, err) : add_feature(b, i, err)))
            return false;
    buf_puts(&b->bodies, "]}");
    if (!buf_ok(&b->bodies) || !buf_ok(&b->labels))
        return error_set(err, ERR_TOO_BIG, "is too large");
    if (b->count == b->room) {
        b->room = b->room ? 2 * b->room : 256;
        b->items = mem_resize(b->items, b->room, sizeof(*b->items));
    }
    b->items[b->count++] = (struct row){.body_len = b->bodies.len - start};
    return true;
}

static bool read_rows(struct build *b, struct error *err)
{
    int more;

    while ((more = csv_next(&b->csv, err)) > 0)
        if (!add_row(b, err))
            return false;
    if (more < 0)
        return false;
    return b->count ? true : error_set(err, ERR_INVALID, "has a header and no rows");
}

static void hand_over(struct build *b, struct rows *out)
{
    const char *body;
    const char *label;

    *out = (struct rows){.count = b->count, .features = b->columns - 1};
    out->bodies = buf_take(&b->bodies);
    out->labels = buf_take(&b->labels);
    out->items = STEAL(b->items);
    body = out->bodies;
    label = out->labels;
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].body = body;
        out->items[i].label = label;
        body += out->items[i].body_len;
        label += strlen(label) + 1;
    }
}

bool rows_parse(const char *text, size_t n, const char *label_column, struct rows *out,
                struct error *err)
{
    CLEANUP(build_clear)
    struct build b = {.bodies = BUF_INIT((size_t)4 * FILE_MAX),
                      .labels = BUF_INIT(FILE_MAX)};

    csv_init(&b.csv, text, n);
    if (!read_header(&b, label_column, err) || !read_rows(&b, err))
        return false;
    hand_over(&b, out);
    return true;
}

bool rows_load(const char *path, const char *label_column, struct rows *out,
               struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(FILE_MAX);

    if (!file_read(path, &text, err))
        return false;
    if (!rows_parse(buf_str(&text), text.len, label_column, out, err))
        return error_wrap(err, "%s", path);
    return true;
}

void rows_clear(struct rows *r)
{
    free(r->items);
    free(r->bodies);
    free(r->labels);
    *r = (struct rows){.items = NULL};
}
