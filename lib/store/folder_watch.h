/* SPDX-License-Identifier: Apache-2.0 */
/* folder_watch.h - which files of a folder change, from inotify. */
#ifndef STORE_FOLDER_WATCH_H
#define STORE_FOLDER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/stop.h"

struct folder_watch {
    int fd; /* -1: not watching */
};

bool folder_watch_open(struct folder_watch *w, const char *folder, struct error *err);
void folder_watch_close(struct folder_watch *w);

typedef void folder_name_fn(void *arg, const char *name);

/* Sleep until something changes, the time is over, or somebody asks to stop; also when
 * nothing is watched. Tells each name that changed. False when the watch is lost or
 * events were: close it, open it again and look at everything. */
bool folder_watch_wait(struct folder_watch *w, struct stop *stop, int64_t ms,
                       folder_name_fn *fn, void *arg, struct error *err);

#endif
