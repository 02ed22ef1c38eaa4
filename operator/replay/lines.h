/* SPDX-License-Identifier: Apache-2.0 */
/* lines.h - files of lines, compressed or not: recordings and journals. */
#ifndef REPLAY_LINES_H
#define REPLAY_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

enum { LINE_BYTES_MAX = 256 << 20 };

/* Called with each line that is not empty, without its newline; false ends with its
 * error. */
typedef bool line_fn(void *arg, const char *line, size_t n, struct error *err);

/* Read a file, gzip or plain. Errors name the path and the number of the line. */
bool lines_read(const char *path, line_fn *fn, void *arg, struct error *err);

/* The same of what is open; path is for errors. The descriptor stays the caller's. */
bool lines_read_fd(int fd, const char *path, line_fn *fn, void *arg, struct error *err);

struct lines_writer;

/* Begin a file anew; compressed when its name ends in .gz. */
struct lines_writer *lines_begin(const char *path, struct error *err);
bool lines_add(struct lines_writer *w, const char *line, size_t n, struct error *err);

/* Finish and release, also NULL; false when not everything is on the disk. */
bool lines_end(struct lines_writer *w, struct error *err);

#endif
