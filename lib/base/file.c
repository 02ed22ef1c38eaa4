/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

void file_closep(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

bool file_read(const char *path, struct buf *out, struct error *err)
{
    CLEANUP(file_closep)
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum { CHUNK = 64 * 1024 };

    if (fd < 0)
        return error_errno(err, errno, "cannot open %s", path);
    for (;;) {
        size_t left = out->max - out->len;
        char *room = buf_room(out, left < CHUNK ? left : CHUNK);
        char beyond;
        ssize_t n;

        if (!room)
            return error_set(err, ERR_TOO_BIG, "%s is too big", path);
        /* at the ceiling one byte more tells "exactly full" from "too big" */
        n = left ? read(fd, room, left < CHUNK ? left : CHUNK) : read(fd, &beyond, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(err, errno, "cannot read %s", path);
        if (n == 0)
            return true;
        if (!left)
            return error_set(err, ERR_TOO_BIG, "%s is larger than %zu bytes", path,
                             out->max);
        buf_grew(out, (size_t)n);
    }
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

static bool write_new(const char *path, const void *bytes, size_t n, mode_t mode,
                      bool flush, struct error *err)
{
    CLEANUP(file_closep)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (fd < 0)
        return error_errno(err, errno, "cannot create %s", path);
    if (!write_all(fd, bytes, n) || (flush && fsync(fd)))
        return error_errno(err, errno, "cannot write %s", path);
    return true;
}

static bool replace(const char *path, const void *bytes, size_t n, mode_t mode,
                    bool flush, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf temporary = BUF_INIT(4096);

    buf_printf(&temporary, "%s.tmp.%ld", path, (long)getpid());
    if (!buf_ok(&temporary))
        return error_set(err, ERR_INVALID, "path too long: %.80s...", path);
    if (!write_new(buf_str(&temporary), bytes, n, mode, flush, err)) {
        (void)unlink(buf_str(&temporary));
        return false;
    }
    if (rename(buf_str(&temporary), path)) {
        int why = errno;

        (void)unlink(buf_str(&temporary));
        return error_errno(err, why, "cannot replace %s", path);
    }
    return true;
}

bool file_write(const char *path, const void *bytes, size_t n, mode_t mode,
                struct error *err)
{
    return replace(path, bytes, n, mode, true, err);
}

bool file_write_unflushed(const char *path, const void *bytes, size_t n, mode_t mode,
                          struct error *err)
{
    return replace(path, bytes, n, mode, false, err);
}
