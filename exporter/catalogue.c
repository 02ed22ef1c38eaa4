/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/catalogue.h"

#include "route/route.h"

static const char *const modes[] = {"Active", "Shadow", "Frozen", NULL};
static const char *const arm_states[] = {"Warmup",  "Active",   "Ejected",
                                         "Reentry", "NotReady", NULL};

/* Indexed by the object's own enumerations. */
_Static_assert(ARRAY_LEN(modes) == MODE_COUNT + 1, "a name for every mode");
_Static_assert(ARRAY_LEN(arm_states) == ARM_STATE_COUNT + 1, "a name for every state");

#define ROUTE "namespace", "route"
#define ARM   "namespace", "route", "arm"

/* Version 14 of the formatter crashes on this table. */
/* clang-format off */
const struct metric_desc object_metrics[FAMILY_COUNT] = {
    [FAMILY_ROUTE_INFO] = {
        .name = "bandit_route",
        .type = METRIC_INFO,
        .help = "What a route is set up to do.",
        .labels = {ROUTE, "policy", "target_kind", "target_name", "window",
                       "baseline"},
        .example = "count by (policy) (bandit_route_info)",
    },
    [FAMILY_ROUTE_MODE] = {
        .name = "bandit_route_mode",
        .type = METRIC_STATESET,
        .help = "Whether decisions are made and written (Active), made only (Shadow) "
                    "or not made (Frozen).",
        .labels = {ROUTE},
        .states = modes,
        .example = "bandit_route_mode{bandit_route_mode=\"Frozen\"} == 1",
    },
    [FAMILY_ROUTE_CONDITION] = {
        .name = "bandit_route_condition",
        .type = METRIC_GAUGE,
        .help = "1 for the status (true, false or unknown) that a condition of the "
                    "route has, 0 for the others.",
        .labels = {ROUTE, "condition", "status"},
        .example = "bandit_route_condition{condition=\"Ready\",status=\"true\"} == 0",
    },
    [FAMILY_ROUTE_DECISION_INFO] = {
        .name = "bandit_route_decision",
        .type = METRIC_INFO,
        .help = "What the last decision came to, and why.",
        .labels = {ROUTE, "verdict", "reason"},
        .example = "bandit_route_decision_info{verdict=\"Held\"}",
    },
    [FAMILY_ROUTE_EXPLORATION] = {
        .name = "bandit_route_exploration_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Share of traffic that does not follow the best arm.",
        .labels = {ROUTE},
        .example = "bandit_route_exploration_ratio > 0.5",
    },
    [FAMILY_ROUTE_LAST_DECISION] = {
        .name = "bandit_route_last_decision_timestamp_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "When the operator last decided, held decisions included.",
        .labels = {ROUTE},
        .example = "time() - bandit_route_last_decision_timestamp_seconds",
    },
    [FAMILY_ROUTE_LAST_OBSERVATION] = {
        .name = "bandit_route_last_observation_timestamp_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "When the newest data that a decision rested on was scraped.",
        .labels = {ROUTE},
        .example = "time() - bandit_route_last_observation_timestamp_seconds > "
                       "bandit_route_max_data_age_seconds",
    },
    [FAMILY_ROUTE_LAST_LEADER_CHANGE] = {
        .name = "bandit_route_last_leader_change_timestamp_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "When another arm last took the lead.",
        .labels = {ROUTE},
        .example = "time() - bandit_route_last_leader_change_timestamp_seconds",
    },
    [FAMILY_ROUTE_INTERVAL] = {
        .name = "bandit_route_interval_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "Time from one decision to the next.",
        .labels = {ROUTE},
        .example = "time() - bandit_route_last_decision_timestamp_seconds > 3 * "
                       "bandit_route_interval_seconds",
    },
    [FAMILY_ROUTE_MAX_LAG] = {
        .name = "bandit_route_status_max_lag_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "How much newer than the status the last decision may be: 0 while each "
                    "is written, more when a large fleet shares its API server's time.",
        .labels = {ROUTE},
        .example = "time() - bandit_route_last_decision_timestamp_seconds > 3 * "
                       "bandit_route_interval_seconds + "
                       "bandit_route_status_max_lag_seconds",
    },
    [FAMILY_ROUTE_MAX_DATA_AGE] = {
        .name = "bandit_route_max_data_age_seconds",
        .type = METRIC_GAUGE,
        .unit = "seconds",
        .help = "Age from which data is too old to decide on.",
        .labels = {ROUTE},
        .example = "bandit_route_max_data_age_seconds",
    },
    [FAMILY_ROUTE_MIN_WEIGHT] = {
        .name = "bandit_route_min_weight_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Least weight that an arm that takes part is given.",
        .labels = {ROUTE},
        .example = "bandit_route_min_weight_ratio",
    },
    [FAMILY_ROUTE_GENERATION] = {
        .name = "bandit_route_generation",
        .type = METRIC_GAUGE,
        .help = "Generation of the specification.",
        .labels = {ROUTE},
        .example = "bandit_route_generation != bandit_route_observed_generation",
    },
    [FAMILY_ROUTE_OBSERVED_GENERATION] = {
        .name = "bandit_route_observed_generation",
        .type = METRIC_GAUGE,
        .help = "Generation of the specification that the last decision was made for.",
        .labels = {ROUTE},
        .example = "bandit_route_generation != bandit_route_observed_generation",
    },
    [FAMILY_ROUTE_OBJECTIVE_MIN] = {
        .name = "bandit_route_objective_min_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Ratio of good events below which an arm is ejected; only where set.",
        .labels = {ROUTE, "objective"},
        .example = "bandit_arm_objective_ratio < on (namespace, route, objective) "
                       "group_left () bandit_route_objective_min_ratio",
    },
    [FAMILY_ROUTE_OBJECTIVE_WEIGHT] = {
        .name = "bandit_route_objective_weight_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Share of an objective in the reward.",
        .labels = {ROUTE, "objective"},
        .example = "bandit_route_objective_weight_ratio",
    },
    [FAMILY_ARM_DESIRED_WEIGHT] = {
        .name = "bandit_arm_desired_weight_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Share of traffic decided for an arm.",
        .labels = {ARM},
        .example = "sum by (namespace, route) (bandit_arm_desired_weight_ratio)",
    },
    [FAMILY_ARM_APPLIED_WEIGHT] = {
        .name = "bandit_arm_applied_weight_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Share of traffic that the data plane has been read back to give an "
                    "arm; missing while not known.",
        .labels = {ARM},
        .example = "abs(bandit_arm_desired_weight_ratio - "
                       "bandit_arm_applied_weight_ratio) > 0.01",
    },
    [FAMILY_ARM_REWARD_EMA] = {
        .name = "bandit_arm_reward_ema",
        .type = METRIC_GAUGE,
        .help = "Reward of an arm, 0 to 1, smoothed exponentially with the route's "
                    "emaAlpha.",
        .labels = {ARM},
        .example = "topk by (namespace, route) (1, bandit_arm_reward_ema)",
    },
    [FAMILY_ARM_REWARD] = {
        .name = "bandit_arm_reward",
        .type = METRIC_GAUGE,
        .help = "Reward of an arm in the last window, 0 to 1; missing while not known.",
        .labels = {ARM},
        .example = "bandit_arm_reward - bandit_arm_reward_ema",
    },
    [FAMILY_ARM_REWARD_STDERR] = {
        .name = "bandit_arm_reward_standard_error",
        .type = METRIC_GAUGE,
        .help = "Standard error of the reward of an arm.",
        .labels = {ARM},
        .example = "bandit_arm_reward_ema + 1.96 * bandit_arm_reward_standard_error",
    },
    [FAMILY_ARM_PROBABILITY_BEST] = {
        .name = "bandit_arm_probability_best_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Probability that an arm is the best of its route.",
        .labels = {ARM},
        .example = "bandit_arm_probability_best_ratio",
    },
    [FAMILY_ARM_WINDOW_SAMPLES] = {
        .name = "bandit_arm_window_samples",
        .type = METRIC_GAUGE,
        .help = "Events of an arm in the reward window, of the objective that has "
                    "most.",
        .labels = {ARM},
        .example = "bandit_arm_window_samples < 10",
    },
    [FAMILY_ARM_OBJECTIVE] = {
        .name = "bandit_arm_objective_ratio",
        .type = METRIC_GAUGE,
        .unit = "ratio",
        .help = "Good events of all events of an objective in the window; missing "
                    "while there are none.",
        .labels = {ARM, "objective"},
        .example = "bandit_arm_objective_ratio{objective=\"success\"} < 0.95",
    },
    [FAMILY_ARM_LEADER] = {
        .name = "bandit_arm_leader",
        .type = METRIC_GAUGE,
        .help = "1 for the arm that leads its route, 0 for the others.",
        .labels = {ARM},
        .example = "bandit_arm_leader == 1",
    },
    [FAMILY_ARM_STATE] = {
        .name = "bandit_arm_state",
        .type = METRIC_STATESET,
        .help = "What an arm is doing: gathering its first samples, taking part, "
                    "ejected, coming back, or without a live backend.",
        .labels = {ARM},
        .states = arm_states,
        .example = "bandit_arm_state{bandit_arm_state=\"Ejected\"} == 1",
    },
};
/* clang-format on */
