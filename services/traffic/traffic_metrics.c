/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/traffic_metrics.h"

#include <stdio.h>

static const double duration_buckets[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                          0.1,    0.25,  0.5,    1,     2.5,  5};

enum { REQUESTS, RESPONSES, ERRORS, DURATION, FEEDBACK, TARGET_RATE, IN_FLIGHT };

static const struct metric_desc descs[] = {
    [REQUESTS] = {.name = "traffic_requests",
                  .type = METRIC_COUNTER,
                  .help = "Prediction requests sent.",
                  .example = "rate(traffic_requests_total[1m])"                                                                                              },
    [RESPONSES] = {.name = "traffic_responses",
                  .type = METRIC_COUNTER,
                  .help = "Answers to prediction requests, by the arm that gave them "
                           "(gateway: none did) and HTTP status.",                                                                  .labels = {"arm", "code"},
                  .example = "sum by (arm) (rate(traffic_responses_total[1m]))"},
    [ERRORS] = {.name = "traffic_errors",
                  .type = METRIC_COUNTER,
                  .help = "Prediction requests that got no good answer, by reason.",
                  .labels = {"type"},
                  .example = "sum by (type) (increase(traffic_errors_total[5m])) > 0"},
    [DURATION] = {.name = "traffic_request_duration_seconds",
                  .type = METRIC_HISTOGRAM,
                  .unit = "seconds",
                  .help =
                      "Time from when a request was due to when its answer was there.",                                                                                                                    .labels = {"arm"},
                  .buckets = duration_buckets,
                  .bucket_count = ARRAY_LEN(duration_buckets),
                  .example = "histogram_quantile(0.95, sum by (le, arm) "
                             "(rate(traffic_request_duration_seconds_bucket[1m])))"},
    [FEEDBACK] = {.name = "traffic_feedback",
                  .type = METRIC_COUNTER,
                  .help = "True labels told to the models, by what became of them.",
                  .labels = {"result"},
                  .example = "rate(traffic_feedback_total{result=\"accepted\"}[1m])"},
    [TARGET_RATE] = {.name = "traffic_target_rate",
                  .type = METRIC_GAUGE,
                  .help = "Requests per second that the pattern asks for now.",
                  .example = "traffic_target_rate - rate(traffic_requests_total[1m])"                                                                          },
    [IN_FLIGHT] = {.name = "traffic_in_flight_requests",
                  .type = METRIC_GAUGE,
                  .help =
                       "Requests sent whose answer is not there yet, feedback included.",               .example = "max_over_time(traffic_in_flight_requests[5m])"                                                                                                                       },
};

const struct metric_table traffic_metrics_table = {descs, ARRAY_LEN(descs)};

void traffic_metrics_init(struct traffic_metrics *m, struct metrics *registry)
{
    m->registry = registry;
    m->requests = metrics_counter(registry, &descs[REQUESTS], NULL);
    m->target_rate = metrics_gauge(registry, &descs[TARGET_RATE], NULL);
    m->in_flight = metrics_gauge(registry, &descs[IN_FLIGHT], NULL);
    for (size_t i = 0; i < FAILURE_COUNT; i++)
        m->failures[i] =
            metrics_counter(registry, &descs[ERRORS], (const char *[]){failure_names[i]});
    for (size_t i = 0; i < FEEDBACK_COUNT; i++)
        m->feedback[i] = metrics_counter(registry, &descs[FEEDBACK],
                                         (const char *[]){feedback_names[i]});
}

void traffic_metrics_answer(struct traffic_metrics *m, const char *arm, int status,
                            double seconds)
{
    char code[16];

    (void)snprintf(code, sizeof(code), "%d", status);
    counter_inc(
        metrics_counter(m->registry, &descs[RESPONSES], (const char *[]){arm, code}));
    histogram_observe(
        metrics_histogram(m->registry, &descs[DURATION], (const char *[]){arm}), seconds);
    if (status / 100 != 2)
        counter_inc(m->failures[failure_of_status(status)]);
}
