/* SPDX-License-Identifier: Apache-2.0 */
#include "route/route_names.h"

#include <assert.h>

#include "base/text.h"
#include "route/route.h"

const char *const route_policy_names[] = {
    [POLICY_EPSILON_GREEDY] = "EpsilonGreedy",
    [POLICY_DISCOUNTED_COUNTS] = "DiscountedCounts",
    [POLICY_PROBABILITY_OF_BEST] = "ProbabilityOfBest",
    [POLICY_SOFTMAX] = "Softmax",
    [POLICY_STATIC] = "Static",
    [POLICY_TYPE_COUNT] = NULL,
};

const char *const route_choice_names[] = {
    [CHOICE_GREEDY] = "Greedy",
    [CHOICE_UCB] = "UCB",
    NULL,
};

const char *const route_posterior_names[] = {
    [POSTERIOR_BETA] = "Beta",
    [POSTERIOR_GAUSSIAN] = "Gaussian",
    NULL,
};

const char *const route_missing_names[] = {
    [MISSING_HOLD] = "Hold",
    [MISSING_IGNORE] = "Ignore",
    [MISSING_ZERO] = "Zero",
    NULL,
};

const char *const route_window_names[] = {
    [WINDOW_1M] = "1m",
    [WINDOW_5M] = "5m",
    [WINDOW_30M] = "30m",
    [WINDOW_COUNT] = NULL,
};

const char *const route_mode_names[] = {
    [MODE_ACTIVE] = "Active",
    [MODE_SHADOW] = "Shadow",
    [MODE_FROZEN] = "Frozen",
    [MODE_COUNT] = NULL,
};

const char *const route_on_delete_names[] = {
    [ON_DELETE_BASELINE] = "Baseline",
    [ON_DELETE_UNIFORM] = "Uniform",
    [ON_DELETE_KEEP_LAST] = "KeepLast",
    NULL,
};

const char *const route_arm_state_names[] = {
    [ARM_WARMUP] = "Warmup",   [ARM_ACTIVE] = "Active",      [ARM_EJECTED] = "Ejected",
    [ARM_REENTRY] = "Reentry", [ARM_NOT_READY] = "NotReady", [ARM_STATE_COUNT] = NULL,
};

const char *const route_verdict_names[] = {
    [VERDICT_NONE] = "None",         [VERDICT_SWITCHED] = "Switched",
    [VERDICT_ADJUSTED] = "Adjusted", [VERDICT_KEPT] = "Kept",
    [VERDICT_HELD] = "Held",         [VERDICT_PINNED] = "Pinned",
    [VERDICT_FROZEN] = "Frozen",     [VERDICT_COUNT] = NULL,
};

const char *const route_reason_names[] = {
    [REASON_NONE] = "None",
    [REASON_BEST_ARM] = "BestArm",
    [REASON_LEADER_CHANGE] = "LeaderChange",
    [REASON_LEADER_FAILED] = "LeaderFailed",
    [REASON_WITHIN_MARGIN] = "WithinMargin",
    [REASON_DWELL] = "Dwell",
    [REASON_WARMUP] = "Warmup",
    [REASON_ARM_EJECTED] = "ArmEjected",
    [REASON_ARM_REENTERED] = "ArmReentered",
    [REASON_ARM_NOT_READY] = "ArmNotReady",
    [REASON_FLAPPING] = "Flapping",
    [REASON_PIN] = "Pin",
    [REASON_FROZEN] = "Frozen",
    [REASON_STATIC] = "Static",
    [REASON_NO_ELIGIBLE_ARM] = "NoEligibleArm",
    [REASON_NO_DATA] = "NoData",
    [REASON_STALE_DATA] = "StaleData",
    [REASON_NOT_A_NUMBER] = "NotANumber",
    [REASON_INFINITE] = "Infinite",
    [REASON_DUPLICATE_SERIES] = "DuplicateSeries",
    [REASON_QUERY_WARNING] = "QueryWarning",
    [REASON_QUERY_REJECTED] = "QueryRejected",
    [REASON_PROMETHEUS_ERROR] = "PrometheusError",
    [REASON_PROMETHEUS_TIMEOUT] = "PrometheusTimeout",
    [REASON_PROMETHEUS_DOWN] = "PrometheusDown",
    [REASON_TRUNCATED_ANSWER] = "TruncatedAnswer",
    [REASON_BAD_ANSWER] = "BadAnswer",
    [REASON_DATA_PLANE_DOWN] = "DataPlaneDown",
    [REASON_DATA_PLANE_REJECTED] = "DataPlaneRejected",
    [REASON_TARGET_NOT_FOUND] = "TargetNotFound",
    [REASON_TARGET_CONFLICT] = "TargetConflict",
    [REASON_PENDING] = "Pending",
    [REASON_NOT_ACCEPTED] = "NotAccepted",
    [REASON_REF_NOT_PERMITTED] = "RefNotPermitted",
    [REASON_BACKEND_NOT_FOUND] = "BackendNotFound",
    [REASON_REFS_NOT_RESOLVED] = "RefsNotResolved",
    [REASON_PARTIALLY_INVALID] = "PartiallyInvalid",
    [REASON_INVALID_SPEC] = "InvalidSpec",
    [REASON_COUNT] = NULL,
};

const char *const route_condition_names[] = {
    [CONDITION_READY] = "Ready",
    [CONDITION_METRICS_AVAILABLE] = "MetricsAvailable",
    [CONDITION_ROUTE_PROGRAMMED] = "RouteProgrammed",
    [CONDITION_EXPLORING] = "Exploring",
    [CONDITION_FROZEN] = "Frozen",
    [CONDITION_DEGRADED] = "Degraded",
    [CONDITION_COUNT] = NULL,
};

const char *const route_condition_status_names[] = {
    [CONDITION_UNKNOWN] = "Unknown",
    [CONDITION_FALSE] = "False",
    [CONDITION_TRUE] = "True",
    NULL,
};

const char *const route_target_kind_names[] = {
    "HTTPRoute",
    "VirtualService",
    "HAProxyBackend",
    NULL,
};

const char *route_target_group(const char *kind)
{
    static const char *const groups[] = {
        "gateway.networking.k8s.io", "networking.istio.io", "", /* not of an API */
    };
    int i = text_index(kind, route_target_kind_names);

    return i < 0 ? "" : groups[i];
}

/* An enumerator without a word would end its list early. */
#define COVERS(names, count) \
    static_assert(sizeof(names) / sizeof((names)[0]) == (count) + 1, #names)
COVERS(route_policy_names, POLICY_TYPE_COUNT);
COVERS(route_window_names, WINDOW_COUNT);
COVERS(route_mode_names, MODE_COUNT);
COVERS(route_arm_state_names, ARM_STATE_COUNT);
COVERS(route_verdict_names, VERDICT_COUNT);
COVERS(route_reason_names, REASON_COUNT);
COVERS(route_condition_names, CONDITION_COUNT);

const char *route_policy_name(enum route_policy_type type)
{
    return route_policy_names[type];
}

const char *route_mode_name(enum route_mode mode)
{
    return route_mode_names[mode];
}

const char *route_window_name(enum route_window window)
{
    return route_window_names[window];
}

int64_t route_window_ms(enum route_window window)
{
    static const int64_t minutes[] = {
        [WINDOW_1M] = 1, [WINDOW_5M] = 5, [WINDOW_30M] = 30};

    return minutes[window] * 60000;
}

const char *arm_state_name(enum arm_state state)
{
    return route_arm_state_names[state];
}

const char *verdict_name(enum verdict verdict)
{
    return route_verdict_names[verdict];
}

const char *reason_name(enum reason reason)
{
    return route_reason_names[reason];
}

const char *condition_name(enum condition_type type)
{
    return route_condition_names[type];
}
