/* SPDX-License-Identifier: Apache-2.0 */
/* pem_file.h - a text in memory as a file without a name: for keys and certificates from
 * a kubeconfig, which libcurl with GnuTLS takes as files only. Internal to lib/httpc.
 */
#ifndef HTTPC_PEM_FILE_H
#define HTTPC_PEM_FILE_H

struct pem_file {
    int fd;        /* -1: none */
    char path[32]; /* "" without a text; valid in this process until cleared */
};

/* text may be NULL. */
void pem_file_init(struct pem_file *f, const char *text);
void pem_file_clear(struct pem_file *f);

#endif
