/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/file.h"

enum { PIECE = 128 * 1024 };

/* ---- reading -------------------------------------------------------------------------
 */

struct reader {
    struct buf line; /* what there is of it so far */
    size_t number;
    line_fn *fn;
    void *arg;
};

static bool end_line(struct reader *r, struct error *err)
{
    bool ok = true;

    r->number++;
    if (!buf_ok(&r->line))
        ok = error_set(err, ERR_TOO_BIG, "more than %d MB", LINE_BYTES_MAX >> 20);
    else if (r->line.len)
        ok = r->fn(r->arg, r->line.data, r->line.len, err);
    buf_reset(&r->line);
    return ok || error_wrap(err, "line %zu", r->number);
}

static bool take(struct reader *r, const char *bytes, size_t n, struct error *err)
{
    while (n) {
        const char *newline = memchr(bytes, '\n', n);
        size_t part = newline ? (size_t)(newline - bytes) : n;

        buf_add(&r->line, bytes, part);
        if (newline && !end_line(r, err))
            return false;
        part += newline != NULL;
        bytes += part;
        n -= part;
    }
    return true;
}

static bool read_all(gzFile file, struct reader *r, struct error *err)
{
    CLEANUP(mem_freep)
    char *piece = mem_alloc(PIECE, 1);
    const char *why;
    int n, code;

    while ((n = gzread(file, piece, PIECE)) > 0)
        if (!take(r, piece, (size_t)n, err))
            return false;
    why = gzerror(file, &code);
    if (code == Z_BUF_ERROR)
        return error_set(err, ERR_INVALID, "the compressed file ends in its middle");
    if (n < 0)
        return error_set(err, ERR_IO, "cannot be read: %s",
                         code == Z_ERRNO ? strerror(errno) : why);
    return !r->line.len || end_line(r, err); /* the last one may lack its newline */
}

bool lines_read(const char *path, line_fn *fn, void *arg, struct error *err)
{
    CLEANUP(file_closep)
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd < 0 ? error_errno(err, errno, "%s", path)
                  : lines_read_fd(fd, path, fn, arg, err);
}

bool lines_read_fd(int fd, const char *path, line_fn *fn, void *arg, struct error *err)
{
    struct reader r = {.line = BUF_INIT(LINE_BYTES_MAX), .fn = fn, .arg = arg};
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* gzclose() closes what it was given */
    gzFile file = own < 0 ? NULL : gzdopen(own, "rb");
    bool ok;

    if (!file) {
        file_closep(&own);
        return error_errno(err, errno ? errno : ENOMEM, "%s", path);
    }
    ok = read_all(file, &r, err);
    (void)gzclose(file);
    buf_clear(&r.line);
    return ok || error_wrap(err, "%s", path);
}

/* ---- writing -------------------------------------------------------------------------
 */

struct lines_writer {
    gzFile file;
    char *path;
};

struct lines_writer *lines_begin(const char *path, struct error *err)
{
    size_t n = strlen(path);
    bool packed = n > 3 && strcmp(path + n - 3, ".gz") == 0;
    struct lines_writer *w;
    gzFile file;

    errno = 0;
    file = gzopen(path, packed ? "wb9" : "wbT");
    if (!file) {
        (void)error_errno(err, errno ? errno : ENOMEM, "%s", path);
        return NULL;
    }
    w = mem_alloc(1, sizeof(*w));
    w->file = file;
    w->path = mem_strdup(path);
    return w;
}

bool lines_add(struct lines_writer *w, const char *line, size_t n, struct error *err)
{
    if ((!n || gzfwrite(line, 1, n, w->file) == n) && gzputc(w->file, '\n') >= 0)
        return true;
    return error_set(err, ERR_IO, "%s: cannot write: %s", w->path, strerror(errno));
}

bool lines_end(struct lines_writer *w, struct error *err)
{
    bool ok = true;

    if (!w)
        return true;
    if (gzclose(w->file) != Z_OK)
        ok = error_set(err, ERR_IO, "%s: cannot write: %s", w->path, strerror(errno));
    free(w->path);
    free(w);
    return ok;
}
