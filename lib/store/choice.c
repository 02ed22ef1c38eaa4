/* SPDX-License-Identifier: Apache-2.0 */
#include "store/choice.h"

#include <stdlib.h>

#include "store/store_dir.h"

static bool from_environment(const char *name)
{
    const char *value = getenv(name);

    return value && *value;
}

bool store_choice_check(const struct store_choice *choice, struct error *err)
{
    bool by_flag = *choice->kubeconfig || *choice->context;

    if (*choice->folder && (by_flag || *choice->namespace))
        return error_set(err, ERR_INVALID,
                         "--store.dir does not go with --kubeconfig, --context or "
                         "--namespace");
    if (*choice->folder || by_flag || from_environment("KUBECONFIG") ||
        from_environment("KUBERNETES_SERVICE_HOST"))
        return true;
    return error_set(err, ERR_INVALID,
                     "--store.dir is required, or --kubeconfig for objects on an API "
                     "server");
}

struct store *store_choice_open(struct store_choice *choice,
                                const struct store_kube_options *options,
                                struct error *err)
{
    struct store_kube_options o = *options;

    if (*choice->folder)
        return store_dir_open(choice->folder, err);
    choice->access = kube_access_open(choice->kubeconfig, choice->context, err);
    if (!choice->access)
        return NULL;
    o.access = choice->access;
    o.namespace = choice->namespace;
    return store_kube_open(&o);
}

void store_choice_clear(struct store_choice *choice)
{
    kube_access_free(STEAL(choice->access));
}
