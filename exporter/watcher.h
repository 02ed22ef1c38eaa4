/* SPDX-License-Identifier: Apache-2.0 */
/* watcher.h - the thread that follows the object store and keeps the fleet up to date. */
#ifndef EXPORTER_WATCHER_H
#define EXPORTER_WATCHER_H

#include "exporter/own.h"

struct watcher;

/* fleet, own and store must outlive it. When the store gives up, the process is
 * asked to end (SIGTERM), with the reason in the log. */
struct watcher *watcher_start(struct store *store, struct fleet *fleet, struct own *own,
                              const struct shard *shard);
void watcher_stop(struct watcher *w);

/* Whether everything has been seen once. Any thread. */
bool watcher_synced(const struct watcher *w);

#endif
