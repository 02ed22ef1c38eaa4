/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dir_manifests.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct names {
    char **items;
    size_t count, room;
};

static void names_clear(struct names *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->items[i]);
    free(n->items);
    *n = (struct names){.items = NULL};
}

static void names_add(struct names *n, const char *name)
{
    if (n->count == n->room) {
        n->room = 2 * n->room + 16;
        n->items = mem_resize(n->items, n->room, sizeof(*n->items));
    }
    n->items[n->count++] = mem_strdup(name);
}

static bool read_names(const char *folder, struct names *n, struct error *err)
{
    DIR *dir = opendir(folder);
    struct dirent *e;
    int why;

    if (!dir)
        return error_errno(err, errno, "cannot read the folder %s", folder);
    for (errno = 0; (e = readdir(dir)); errno = 0)
        if (manifest_is_one(e->d_name))
            names_add(n, e->d_name);
    why = errno;
    (void)closedir(dir);
    return !why || error_errno(err, why, "cannot read the folder %s", folder);
}

static int compare_manifests(const void *a, const void *b)
{
    const struct manifest *const *left = a;
    const struct manifest *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

static bool is_known(const struct dir_manifests *all, const char *name)
{
    struct manifest wanted = {.name = NULL};
    const struct manifest *key = &wanted;
    CLEANUP(mem_freep)
    char *copy = mem_strdup(name);

    wanted.name = copy;
    return all->count && bsearch(&key, all->items, all->count, sizeof(struct manifest *),
                                 compare_manifests);
}

/* The files that are new join those that are known; which of these are gone, each finds
 * out itself. */
static void add_new(struct dir_manifests *all, const struct names *names)
{
    struct manifest **joined =
        mem_alloc(all->count + names->count, sizeof(struct manifest *));
    size_t count = all->count;

    for (size_t i = 0; i < all->count; i++)
        joined[i] = all->items[i];
    for (size_t i = 0; i < names->count; i++)
        if (!is_known(all, names->items[i]))
            joined[count++] = manifest_new(names->items[i]);
    qsort(joined, count, sizeof(struct manifest *), compare_manifests);
    free(all->items);
    all->items = joined;
    all->count = count;
}

bool dir_manifests_look(struct dir_manifests *all, const char *folder, bool patient,
                        struct error *err)
{
    CLEANUP(names_clear)
    struct names names = {.items = NULL};
    size_t kept = 0;

    if (!read_names(folder, &names, err))
        return false;
    add_new(all, &names);
    for (size_t i = 0; i < all->count; i++) {
        struct manifest *m = all->items[i];

        manifest_look(m, folder, patient);
        if (m->gone)
            manifest_free(m);
        else
            all->items[kept++] = m;
    }
    all->count = kept;
    return true;
}

bool dir_manifests_restless(const struct dir_manifests *all)
{
    for (size_t i = 0; i < all->count; i++)
        if (manifest_is_restless(all->items[i]))
            return true;
    return false;
}

void dir_manifests_clear(struct dir_manifests *all)
{
    for (size_t i = 0; i < all->count; i++)
        manifest_free(all->items[i]);
    free(all->items);
    *all = (struct dir_manifests){.items = NULL};
}
