/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/status.h"

#include <string.h>

#include "base/buf.h"

enum { MESSAGE_BYTES_MAX = 400, SNIPPET_BYTES_MAX = 120 };

static const struct {
    int code;
    enum error_kind kind;
} kinds[] = {
    {400, ERR_INVALID  },
    {404, ERR_NOT_FOUND},
    {405, ERR_INVALID  },
    {406, ERR_INVALID  },
    {408, ERR_TIMEOUT  },
    {409, ERR_CONFLICT },
    {410, ERR_EXPIRED  },
    {413, ERR_TOO_BIG  },
    {415, ERR_INVALID  },
    {422, ERR_INVALID  },
    {504, ERR_TIMEOUT  },
};

enum error_kind kube_status_kind(int code)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].code == code)
            return kinds[i].kind;
    return ERR_IO;
}

/* Field by field, where the message does not tell them already. */
static void add_causes(struct buf *out, const struct json *status, const char *message)
{
    const struct json *causes = json_path(status, "details", "causes", NULL);

    for (const struct json *c = json_first(causes); c && buf_ok(out); c = json_next(c)) {
        const char *what = json_string(json_get(c, "message"), "");

        if (*what && !strstr(message, what))
            buf_printf(out, "; %s: %s", json_string(json_get(c, "field"), ""), what);
    }
}

bool kube_status_error(int code, const struct json *status, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    const char *reason = json_string(json_get(status, "reason"), "");
    const char *message = json_string(json_get(status, "message"), "");

    buf_printf(&text, "%d", code);
    if (*reason)
        buf_printf(&text, " %s", reason);
    buf_printf(&text, ": %s", *message ? message : "no reason was given");
    add_causes(&text, status, message);
    return error_set(err, kube_status_kind(code), "%.*s", MESSAGE_BYTES_MAX,
                     buf_str(&text));
}

/* A proxy in between answers in words of its own: as much of them as fits a line. */
static bool plain_error(int code, const char *text, size_t n, struct error *err)
{
    char line[SNIPPET_BYTES_MAX + 1];
    size_t length = 0;

    for (size_t i = 0; i < n && length < SNIPPET_BYTES_MAX; i++)
        if (text[i] >= ' ' && text[i] <= '~')
            line[length++] = text[i];
    line[length] = '\0';
    return error_set(err, kube_status_kind(code), "%d: %s", code,
                     length ? line : "no reason was given");
}

bool kube_status_error_text(int code, const char *text, size_t n, struct error *err)
{
    struct error ignored;
    CLEANUP(json_freep)
    struct json *status = json_parse(text, n, &ignored);

    if (strcmp(json_string(json_get(status, "kind"), ""), "Status") == 0)
        return kube_status_error(code, status, err);
    return plain_error(code, text, n, err);
}
