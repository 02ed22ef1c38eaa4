/* SPDX-License-Identifier: Apache-2.0 */
/* served.h - a model file made ready to serve: the model, its metrics, its drift bins and
 * the pieces of its answers. Immutable once made, shared by reference count, so that a
 * reload swaps one pointer. */
#ifndef SERVER_SERVED_H
#define SERVER_SERVED_H

#include <stdatomic.h>

#include "server/drift.h"

enum { SERVED_DIGEST_TEXT = 64 + 1 };

/* The constant text of a row's answer for one class. */
struct class_text {
    char *head; /* "prediction":0,"class":"setosa","probabilities":{ */
    size_t head_len;
    char *key; /* "setosa": */
    size_t key_len;
    struct id_stem id; /* of a row that the class is predicted for */
};

struct served {
    atomic_uint references;
    struct model *model;
    size_t width;
    size_t class_count;
    const char **class_names;   /* borrowed from the model */
    struct class_text *classes; /* one for each class */
    size_t row_text_max;        /* bytes of one row's answer, at most */
    struct identity who;
    char version[ID_NAME_MAX + 1];
    char digest[SERVED_DIGEST_TEXT]; /* SHA-256 of the file, hexadecimal */
    int64_t loaded_ms;
    struct server_metrics metrics;
    struct drift *drift; /* NULL: nothing is watched */
};

/* who->version NULL: the first twelve digits of the file's digest. */
struct served *served_load(const char *path, const struct identity *who,
                           struct error *err);

void served_keep(struct served *s);    /* one reference more */
void served_release(struct served *s); /* one less; the last frees. NULL is fine. */
DEFINE_FREEP(struct served *, served_release)

/* What kind of model the file says it is, else the operator that classifies. */
const char *served_kind(const struct served *s);

/* Accuracy in cross-validation that the file states, or NAN. */
double served_accuracy(const struct served *s);

/* The index of the class that a label means: a class name, or an integer label's text.
 * -1 when it is none. */
int served_class_by_name(const struct served *s, const char *name);
int served_class_by_label(const struct served *s, double label);

#endif
