/* SPDX-License-Identifier: Apache-2.0 */
#include "server/file_watch.h"

#include <sys/stat.h>

static struct file_state look_at(const char *path)
{
    struct stat st;
    struct file_state none = {.size = -1};

    if (stat(path, &st))
        return none;
    return (struct file_state){st.st_ino, st.st_size, st.st_mtim};
}

static bool same(const struct file_state *a, const struct file_state *b)
{
    return a->inode == b->inode && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

void file_watch_taken(struct file_watch *w)
{
    w->taken = w->seen = look_at(w->path);
}

bool file_watch_changed(struct file_watch *w)
{
    struct file_state now = look_at(w->path);
    bool settled = same(&now, &w->seen);

    w->seen = now;
    return now.size >= 0 && settled && !same(&now, &w->taken);
}
