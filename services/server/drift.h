/* SPDX-License-Identifier: Apache-2.0 */
/* drift.h - counts input values into the bins of the training data: what PSI rules in
 * Prometheus compare with the reference ratios.
 *
 * Series are bounded: of a model with many features only those are watched whose training
 * values are spread over most bins, for a bin says most about them.
 */
#ifndef SERVER_DRIFT_H
#define SERVER_DRIFT_H

#include "engine/model.h"
#include "server/server_metrics.h"

enum { DRIFT_FEATURES_MAX = 20 };

struct drift;

/* *out is NULL when the model's file has no reference; a broken one is an error. The
 * counters live as long as m's registry. */
bool drift_new(const struct model *model, struct server_metrics *m, struct drift **out,
               struct error *err);
void drift_free(struct drift *d);
DEFINE_FREEP(struct drift *, drift_free)

/* Count one row; d may be NULL. From any thread. */
void drift_observe(const struct drift *d, const float *row);

#endif
