/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* rename() */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { PATH_MAX_BYTES = 8192 };

static char *backup_path(const char *path, unsigned number)
{
    struct buf name = BUF_INIT(PATH_MAX_BYTES);

    buf_printf(&name, "%s.%u", path, number);
    return buf_take(&name);
}

static bool move(const char *from, const char *to, struct error *err)
{
    return !rename(from, to) || errno == ENOENT ||
           error_errno(err, errno, "cannot move %s to %s", from, to);
}

bool journal_files_rotate(const char *path, unsigned keep, struct error *err)
{
    bool ok = true;

    for (unsigned to = keep; ok && to; to--) {
        CLEANUP(mem_freep)
        char *from = to > 1 ? backup_path(path, to - 1) : mem_strdup(path);
        CLEANUP(mem_freep)
        char *older = backup_path(path, to);

        ok = move(from, older, err);
    }
    return ok;
}

/* ---- reading -------------------------------------------------------------------------
 */

static bool same_file(int a, int b)
{
    struct stat of_a, of_b;

    return !fstat(a, &of_a) && !fstat(b, &of_b) && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

/* Takes both over. A file that was moved on after it was opened comes up again under its
 * next name. */
static void add(struct journal_files *files, char *path, int fd)
{
    if (files->count && same_file(files->items[files->count - 1].fd, fd)) {
        (void)close(fd);
        free(path);
        return;
    }
    files->items[files->count++] = (struct journal_file){path, fd};
}

static void turn_round(struct journal_files *files)
{
    for (size_t i = 0; i < files->count / 2; i++) {
        struct journal_file *newer = &files->items[i];
        struct journal_file *older = &files->items[files->count - 1 - i];
        struct journal_file kept = *newer;

        *newer = *older;
        *older = kept;
    }
}

/* As it was moved there, or compressed since. -1: there is none. */
static int open_backup(const char *path, unsigned number, char **name)
{
    static const char *const endings[] = {"", ".gz"};

    CLEANUP(mem_freep)
    char *plain = backup_path(path, number);

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        struct buf full = BUF_INIT(PATH_MAX_BYTES);
        int fd;

        buf_printf(&full, "%s%s", plain, endings[i]);
        *name = buf_take(&full);
        fd = open(*name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
        free(STEAL(*name));
    }
    return -1;
}

/* From the newest to the oldest, as they move in that direction. A gap in the numbers is
 * what a crash between two moves leaves. */
bool journal_files_open(struct journal_files *files, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    files->count = 0;
    if (fd < 0)
        return error_errno(err, errno, "%s", path);
    add(files, mem_strdup(path), fd);
    for (unsigned i = 1; i <= JOURNAL_BACKUPS_MAX; i++) {
        char *name;

        fd = open_backup(path, i, &name);
        if (fd >= 0)
            add(files, name, fd);
    }
    turn_round(files);
    return true;
}

void journal_files_close(struct journal_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        (void)close(files->items[i].fd);
        free(files->items[i].path);
    }
    files->count = 0;
}
