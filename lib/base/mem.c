/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *p)
{
    if (!p) {
        (void)fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *mem_try_alloc(size_t count, size_t size)
{
    return calloc(count ? count : 1, size ? size : 1); /* checks the product itself */
}

void *mem_alloc(size_t count, size_t size)
{
    return or_die(mem_try_alloc(count, size));
}

void *mem_resize(void *old, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return or_die(realloc(old, bytes ? bytes : 1));
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
    char *copy;

    n = strnlen(s, n);
    copy = mem_alloc(n + 1, 1);
    memcpy(copy, s, n);
    return copy;
}

void *mem_dup(const void *bytes, size_t n)
{
    void *copy = or_die(malloc(n ? n : 1));

    if (n)
        memcpy(copy, bytes, n);
    return copy;
}

void mem_freep(void *owner)
{
    free(*(void **)owner);
}
