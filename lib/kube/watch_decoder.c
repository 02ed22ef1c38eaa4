/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/watch_decoder.h"

#include <string.h>

#include "base/text.h"
#include "kube/status.h"

/* The server takes objects of 3 MiB; escapes may make them longer. */
enum { LINE_BYTES_MAX = 16 << 20, CODE_UNKNOWN = 500 };

void watch_decoder_init(struct watch_decoder *d, kube_watch_fn *fn, void *arg)
{
    *d = (struct watch_decoder){.line = BUF_INIT(LINE_BYTES_MAX), .fn = fn, .arg = arg};
}

void watch_decoder_clear(struct watch_decoder *d)
{
    buf_clear(&d->line);
}

/* Over a watch, an error comes as an event: the answer was 200 long ago. */
static bool error_event(struct watch_decoder *d, const struct json *status,
                        struct error *err)
{
    double code = json_number(json_get(status, "code"), CODE_UNKNOWN);

    d->code = code >= 100 && code < 1000 ? (int)code : CODE_UNKNOWN;
    return kube_status_error(d->code, status, err);
}

static bool decode(struct watch_decoder *d, const struct json *tree, struct error *err)
{
    static const char *const types[] = {"ADDED",    "MODIFIED", "DELETED",
                                        "BOOKMARK", "ERROR",    NULL};
    const char *word = json_string(json_get(tree, "type"), "");
    const struct json *object = json_get(tree, "object");
    int type = text_index(word, types);
    const char *version =
        json_string(json_path(object, "metadata", "resourceVersion", NULL), "");

    if (type < 0 || !json_is(object, JSON_OBJECT))
        return error_set(err, ERR_INVALID, "no event of a watch: type \"%.32s\"", word);
    if (type > KUBE_WATCH_BOOKMARK)
        return error_event(d, object, err);
    if (!*version)
        return error_set(err, ERR_INVALID, "%s event without a resourceVersion", word);
    return d->fn(d->arg,
                 &(struct kube_watch_event){
                     .type = (enum kube_watch_type)type,
                     .object = object,
                     .version = version,
                 },
                 err);
}

static bool take_line(struct watch_decoder *d, const char *line, size_t n,
                      struct error *err)
{
    CLEANUP(json_freep)
    struct json *tree = NULL;

    if (!n || (n == 1 && *line == '\r'))
        return true;
    tree = json_parse(line, n, err);
    if (!tree) {
        err->kind = ERR_INVALID;
        return error_wrap(err, "no event of a watch");
    }
    return decode(d, tree, err);
}

bool watch_decoder_feed(struct watch_decoder *d, const char *bytes, size_t n,
                        struct error *err)
{
    while (n) {
        const char *end = memchr(bytes, '\n', n);
        size_t length = end ? (size_t)(end - bytes) : n;
        bool ok;

        if (end && !d->line.len) { /* whole in this piece: no copy */
            if (!take_line(d, bytes, length, err))
                return false;
        } else {
            buf_add(&d->line, bytes, length);
            if (!buf_ok(&d->line))
                return error_set(err, ERR_TOO_BIG,
                                 "an event of a watch larger than %zu bytes",
                                 d->line.max);
            if (end) {
                ok = take_line(d, buf_str(&d->line), d->line.len, err);
                buf_reset(&d->line);
                if (!ok)
                    return false;
            }
        }
        length += end != NULL;
        bytes += length;
        n -= length;
    }
    return true;
}

bool watch_decoder_end(const struct watch_decoder *d, struct error *err)
{
    if (d->line.len)
        return error_set(err, ERR_IO, "the watch ended in the middle of an event");
    return true;
}
