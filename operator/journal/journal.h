/* SPDX-License-Identifier: Apache-2.0 */
/* journal.h - the file that decisions are written down in, a line each.
 *
 * Lines are appended whole, with one write() each, so that a reader never sees half of
 * one. A file that is full is moved on (files.h) and the next one begun, in which the
 * first line of each route brings its status whole, so that it can be read alone;
 * logrotate may do so instead (then journal_reopen()). A line that cannot be
 * written is counted and left out: deciding goes on, and the next line of that route
 * brings its status whole again. What a full disk or a crash left of a line stays behind
 * as a line that ends nowhere; nothing is ever appended to it.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/error.h"
#include "base/mem.h"
#include "journal/entry.h"

struct journal;

struct journal_options {
    const char *path;
    int64_t max_bytes; /* a file that holds so much is full; 0: it never is */
    unsigned keep;     /* full ones, besides; from 1 to JOURNAL_BACKUPS_MAX */
};

/* NULL when the file cannot be opened for appending. What is no regular file (a pipe,
 * /dev/stdout) is never full. */
struct journal *journal_open(const struct journal_options *options, struct error *err);
void journal_close(struct journal *j);
DEFINE_FREEP(struct journal *, journal_close)

/* Open the path again, after the file was moved away. The old one stays in use when that
 * fails. Any thread. */
bool journal_reopen(struct journal *j, struct error *err);

/* Write the decision down. *chain belongs to the route, is zero at first, and tells
 * whether its last line leads up to `before`; else this line brings spec and status. The
 * caller holds the route. Any thread. */
bool journal_write(struct journal *j, uint64_t *chain, const struct bandit_route *before,
                   const struct observation *seen, const struct decision *decided,
                   int64_t now_ms, struct error *err);

#endif
