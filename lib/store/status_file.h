/* SPDX-License-Identifier: Apache-2.0 */
/* status_file.h - the status of an object of a folder: NAMESPACE.NAME.status.json. */
#ifndef STORE_STATUS_FILE_H
#define STORE_STATUS_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "route/route.h"
#include "json/json.h"

#define STATUS_ENDING ".status.json"

enum { STATUS_SIZE_MAX = 1 << 20 };

void status_file_path(struct buf *out, const char *folder, const char *namespace,
                      const char *name);

/* The object whose status a file of that name holds; false for other names. */
bool status_file_key(const char *file, char namespace[ROUTE_LABEL_MAX],
                     char name[ROUTE_NAME_MAX]);

/* The bytes as they stand; empty when there are none, which is no error. */
bool status_file_read(const char *path, struct buf *out, struct error *err);

/* The status, pretty: people read it too. */
void status_file_text(const struct bandit_route *r, struct buf *out);

/* One process at a time writes statuses into a folder: the lock is the kernel's, so it
 * ends with the process however that ends. The descriptor, or -1; ERR_CONFLICT when
 * another process has it. */
int status_lock(const char *folder, struct error *err);

/* Remove what writers that were killed left half-written. For the one with the lock. */
void status_sweep(const char *folder);

#endif
