/* SPDX-License-Identifier: Apache-2.0 */
/* choice.h - which store a program was told to use, by the same flags in each: a folder,
 * or the API server.
 *
 * A cluster is never guessed from ~/.kube/config alone: it has to be named by a flag, by
 * $KUBECONFIG, or by the pod that we run in.
 */
#ifndef STORE_CHOICE_H
#define STORE_CHOICE_H

#include "base/flags.h"
#include "store/store_kube.h"

struct store_choice {
    const char *folder;
    const char *kubeconfig, *context, *namespace;
    struct kube_access *access; /* opened by store_choice_open(); NULL: a folder */
};

/* clang-format off */
#define STORE_CHOICE_INIT \
    {.folder = "", .kubeconfig = "", .context = "", .namespace = ""}

/* Rows of a flag table; the one of the folder is the program's. */
#define STORE_CHOICE_FLAGS(choice)                                                       \
    {.name = "kubeconfig", .kind = FLAG_STRING, .value = &(choice).kubeconfig,           \
     .argname = "FILE", .help = "Objects are on the API server that this kubeconfig "    \
     "names; default: $KUBECONFIG, then the service account of the pod."},               \
    {.name = "context", .kind = FLAG_STRING, .value = &(choice).context,                 \
     .argname = "NAME", .help = "Context of the kubeconfig; default: the current one."}, \
    {.name = "namespace", .kind = FLAG_STRING, .value = &(choice).namespace,             \
     .argname = "NAME", .help = "Only objects of this namespace of the API server; "     \
     "default: all."}
/* clang-format on */

/* ERR_INVALID: both stores are named, or none is. */
bool store_choice_check(const struct store_choice *choice, struct error *err);

/* options: the hooks, for the API server; access and namespace are filled in. */
struct store *store_choice_open(struct store_choice *choice,
                                const struct store_kube_options *options,
                                struct error *err);

/* After store_free(). */
void store_choice_clear(struct store_choice *choice);

#endif
