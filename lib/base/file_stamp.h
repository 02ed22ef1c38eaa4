/* SPDX-License-Identifier: Apache-2.0 */
/* file_stamp.h - what stat() tells of a file, to see without reading that it is still the
 * same. Writes within one tick of the file system's clock (some milliseconds) may not
 * show while size and inode are the same. */
#ifndef BASE_FILE_STAMP_H
#define BASE_FILE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct file_stamp {
    int64_t size; /* -1: there is no file */
    int64_t modified_ns, changed_ns;
    uint64_t device, inode;
};

static inline struct file_stamp file_stamp_of(const struct stat *st)
{
    const int64_t second = 1000000000;

    return (struct file_stamp){
        .size = st->st_size,
        .modified_ns = st->st_mtim.tv_sec * second + st->st_mtim.tv_nsec,
        .changed_ns = st->st_ctim.tv_sec * second + st->st_ctim.tv_nsec,
        .device = st->st_dev,
        .inode = st->st_ino,
    };
}

/* Of the file that the path leads to now. */
static inline struct file_stamp file_stamp_at(const char *path)
{
    struct stat st;

    return stat(path, &st) ? (struct file_stamp){.size = -1} : file_stamp_of(&st);
}

static inline bool file_stamp_equal(const struct file_stamp *a,
                                    const struct file_stamp *b)
{
    return a->size == b->size && a->modified_ns == b->modified_ns &&
           a->changed_ns == b->changed_ns && a->device == b->device &&
           a->inode == b->inode;
}

#endif
