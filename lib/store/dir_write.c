/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a status: from any thread, by one process at a time. */
#include <unistd.h>

#include "base/file.h"
#include "store/dir_inner.h"
#include "store/status_file.h"

/* The first to write becomes the folder's writer. Under the lock. */
static bool become_writer(struct store_dir *s, struct error *err)
{
    if (s->lock_fd >= 0)
        return true;
    s->lock_fd = status_lock(s->folder, err);
    if (s->lock_fd < 0)
        return false;
    status_sweep(s->folder);
    return true;
}

/* The object, unless it is gone. Under the lock. */
static struct dir_object *living(struct store_dir *s, const struct bandit_route *r,
                                 struct error *err)
{
    struct dir_object *o = dir_objects_find(&s->objects, r->namespace, r->name);

    if (o && !o->gone)
        return o;
    (void)error_set(err, ERR_NOT_FOUND, "there is no %s/%s", r->namespace, r->name);
    return NULL;
}

/* Note that the status is ours from now on. */
static bool announce(struct store_dir *s, const struct bandit_route *r, struct error *err)
{
    struct dir_object *o;
    bool ok;

    (void)pthread_mutex_lock(&s->lock);
    o = living(s, r, err);
    ok = o && become_writer(s, err);
    if (ok)
        o->own = true;
    (void)pthread_mutex_unlock(&s->lock);
    return ok;
}

/* The object may have gone while its status was written, which must not stay then. */
static bool confirm(struct store_dir *s, const struct bandit_route *r, const char *path,
                    struct error *err)
{
    bool ok;

    (void)pthread_mutex_lock(&s->lock);
    ok = living(s, r, err) != NULL;
    (void)pthread_mutex_unlock(&s->lock);
    if (!ok)
        (void)unlink(path);
    return ok;
}

bool dir_write_status(struct store *store, const struct bandit_route *r,
                      struct error *err)
{
    struct store_dir *s = (struct store_dir *)store;
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(STATUS_SIZE_MAX);
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(PATH_BYTES_MAX);

    status_file_text(r, &text);
    status_file_path(&path, s->folder, r->namespace, r->name);
    if (!buf_ok(&text) || !buf_ok(&path))
        return error_set(err, ERR_TOO_BIG, "status of %s/%s", r->namespace, r->name);
    return announce(s, r, err) &&
           file_write_unflushed(buf_str(&path), buf_str(&text), text.len, 0644, err) &&
           confirm(s, r, buf_str(&path), err);
}
