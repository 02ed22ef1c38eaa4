/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/fit_model.h"

#include "base/mem.h"

bool fit_model(const struct sample *s, const struct dataset *d,
               const struct fit_kind *kind, const struct fit_options *o,
               const struct onnx_out_entry *metadata, size_t metadata_count,
               struct buf *out, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf nodes = BUF_INIT(ONNX_OUT_MAX);
    struct fit_labels labels = {d->class_ints, (const char *const *)d->class_names,
                                d->classes};
    struct onnx_out_model model = {.name = kind->name,
                                   .nodes = &nodes,
                                   .features = s->width,
                                   .classes = s->classes,
                                   .text_labels = !d->class_ints,
                                   .metadata = metadata,
                                   .metadata_count = metadata_count};

    if (!kind->fit(s, o, &labels, &nodes, err))
        return false;
    buf_clear(out);
    buf_init(out, ONNX_OUT_MAX);
    onnx_model_write(&model, out);
    return buf_ok(out) ||
           error_set(err, ERR_TOO_BIG,
                     "the model is larger than %d MiB: fewer trees or less "
                     "depth would help",
                     ONNX_OUT_MAX >> 20);
}
