/* SPDX-License-Identifier: Apache-2.0 */
#include "operator/validate.h"

#include <stdio.h>

#include "base/file.h"
#include "route/route_json.h"
#include "json/yaml.h"

enum { MANIFEST_MAX = 16 << 20 };

struct file_check {
    const char *path;
    size_t documents, faults;
};

static void complain(const struct file_check *f, const struct error *err)
{
    (void)fprintf(stderr, "%s: %s\n", f->path, err->msg);
}

/* Whatever is wrong with one document, the others are looked at as well. */
static bool check_document(void *arg, struct json *document, struct error *err)
{
    CLEANUP(json_freep)
    struct json *owned = document;
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct file_check *f = arg;
    struct error why;

    (void)err;
    f->documents++;
    if (!json_count(owned)) /* what stands between two separators */
        return true;
    r = route_from_json(owned, &why);
    if (r) {
        printf("%s: %s/%s is valid\n", f->path, r->namespace, r->name);
        return true;
    }
    f->faults++;
    (void)error_wrap(&why, "document %zu", f->documents);
    complain(f, &why);
    return true;
}

static bool check_file(const char *path)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(MANIFEST_MAX);
    struct file_check f = {.path = path};
    struct error err;

    /* YAML takes JSON as it is. */
    if (!file_read(path, &text, &err)) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return false;
    }
    if (!yaml_parse(buf_str(&text), text.len, check_document, &f, &err)) {
        complain(&f, &err);
        return false;
    }
    if (!f.documents) {
        (void)error_set(&err, ERR_INVALID, "there is no document in it");
        complain(&f, &err);
    }
    return f.documents && !f.faults;
}

int validate_files(const char *const *paths, size_t n)
{
    bool ok = true;

    for (size_t i = 0; i < n; i++)
        ok = check_file(paths[i]) && ok;
    return ok ? 0 : 1;
}
