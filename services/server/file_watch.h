/* SPDX-License-Identifier: Apache-2.0 */
/* file_watch.h - has a file changed, without reading it. */
#ifndef SERVER_FILE_WATCH_H
#define SERVER_FILE_WATCH_H

#include <stdbool.h>

#include "base/file_stamp.h"

struct file_watch {
    const char *path;
    struct file_stamp taken; /* how it looked when last read */
    struct file_stamp seen;  /* at the last look */
};

/* Call before the file is read, so that a change meanwhile is noticed later. */
void file_watch_taken(struct file_watch *w);

/* True when the file is another than the one last taken, and has been the same for two
 * looks: one that is being written in place is left alone. */
bool file_watch_changed(struct file_watch *w);

#endif
