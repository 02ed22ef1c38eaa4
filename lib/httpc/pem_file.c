/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create() */
#include "httpc/pem_file.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

void pem_file_init(struct pem_file *f, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    ssize_t written;

    *f = (struct pem_file){.fd = -1};
    if (!len)
        return;
    f->fd = memfd_create("pem", MFD_CLOEXEC);
    assert(f->fd >= 0);
    written = write(f->fd, text, len);
    assert(written == (ssize_t)len);
    (void)written;
    (void)snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

void pem_file_clear(struct pem_file *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
    f->path[0] = '\0';
}
