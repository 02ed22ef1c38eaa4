/* SPDX-License-Identifier: Apache-2.0 */
/* server_metrics.h - every metric family of the model-server, and the children that the
 * hot path counts on.
 *
 * One registry belongs to one loaded model, for its constant labels name that model's
 * version: after a hot reload the series of the new version start at zero.
 */
#ifndef SERVER_SERVER_METRICS_H
#define SERVER_SERVER_METRICS_H

#include <stddef.h>

#include "metrics/metrics.h"
#include "server/faults.h"
#include "server/prediction_id.h"

/* Why a request was refused, or failed: ml_errors_total{type}. */
enum error_type {
    ERROR_BAD_JSON,    /* not JSON, or not the members asked for */
    ERROR_WRONG_WIDTH, /* a row of more or fewer numbers than the model takes */
    ERROR_NOT_FINITE,  /* a number that a float cannot hold */
    ERROR_TOO_LARGE,   /* the body, or too many rows */
    ERROR_NOT_FOUND,   /* no such path or model */
    ERROR_BAD_METHOD,
    ERROR_BAD_REQUEST, /* not HTTP */
    ERROR_BAD_FEEDBACK,
    ERROR_BAD_FAULT,
    ERROR_INJECTED,
    ERROR_NOT_READY,
    ERROR_INTERNAL,
    ERROR_TYPES,
};

/* What became of a feedback: ml_feedback_total{outcome}. */
enum feedback_outcome {
    FEEDBACK_CORRECT,
    FEEDBACK_INCORRECT,
    FEEDBACK_REPEATED,
    FEEDBACK_FORGED,
    FEEDBACK_EXPIRED,
    FEEDBACK_UNKNOWN_LABEL,
    FEEDBACK_OUTCOMES,
};

struct server_metrics {
    struct metrics *registry;
    struct counter *requests;
    struct counter *failures;
    struct counter **by_class; /* one for each class of the model */
    struct histogram *duration;
    struct histogram *confidence;
    struct gauge *active;
    struct counter *errors[ERROR_TYPES];
};

extern const struct metric_table server_metric_table;

/* Children exist at zero from the start, so that a first event is seen as an increase. */
void server_metrics_init(struct server_metrics *m, const struct identity *who,
                         const char *const *class_names, size_t class_count);
void server_metrics_clear(struct server_metrics *m);

/* ml_model_info and ml_model_accuracy; dataset "" and accuracy NAN when not known. */
void server_metrics_describe_model(struct server_metrics *m, const char *kind,
                                   const char *dataset, double accuracy);

/* ml_model_reloads_total, which outlives the registry: set to the totals so far. */
void server_metrics_reloads(struct server_metrics *m, double ok, double failed);

/* ml_fault_injection. */
void server_metrics_faults(struct server_metrics *m, const struct fault_settings *f);

void server_metrics_feedback(struct server_metrics *m, const struct identity *credited,
                             enum feedback_outcome outcome);

/* The drift bins of one feature. */
void server_metrics_reference(struct server_metrics *m, const char *feature,
                              double observations, const double *ratios, size_t bins);
struct counter *server_metrics_input_bin(struct server_metrics *m, const char *feature,
                                         size_t bin);

#endif
