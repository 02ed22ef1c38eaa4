/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/file_stamp.h"
#include "base/hash.h"
#include "base/text.h"
#include "web/config.h"

bool config_known(const struct json *object, const char *where, const char *const *known,
                  struct error *err)
{
    if (object && !json_is(object, JSON_OBJECT))
        return error_set(err, ERR_INVALID, "%s: a mapping is wanted", where);
    for (const struct json *m = json_first(object); m; m = json_next(m))
        if (text_index(json_key(m), known) < 0)
            return error_set(err, ERR_INVALID, "%s: unknown field \"%.64s\"", where,
                             json_key(m));
    return true;
}

bool config_text(const struct json *object, const char *key, const char **value,
                 struct error *err)
{
    const struct json *member = json_get(object, key);

    if (!member)
        return true;
    if (!json_is(member, JSON_STRING))
        return error_set(err, ERR_INVALID, "%s: text is wanted", key);
    *value = json_string(member, "");
    return true;
}

_Static_assert(sizeof(struct file_stamp) == 5 * sizeof(int64_t), "without gaps");

/* Differs whenever the file behind the path does: renamed over, or written in place. */
static uint64_t add_stamp(uint64_t stamp, const char *path)
{
    const struct file_stamp s = file_stamp_at(path);

    return hash_bytes(stamp, &s, sizeof(s));
}

bool config_file(struct web_config *c, const char *path, struct buf *out,
                 struct error *err)
{
    if (c->file_count == WEB_FILES_MAX)
        return error_set(err, ERR_INVALID, "too many files");
    c->files[c->file_count++] = mem_strdup(path);
    /* The stamp before the bytes: a change in between is seen as one. */
    c->stamp = add_stamp(c->stamp, path);
    return file_read(path, out, err);
}

uint64_t web_config_stamp(const struct web_config *c)
{
    uint64_t stamp = 0;

    for (size_t i = 0; i < c->file_count; i++)
        stamp = add_stamp(stamp, c->files[i]);
    return stamp;
}
