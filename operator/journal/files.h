/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - the files of one journal: PATH, which is written, and what was moved away
 * from there, PATH.1, PATH.2, ...: the larger the number, the older. */
#ifndef JOURNAL_FILES_H
#define JOURNAL_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { JOURNAL_BACKUPS_MAX = 100 };

/* Move PATH to PATH.1, what stood there to PATH.2 and so on; PATH.keep and beyond are
 * gone then. 1 <= keep <= JOURNAL_BACKUPS_MAX. PATH need not be there. */
bool journal_files_rotate(const char *path, unsigned keep, struct error *err);

struct journal_file {
    char *path;
    int fd;
};

struct journal_files {
    struct journal_file items[JOURNAL_BACKUPS_MAX + 1]; /* the oldest first */
    size_t count;
};

/* Open all of them for reading, PATH.N.gz where somebody compressed one: each once, and
 * none is missed, though they be moved on at this moment. False when there is no PATH.
 * Release in any case. */
bool journal_files_open(struct journal_files *files, const char *path, struct error *err);
void journal_files_close(struct journal_files *files);

#endif
