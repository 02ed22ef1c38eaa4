/* SPDX-License-Identifier: Apache-2.0 */
#include "store/kube_versions.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void forget_own(struct kube_versions *v)
{
    while (v->own_count)
        free(v->own[--v->own_count]);
}

void kube_versions_clear(struct kube_versions *v)
{
    forget_own(v);
    free(STEAL(v->told));
}

static const char *newest(const struct kube_versions *v)
{
    return v->own_count ? v->own[v->own_count - 1] : v->told;
}

bool kube_versions_see(struct kube_versions *v, const char *version)
{
    for (size_t i = 0; i < v->own_count; i++)
        if (strcmp(v->own[i], version) == 0)
            return false;
    if (v->told && strcmp(v->told, version) == 0)
        return false;
    forget_own(v);
    free(v->told);
    v->told = mem_strdup(version);
    return true;
}

const char *kube_versions_newest(const struct kube_versions *v, const char *known)
{
    return v->told && strcmp(v->told, known) == 0 ? newest(v) : NULL;
}

bool kube_versions_wrote(struct kube_versions *v, const char *before, const char *after)
{
    const char *now = newest(v);

    if (!now || strcmp(now, before) != 0)
        return false; /* another object by now */
    if (strcmp(before, after) == 0)
        return true; /* nothing was changed by it */
    if (v->own_count == OWN_VERSIONS_MAX) {
        free(v->own[0]);
        memmove(v->own, v->own + 1, (OWN_VERSIONS_MAX - 1) * sizeof(char *));
        v->own_count--;
    }
    v->own[v->own_count++] = mem_strdup(after);
    return true;
}
