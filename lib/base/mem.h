/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - allocation that does not fail, and release at the end of a scope.
 *
 * Small allocations end the process when memory is out: in a memory-limited container the
 * kernel does so first. Sizes that come from outside are bounded before they get here, or
 * use mem_try_alloc() and an ordinary error.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for count elements; never NULL, also for no elements. Release: free(). */
void *mem_alloc(size_t count, size_t size) __attribute__((returns_nonnull, malloc));

/* Zeroed memory, or NULL when there is none or count * size overflows. */
void *mem_try_alloc(size_t count, size_t size) __attribute__((malloc));

/* Grow or shrink; new bytes are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

char *mem_strdup(const char *s) __attribute__((returns_nonnull, malloc));
char *mem_strndup(const char *s, size_t n) __attribute__((returns_nonnull, malloc));
void *mem_dup(const void *bytes, size_t n) __attribute__((returns_nonnull, malloc));

/* Release a variable at the end of its scope: CLEANUP(buf_clear) struct buf b = ...; */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* From x_free(T) make x_freep(T *), the form CLEANUP wants for pointers.
 * NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses. */
#define DEFINE_FREEP(type, fn)            \
    static inline void fn##p(type *owner) \
    {                                     \
        fn(*owner);                       \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* Take the pointer out of its owner, which becomes NULL. */
#define STEAL(owner)                         \
    __extension__({                          \
        __typeof__(owner) stolen_ = (owner); \
        (owner) = NULL;                      \
        stolen_;                             \
    })

/* free() for CLEANUP: CLEANUP(mem_freep) char *s = ...; */
void mem_freep(void *owner);

/* How many elements an array (not a pointer) has. */
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
