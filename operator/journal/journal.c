/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct journal {
    char *path;
    pthread_mutex_t lock; /* guards what follows */
    int fd;
    bool torn;       /* the file ends within a line */
    uint64_t opened; /* how often: a file of its own begins with whole lines */
};

static int open_for_appending(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        (void)error_set(err, ERR_IO, "cannot open %s for appending: %s", path,
                        strerror(errno));
    return fd;
}

struct journal *journal_open(const char *path, struct error *err)
{
    int fd = open_for_appending(path, err);
    struct journal *j;

    if (fd < 0)
        return NULL;
    j = mem_alloc(1, sizeof(*j));
    j->path = mem_strdup(path);
    j->fd = fd;
    j->opened = 1;
    (void)pthread_mutex_init(&j->lock, NULL);
    return j;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    (void)close(j->fd);
    (void)pthread_mutex_destroy(&j->lock);
    free(j->path);
    free(j);
}

bool journal_reopen(struct journal *j, struct error *err)
{
    int fd = open_for_appending(j->path, err);

    if (fd < 0)
        return false;
    (void)pthread_mutex_lock(&j->lock);
    (void)close(j->fd);
    j->fd = fd;
    j->opened++;
    (void)pthread_mutex_unlock(&j->lock);
    return true;
}

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
    j->torn = written >= 0 && written < (ssize_t)line->len && (j->torn || written > 0);
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
    if (j->torn)
        buf_putc(&line, '\n');
    entry_write(&line, &source,
                *chain != chain_of(j->opened, before, source.digest_before));
    ok = append(j, &line, err);
    *chain = ok ? chain_of(j->opened, before, source.digest_after) : 0;
    (void)pthread_mutex_unlock(&j->lock);
    return ok;
}
