/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double duration_buckets[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                          0.005,  0.01,    0.025,  0.05,  0.1,
                                          0.25,   0.5,     1,      2.5};
static const double confidence_buckets[] = {0.1, 0.2, 0.3, 0.4, 0.5,
                                            0.6, 0.7, 0.8, 0.9, 1};

static const char *const error_names[ERROR_TYPES] = {
    [ERROR_BAD_JSON] = "bad_json",       [ERROR_WRONG_WIDTH] = "wrong_width",
    [ERROR_NOT_FINITE] = "not_finite",   [ERROR_TOO_LARGE] = "too_large",
    [ERROR_NOT_FOUND] = "not_found",     [ERROR_BAD_METHOD] = "bad_method",
    [ERROR_BAD_REQUEST] = "bad_request", [ERROR_BAD_FEEDBACK] = "bad_feedback",
    [ERROR_BAD_FAULT] = "bad_fault",     [ERROR_INJECTED] = "injected",
    [ERROR_NOT_READY] = "not_ready",     [ERROR_INTERNAL] = "internal",
};
static const char *const outcome_names[FEEDBACK_OUTCOMES] = {
    [FEEDBACK_CORRECT] = "correct",   [FEEDBACK_INCORRECT] = "incorrect",
    [FEEDBACK_REPEATED] = "repeated", [FEEDBACK_FORGED] = "forged",
    [FEEDBACK_EXPIRED] = "expired",   [FEEDBACK_UNKNOWN_LABEL] = "unknown_label",
};

enum {
    REQUESTS,
    FAILURES,
    PREDICTIONS,
    DURATION,
    CONFIDENCE,
    ACTIVE,
    ERRORS,
    FEEDBACK,
    ACCURACY,
    INFO,
    RELOADS,
    INPUT_BINS,
    REFERENCE_RATIO,
    REFERENCE_OBSERVATIONS,
    FAULT_INJECTION,
    FAMILIES,
};

/* By hand: clang-format 14 scatters tables whose rows have different members. */
/* clang-format off */
static const struct metric_desc families[FAMILIES] = {
    [REQUESTS] = {
        .name = "ml_prediction_requests",
        .type = METRIC_COUNTER,
        .striped = true,
        .help = "Valid prediction requests, a batch counting as one; those refused with "
                "4xx are in ml_errors_total.",
        .example = "sum by (arm) (rate(ml_prediction_requests_total[1m]))",
    },
    [FAILURES] = {
        .name = "ml_prediction_failures",
        .type = METRIC_COUNTER,
        .help = "Valid prediction requests that were answered with 5xx.",
        .exemplar = {"trace_id"},
        .example = "sum by (arm) (rate(ml_prediction_failures_total[1m])) / "
                   "sum by (arm) (rate(ml_prediction_requests_total[1m]))",
    },
    [PREDICTIONS] = {
        .name = "ml_predictions",
        .type = METRIC_COUNTER,
        .striped = true,
        .help = "Rows answered, by the class that was predicted.",
        .labels = {"class"},
        .example = "sum by (arm, class) (rate(ml_predictions_total[5m]))",
    },
    [DURATION] = {
        .name = "ml_prediction_duration_seconds",
        .type = METRIC_HISTOGRAM,
        .unit = "seconds",
        .striped = true,
        .help = "Time to handle a prediction request that was answered with 200, from "
                "its last byte read to its answer written, injected latency included.",
        .buckets = duration_buckets,
        .bucket_count = ARRAY_LEN(duration_buckets),
        .exemplar = {"trace_id"},
        .example = "histogram_quantile(0.95, sum by (arm, le) "
                   "(rate(ml_prediction_duration_seconds_bucket[1m])))",
    },
    [CONFIDENCE] = {
        .name = "ml_prediction_confidence_ratio",
        .type = METRIC_HISTOGRAM,
        .unit = "ratio",
        .striped = true,
        .help = "Probability of the predicted class, of each row answered.",
        .buckets = confidence_buckets,
        .bucket_count = ARRAY_LEN(confidence_buckets),
        .example = "sum by (arm) (rate(ml_prediction_confidence_ratio_sum[5m])) / "
                   "sum by (arm) (rate(ml_prediction_confidence_ratio_count[5m]))",
    },
    [ACTIVE] = {
        .name = "ml_active_requests",
        .type = METRIC_GAUGE,
        .striped = true,
        .help = "Prediction requests being handled right now.",
        .example = "sum by (arm) (ml_active_requests)",
    },
    [ERRORS] = {
        .name = "ml_errors",
        .type = METRIC_COUNTER,
        .help = "Requests refused or failed, by why.",
        .labels = {"type"},
        .example = "sum by (arm, type) (rate(ml_errors_total[5m]))",
    },
    [FEEDBACK] = {
        .name = "ml_feedback",
        .type = METRIC_COUNTER,
        .help = "Feedback received; route, arm, model and version are those of the "
                "prediction, whichever replica took the feedback.",
        .labels = {"route", "arm", "model", "version", "outcome"},
        .no_constant_labels = true,
        .example = "sum by (arm) (rate(ml_feedback_total{outcome=\"correct\"}[5m])) / "
                   "sum by (arm) "
                   "(rate(ml_feedback_total{outcome=~\"correct|incorrect\"}[5m]))",
    },
    [ACCURACY] = {
        .name = "ml_model_accuracy",
        .type = METRIC_GAUGE,
        .help = "Accuracy in cross-validation when the model was trained, 0 to 1; absent "
                "when the model file does not say.",
        .example = "ml_model_accuracy",
    },
    [INFO] = {
        .name = "ml_model",
        .type = METRIC_INFO,
        .help = "The model that is served.",
        .labels = {"kind", "dataset"},
        .example = "ml_model_info",
    },
    [RELOADS] = {
        .name = "ml_model_reloads",
        .type = METRIC_COUNTER,
        .help = "Model files taken up while running (ok), or refused (failed).",
        .labels = {"result"},
        .example = "increase(ml_model_reloads_total{result=\"failed\"}[1h]) > 0",
    },
    [INPUT_BINS] = {
        .name = "ml_input_bin",
        .type = METRIC_COUNTER,
        .striped = true,
        .help = "Values seen of an input feature, by the bin between the training data's "
                "deciles.",
        .labels = {"feature", "bin"},
        .example = "sum by (route, feature, bin) (increase(ml_input_bin_total[1h]))",
    },
    [REFERENCE_RATIO] = {
        .name = "ml_input_reference_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Share of the training data in that bin of the feature.",
        .labels = {"feature", "bin"},
        .example = "max by (route, feature, bin) (ml_input_reference_ratio)",
    },
    [REFERENCE_OBSERVATIONS] = {
        .name = "ml_input_reference_observations",
        .type = METRIC_GAUGE,
        .help = "Training rows behind the reference ratios of the feature.",
        .labels = {"feature"},
        .example = "max by (route, feature) (ml_input_reference_observations)",
    },
    [FAULT_INJECTION] = {
        .name = "ml_fault_injection",
        .type = METRIC_GAUGE,
        .help = "1 while that fault is injected on purpose.",
        .labels = {"fault"},
        .example = "max by (arm, fault) (ml_fault_injection) > 0",
    },
};
/* clang-format on */

const struct metric_table server_metric_table = {families, FAMILIES};

static void add_feedback_children(struct server_metrics *m, const struct identity *who)
{
    for (size_t i = 0; i < FEEDBACK_OUTCOMES; i++)
        (void)metrics_counter(m->registry, &families[FEEDBACK],
                              (const char *const[]){who->route, who->arm, who->model,
                                                    who->version, outcome_names[i]});
}

void server_metrics_init(struct server_metrics *m, const struct identity *who,
                         const char *const *class_names, size_t class_count)
{
    const struct metric_label constant[] = {
        {"route",   who->route  },
        {"arm",     who->arm    },
        {"model",   who->model  },
        {"version", who->version},
    };
    struct metrics *r = metrics_new(constant, ARRAY_LEN(constant));

    *m = (struct server_metrics){.registry = r};
    m->requests = metrics_counter(r, &families[REQUESTS], NULL);
    m->failures = metrics_counter(r, &families[FAILURES], NULL);
    m->by_class = mem_alloc(class_count, sizeof(struct counter *));
    for (size_t i = 0; i < class_count; i++)
        m->by_class[i] = metrics_counter(r, &families[PREDICTIONS], &class_names[i]);
    m->duration = metrics_histogram(r, &families[DURATION], NULL);
    m->confidence = metrics_histogram(r, &families[CONFIDENCE], NULL);
    m->active = metrics_gauge(r, &families[ACTIVE], NULL);
    for (size_t i = 0; i < ERROR_TYPES; i++)
        m->errors[i] = metrics_counter(r, &families[ERRORS], &error_names[i]);
    server_metrics_faults(m, &(struct fault_settings){.latency_ms = 0});
    add_feedback_children(m, who);
    metrics_add_process(r, "ml_server");
}

void server_metrics_clear(struct server_metrics *m)
{
    free(m->by_class);
    metrics_free(m->registry);
    *m = (struct server_metrics){.registry = NULL};
}

void server_metrics_describe_model(struct server_metrics *m, const char *kind,
                                   const char *dataset, double accuracy)
{
    metrics_info(m->registry, &families[INFO], (const char *const[]){kind, dataset});
    if (isfinite(accuracy))
        gauge_set(metrics_gauge(m->registry, &families[ACCURACY], NULL), accuracy);
}

void server_metrics_reloads(struct server_metrics *m, double ok, double failed)
{
    static const char *const names[] = {"ok", "failed"};
    const double totals[] = {ok, failed};

    for (size_t i = 0; i < ARRAY_LEN(totals); i++) {
        struct counter *c = metrics_counter(m->registry, &families[RELOADS], &names[i]);

        counter_add(c, totals[i] - counter_value(c));
    }
}

void server_metrics_faults(struct server_metrics *m, const struct fault_settings *f)
{
    const struct {
        const char *name;
        bool on;
    } faults[] = {
        {"latency", f->latency_ms > 0 },
        {"error",   f->error_ratio > 0},
        {"wrong",   f->wrong_ratio > 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        gauge_set(metrics_gauge(m->registry, &families[FAULT_INJECTION], &faults[i].name),
                  faults[i].on);
}

void server_metrics_feedback(struct server_metrics *m, const struct identity *credited,
                             enum feedback_outcome outcome)
{
    counter_inc(metrics_counter(m->registry, &families[FEEDBACK],
                                (const char *const[]){credited->route, credited->arm,
                                                      credited->model, credited->version,
                                                      outcome_names[outcome]}));
}

static const char *bin_name(size_t bin, char out[24])
{
    (void)snprintf(out, 24, "%zu", bin);
    return out;
}

void server_metrics_reference(struct server_metrics *m, const char *feature,
                              double observations, const double *ratios, size_t bins)
{
    gauge_set(metrics_gauge(m->registry, &families[REFERENCE_OBSERVATIONS], &feature),
              observations);
    for (size_t i = 0; i < bins; i++) {
        char text[24];
        const char *const values[] = {feature, bin_name(i, text)};

        gauge_set(metrics_gauge(m->registry, &families[REFERENCE_RATIO], values),
                  ratios[i]);
    }
}

struct counter *server_metrics_input_bin(struct server_metrics *m, const char *feature,
                                         size_t bin)
{
    char text[24];
    const char *const values[] = {feature, bin_name(bin, text)};

    return metrics_counter(m->registry, &families[INPUT_BINS], values);
}
