/* SPDX-License-Identifier: Apache-2.0 */
#include "server/file_watch.h"

void file_watch_taken(struct file_watch *w)
{
    w->taken = w->seen = file_stamp_at(w->path);
}

bool file_watch_changed(struct file_watch *w)
{
    struct file_stamp now = file_stamp_at(w->path);
    bool settled = file_stamp_equal(&now, &w->seen);

    w->seen = now;
    return now.size >= 0 && settled && !file_stamp_equal(&now, &w->taken);
}
