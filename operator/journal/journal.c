/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "journal/files.h"

enum {
    TRY_AGAIN_PART = 16
}; /* a file that cannot be moved on grows by this part of it */

struct journal {
    char *path;
    int64_t max_bytes;
    unsigned keep;
    pthread_mutex_t lock; /* guards what follows */
    int fd;
    int64_t size, full_at; /* bytes; full_at 0: never */
    bool torn;             /* the file ends within a line */
    uint64_t opened;       /* how often: a file of its own begins with whole lines */
};

/* ---- the file ------------------------------------------------------------------------
 */

/* As a crash or a full disk leaves it. A file that cannot be read may: an empty line too
 * many does no harm. */
static bool ends_within_line(const char *path, int64_t size)
{
    CLEANUP(file_closep)
    int fd = size > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char last = 0;

    return size > 0 && (fd < 0 || pread(fd, &last, 1, size - 1) != 1 || last != '\n');
}

/* Begin to append to the path, as it is now. Under the lock. */
static bool begin_file(struct journal *j, struct error *err)
{
    int fd = open(j->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    struct stat st;

    if (fd < 0)
        return error_set(err, ERR_IO, "cannot open %s for appending: %s", j->path,
                         strerror(errno));
    file_closep(&j->fd);
    j->fd = fd;
    j->opened++;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        st.st_size = 0;
    j->size = st.st_size;
    j->torn = ends_within_line(j->path, j->size);
    j->full_at = !lstat(j->path, &st) && S_ISREG(st.st_mode) ? j->max_bytes : 0;
    return true;
}

struct journal *journal_open(const struct journal_options *options, struct error *err)
{
    struct journal *j = mem_alloc(1, sizeof(*j));

    j->path = mem_strdup(options->path);
    j->max_bytes = options->max_bytes;
    j->keep = options->keep;
    j->fd = -1;
    (void)pthread_mutex_init(&j->lock, NULL);
    if (begin_file(j, err))
        return j;
    journal_close(j);
    return NULL;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    file_closep(&j->fd);
    (void)pthread_mutex_destroy(&j->lock);
    free(j->path);
    free(j);
}

bool journal_reopen(struct journal *j, struct error *err)
{
    bool ok;

    (void)pthread_mutex_lock(&j->lock);
    ok = begin_file(j, err);
    (void)pthread_mutex_unlock(&j->lock);
    return ok;
}

/* A full file that cannot be moved on grows, for a decision is worth more than the
 * bound. Under the lock. */
static void make_room(struct journal *j)
{
    struct error err;

    if (!j->full_at || j->size < j->full_at)
        return;
    if (journal_files_rotate(j->path, j->keep, &err) && begin_file(j, &err))
        return;
    log_warn("the journal is full and cannot be moved on, so it grows",
             LOG_STR("error", err.msg));
    j->full_at = j->size + j->max_bytes / TRY_AGAIN_PART + 1;
}

/* ---- lines ---------------------------------------------------------------------------
 */

/* What a line that only brings an observation builds on: this file, this spec, and the
 * state after the line before. Never zero. */
static uint64_t chain_of(uint64_t opened, const struct bandit_route *r, uint64_t digest)
{
    uint64_t mixed = digest;

    mixed = (mixed ^ opened) * UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ (uint64_t)r->generation) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return mixed | 1;
}

/* False when not all of it was written: then the next line begins on one of its own. */
static bool append(struct journal *j, const struct buf *line, struct error *err)
{
    ssize_t written;

    if (!buf_ok(line))
        return error_set(err, ERR_TOO_BIG, "a decision of more than %d bytes",
                         ENTRY_BYTES_MAX);
    do
        written = write(j->fd, line->data, line->len);
    while (written < 0 && errno == EINTR);
    j->size += written > 0 ? written : 0;
    if (written > 0) /* else it ends as it did */
        j->torn = line->data[written - 1] != '\n';
    if (written < 0)
        return error_set(err, ERR_IO, "cannot write to %s: %s", j->path, strerror(errno));
    return written == (ssize_t)line->len ||
           error_set(err, ERR_IO, "cannot write to %s: no space left", j->path);
}

bool journal_write(struct journal *j, uint64_t *chain, const struct bandit_route *before,
                   const struct observation *seen, const struct decision *decided,
                   int64_t now_ms, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf line = BUF_INIT(ENTRY_BYTES_MAX);
    struct bandit_route after = *before; /* borrows */
    struct entry_source source = {.before = before,
                                  .seen = seen,
                                  .decided = decided,
                                  .now_ms = now_ms,
                                  .digest_before = entry_digest(before)};
    bool ok;

    after.status = decided->status;
    source.digest_after = entry_digest(&after);
    (void)pthread_mutex_lock(&j->lock);
    make_room(j);
    if (j->torn)
        buf_putc(&line, '\n');
    entry_write(&line, &source,
                *chain != chain_of(j->opened, before, source.digest_before));
    ok = append(j, &line, err);
    *chain = ok ? chain_of(j->opened, before, source.digest_after) : 0;
    (void)pthread_mutex_unlock(&j->lock);
    return ok;
}
