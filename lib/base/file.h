/* SPDX-License-Identifier: Apache-2.0 */
/* file.h - whole files: read with a ceiling, written so that no reader sees half. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* Append the file to out. Errors name the path; ERR_TOO_BIG when out's ceiling is
 * passed, ERR_NOT_FOUND when there is no such file. */
bool file_read(const char *path, struct buf *out, struct error *err);

/* Write a temporary file beside path, flush it to disk and rename it over path: after a
 * crash at any moment path holds the old bytes or the new ones. */
bool file_write(const char *path, const void *bytes, size_t n, mode_t mode,
                struct error *err);

/* The same without the flush, which takes milliseconds: whole after any crash of a
 * program, but a power failure may leave an empty file. For what is written again soon.
 */
bool file_write_unflushed(const char *path, const void *bytes, size_t n, mode_t mode,
                          struct error *err);

/* close() for CLEANUP(file_closep) int fd; -1 is fine. */
void file_closep(const int *fd);

#endif
