/* SPDX-License-Identifier: Apache-2.0 */
#include "json/yaml_write.h"

#include <string.h>
#include <strings.h>

/* Letters first, then nothing that has a meaning in YAML. */
static bool is_plain(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char inner[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./";
    static const char *const words[] = {"true", "false", "null", "yes", "no",
                                        "on",   "off",   "y",    "n"};

    if (!s[0] || !strchr(letters, s[0]) || s[strspn(s, inner)])
        return false;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcasecmp(s, words[i]))
            return false;
    return true;
}

static void add_word(const char *s, struct buf *out)
{
    if (is_plain(s))
        buf_puts(out, s);
    else
        json_add_string(out, s); /* JSON's strings are YAML's */
}

static void write_value(const struct json *j, int indent, struct buf *out);

/* What follows "key:" or "-": on the same line, or beneath. */
static void write_child(const struct json *j, int indent, bool item, struct buf *out)
{
    if (!json_first(j)) {
        buf_putc(out, ' ');
        write_value(j, indent, out);
        buf_putc(out, '\n');
        return;
    }
    if (item) { /* the first line of an item stands behind its dash */
        buf_putc(out, ' ');
        write_value(j, indent + 2, out);
        return;
    }
    /* lists stand under their key, objects one step in */
    if (json_is(j, JSON_OBJECT))
        indent += 2;
    buf_printf(out, "\n%*s", indent, "");
    write_value(j, indent, out);
}

static void write_value(const struct json *j, int indent, struct buf *out)
{
    bool object = json_is(j, JSON_OBJECT);
    const struct json *first = json_first(j);

    if (json_is(j, JSON_STRING))
        add_word(json_string(j, ""), out);
    else if (!first)
        json_write(j, out); /* also {} and [] */
    for (const struct json *c = first; c; c = json_next(c)) {
        if (c != first)
            buf_printf(out, "%*s", indent, "");
        if (object)
            add_word(json_key(c), out);
        buf_putc(out, object ? ':' : '-');
        write_child(c, indent, !object, out);
    }
}

void yaml_write(const struct json *j, struct buf *out)
{
    write_value(j, 0, out);
    if (!json_first(j))
        buf_putc(out, '\n');
}
