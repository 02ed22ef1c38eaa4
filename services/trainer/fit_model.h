/* SPDX-License-Identifier: Apache-2.0 */
/* fit_model.h - from rows to the bytes of a model file. */
#ifndef TRAINER_FIT_MODEL_H
#define TRAINER_FIT_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "trainer/dataset.h"
#include "trainer/fit.h"
#include "trainer/onnx_out.h"

/* Fit the rows, which may be some of the data set's, and put the model into `out`, whose
 * ceiling is set here. */
bool fit_model(const struct sample *s, const struct dataset *d,
               const struct fit_kind *kind, const struct fit_options *o,
               const struct onnx_out_entry *metadata, size_t metadata_count,
               struct buf *out, struct error *err);

#endif
