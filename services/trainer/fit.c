/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/fit.h"

#include <string.h>

#include "trainer/onnx_out.h"

static const struct fit_kind KINDS[] = {
    {"lr",  "logistic-regression", fit_logistic},
    {"svm", "svm",                 fit_svm     },
    {"rf",  "random-forest",       fit_forest  },
    {NULL,  NULL,                  NULL        },
};

const struct fit_kind *fit_find(const char *name)
{
    for (const struct fit_kind *k = KINDS; k->name; k++)
        if (!strcmp(k->name, name))
            return k;
    return NULL;
}

void fit_put_labels(struct buf *node, const char *ints_name, const char *texts_name,
                    const struct fit_labels *labels)
{
    if (labels->ints)
        onnx_attr_ints(node, ints_name, labels->ints, labels->count);
    else
        onnx_attr_texts(node, texts_name, labels->names, labels->count);
}

void fit_progress(const struct fit_options *o, double done)
{
    if (o->progress)
        o->progress(o->progress_arg, done);
}
