/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of the decisions, field by field. A status is read leniently: what does
 * not fit is taken as not known. */
#include "route/route_names.h"
#include "route/route_records.h"

enum { MANY = 1 << 30 };

#define MOST 9007199254740992.0 /* 2^53: whole numbers stay whole */

/* clang-format off */

/* ---- an arm ---------------------------------------------------------------------- */

static const struct field weight_fields[] = {
    {"desired", FIELD_NUMBER, FIELD_AT(struct route_arm_status, desired), .high = 1,
     .help = "Decided."},
    {"applied", FIELD_NUMBER, FIELD_AT(struct route_arm_status, applied), .high = 1,
     .help = "Read back from the data plane."},
    {.name = NULL},
};

static const struct record weight_record = {"weight", weight_fields, NULL, NULL};

static const struct field arm_reward_fields[] = {
    {"last", FIELD_NUMBER, FIELD_AT(struct route_arm_status, reward), .high = 1,
     .help = "Of the last window."},
    {"ema", FIELD_NUMBER, FIELD_AT(struct route_arm_status, reward_ema), .high = 1,
     .help = "Smoothed: what arms are compared by."},
    {"stderr", FIELD_NUMBER, FIELD_AT(struct route_arm_status, reward_stderr),
     .high = MANY, .help = "Standard error of the reward of the last window."},
    {"probabilityBest", FIELD_NUMBER, FIELD_AT(struct route_arm_status, probability_best),
     .high = 1, .help = "Probability that no other arm is better."},
    {.name = NULL},
};

static const struct record arm_reward_record = {"reward", arm_reward_fields, NULL, NULL};

static const struct field memory_fields[] = {
    {"good", FIELD_NUMBER, FIELD_AT(struct route_arm_status, discounted_good),
     .high = MOST, .standard = "0", .help = "Good events, older ones discounted."},
    {"events", FIELD_NUMBER, FIELD_AT(struct route_arm_status, discounted_events),
     .high = MOST, .standard = "0", .help = "All events, older ones discounted."},
    {"lifetime", FIELD_NUMBER, FIELD_AT(struct route_arm_status, lifetime_samples),
     .high = MOST, .standard = "0", .help = "Events since the arm came: its warm-up."},
    {"countedUntil", FIELD_TIME, FIELD_AT(struct route_arm_status, counted_until_ms),
     .help = "Events up to here are in these counts."},
    {"ejections", FIELD_INT, FIELD_AT(struct route_arm_status, ejections), .high = MANY,
     .help = "Ejections in a row: each doubles the cool-down."},
    {"ejectedUntil", FIELD_TIME, FIELD_AT(struct route_arm_status, ejected_until_ms),
     .help = "When an ejected arm is tried again."},
    {.name = NULL},
};

static const struct record memory_record = {"memory", memory_fields, NULL, NULL};

static const struct field arm_fields[] = {
    {"name", FIELD_LABEL, FIELD_AT(struct route_arm_status, name), .required = true,
     .help = "As in the spec."},
    {"state", FIELD_ENUM, FIELD_AT(struct route_arm_status, state),
     .words = route_arm_state_names, .standard = "Warmup",
     .help = "What part the arm takes."},
    {"stateSince", FIELD_TIME, FIELD_AT(struct route_arm_status, state_since_ms),
     .help = "Since when."},
    {"weight", FIELD_OBJECT, .record = &weight_record, .help = "Its share of traffic."},
    {"reward", FIELD_OBJECT, .record = &arm_reward_record, .help = "What it earns."},
    {"samples", FIELD_NUMBER, FIELD_AT(struct route_arm_status, samples), .high = MOST,
     .standard = "0", .help = "Events in the window, of the objective that has most."},
    {"memory", FIELD_OBJECT, .record = &memory_record,
     .help = "What the next decision builds on."},
    {.name = NULL},
};

const struct record arm_status_record = {"armStatus", arm_fields, NULL, NULL};

static const struct field objective_fields[] = {
    {"ratio", FIELD_NUMBER, FIELD_AT(struct objective_status, ratio), .high = 1,
     .help = "Good events to all events in the window."},
    {"events", FIELD_NUMBER, FIELD_AT(struct objective_status, events), .high = MOST,
     .standard = "0", .help = "All events in the window."},
    {.name = NULL},
};

const struct record objective_status_record = {"objectiveStatus", objective_fields, NULL,
                                               NULL};

/* ---- a condition ----------------------------------------------------------------- */

static const struct field condition_fields[] = {
    {"status", FIELD_ENUM, FIELD_AT(struct route_condition, status),
     .words = route_condition_status_names, .standard = "Unknown",
     .help = "True, False or Unknown."},
    {"reason", FIELD_ENUM, FIELD_AT(struct route_condition, reason),
     .words = route_reason_names, .standard = "None", .help = "Why, in one word."},
    {"message", FIELD_TEXT, FIELD_AT(struct route_condition, message),
     .help = "Why, for people."},
    {"lastTransitionTime", FIELD_TIME, FIELD_AT(struct route_condition, since_ms),
     .help = "Since when it has this status."},
    {"observedGeneration", FIELD_INT,
     FIELD_AT(struct route_condition, observed_generation), .high = MOST,
     .help = "The generation of the spec it was found for."},
    {.name = NULL},
};

const struct record condition_record = {"condition", condition_fields, NULL, NULL};

/* ---- the status ------------------------------------------------------------------ */

static const struct field status_fields[] = {
    {"observedGeneration", FIELD_INT, FIELD_AT(struct route_status, observed_generation),
     .high = MOST, .help = "The generation of the spec that was decided on."},
    {"lastDecisionTime", FIELD_TIME, FIELD_AT(struct route_status, last_decision_ms),
     .help = "When the last decision was made, or held."},
    {"lastObservationTime", FIELD_TIME,
     FIELD_AT(struct route_status, last_observation_ms),
     .help = "The newest measurement that a decision rested on."},
    {"lastLeaderChangeTime", FIELD_TIME,
     FIELD_AT(struct route_status, last_leader_change_ms),
     .help = "Since when the leader leads."},
    {"mode", FIELD_ENUM, FIELD_AT(struct route_status, mode), .words = route_mode_names,
     .standard = "Active", .help = "The mode of the last decision."},
    {"verdict", FIELD_ENUM, FIELD_AT(struct route_status, verdict),
     .words = route_verdict_names, .standard = "None",
     .help = "What the last decision came to."},
    {"reason", FIELD_ENUM, FIELD_AT(struct route_status, reason),
     .words = route_reason_names, .standard = "None", .help = "Why, in one word."},
    {"message", FIELD_TEXT, FIELD_AT(struct route_status, message),
     .help = "Why, for people."},
    {"exploration", FIELD_NUMBER, FIELD_AT(struct route_status, exploration), .high = 1,
     .help = "Share of traffic that does not follow the best arm."},
    {"estimatedRegret", FIELD_NUMBER, FIELD_AT(struct route_status, estimated_regret),
     .high = MOST, .standard = "0",
     .help = "Reward that the best arm alone would have earned more, since the object "
             "came."},
    {"explorationCost",FIELD_NUMBER, FIELD_AT(struct route_status, exploration_cost),
     .high = MOST, .standard = "0", .help = "The part of it that exploring explains."},
    {"flapping", FIELD_NUMBER, FIELD_AT(struct route_status, flapping), .high = 64,
     .standard = "0",
     .help = "How often steps were halved, as of the last change of leader, because "
             "leaders change often."},
    {"decisions", FIELD_INT, FIELD_AT(struct route_status, decisions), .high = MOST,
     .help = "Decisions since the object came."},
    {"maxLag", FIELD_DURATION, FIELD_AT(struct route_status, max_lag_ms),
     .high = 604800000, .standard = "0s",
     .help = "How much newer than this status the last decision may be. 0s: each is "
             "written; of a large fleet on an API server, only those that change "
             "something, and the others from time to time."},
    {.name = NULL},
};
/* clang-format on */

const struct record status_record = {"status", status_fields, NULL, NULL};
