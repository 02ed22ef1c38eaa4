/* SPDX-License-Identifier: Apache-2.0 */
/* route.h - the BanditRoute object: what a user asked for and what was decided.
 *
 * A plain value that owns its arrays. Names are unique within their list; arms are
 * referred to by their index in spec.arms. Weights and ratios are 0 to 1, times are wall
 * milliseconds (0: never), durations milliseconds. NAN means "not known".
 */
#ifndef ROUTE_ROUTE_H
#define ROUTE_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

#define ROUTE_API_VERSION "bandit-router.dev/v1alpha1"
#define ROUTE_KIND        "BanditRoute"
#define ROUTE_FINALIZER   "bandit-router.dev/on-delete"

enum {
    ROUTE_NAME_MAX = 253 + 1, /* a DNS subdomain */
    ROUTE_LABEL_MAX = 63 + 1, /* a DNS label */
    ROUTE_ARMS_MIN = 2,
    ROUTE_ARMS_MAX = 16,
    ROUTE_OBJECTIVES_MAX = 8,
    ROUTE_NO_ARM = -1,
};

/* ---- spec ------------------------------------------------------------------------ */

struct route_arm {
    char name[ROUTE_LABEL_MAX];
    char service[ROUTE_LABEL_MAX];
    char namespace[ROUTE_LABEL_MAX]; /* "": the route's */
    char subset[ROUTE_LABEL_MAX];    /* of a DestinationRule; "": not stated */
    uint16_t port;                   /* 0: not stated */
};

enum route_policy_type {
    POLICY_EPSILON_GREEDY,
    POLICY_DISCOUNTED_COUNTS,
    POLICY_PROBABILITY_OF_BEST,
    POLICY_SOFTMAX,
    POLICY_STATIC,
    POLICY_TYPE_COUNT
};

enum route_choice { CHOICE_GREEDY, CHOICE_UCB };
enum route_posterior { POSTERIOR_BETA, POSTERIOR_GAUSSIAN };

struct route_policy {
    enum route_policy_type type;
    double epsilon;       /* EpsilonGreedy, DiscountedCounts; 0.2 */
    double epsilon_decay; /* EpsilonGreedy: exploration falls by this share an hour; 0 */
    double epsilon_min;   /* EpsilonGreedy: and not below this; 0.02 */
    double ema_alpha;     /* smoothing of the published reward; 0.3 */
    double discount;      /* DiscountedCounts, ProbabilityOfBest, Softmax; 0.95 */
    double temperature;   /* Softmax; 0.05 */
    enum route_choice choice;       /* DiscountedCounts */
    enum route_posterior posterior; /* ProbabilityOfBest */
};

/* What it means that an arm has no events of an objective in the window. */
enum route_missing {
    MISSING_HOLD,   /* the arm cannot be promoted; a leader holds the decision */
    MISSING_IGNORE, /* left out: the arm counts as no better and no worse there */
    MISSING_ZERO,   /* as if nothing was good */
};

struct route_objective {
    char name[ROUTE_LABEL_MAX];
    double weight; /* in force: they sum to one */
    double min;    /* below it the arm is ejected; NAN: no such bound */
    enum route_missing missing;
};

enum route_window { WINDOW_1M, WINDOW_5M, WINDOW_30M, WINDOW_COUNT };

struct route_reward {
    enum route_window window;
    struct route_objective *objectives;
    size_t objective_count;
};

struct route_guardrails {
    double warmup;           /* events an arm needs before it can lead; 100 */
    double min_weight;       /* 0.02 */
    double max_weight;       /* 1 */
    double max_step_up;      /* per decision; 0.1 */
    double max_step_down;    /* 1 */
    double switch_margin;    /* standard errors of the difference; 1 */
    int64_t dwell_ms;        /* a leader stays at least so long; 0 */
    int64_t max_data_age_ms; /* 2m */
    int64_t cooldown_ms;     /* an ejected arm is tried again after this; 5m */
    double reentry_weight;   /* at most this while it proves itself; 0.05 */
    int max_ejected;         /* at most so many arms ejected at once; K - 1 */
};

enum route_mode { MODE_ACTIVE, MODE_SHADOW, MODE_FROZEN, MODE_COUNT };
enum route_on_delete { ON_DELETE_BASELINE, ON_DELETE_UNIFORM, ON_DELETE_KEEP_LAST };

/* A split set by hand, in force until until_ms (0: until it is taken out). */
struct route_pin {
    bool set;
    double weights[ROUTE_ARMS_MAX]; /* as given, normalised to sum to one */
    int64_t until_ms;
};

/* The data plane's object, where it is ours as a whole and not only in its weights. */
struct route_template {
    bool set;
    char gateway[ROUTE_NAME_MAX];
    char gateway_namespace[ROUTE_LABEL_MAX]; /* "": the route's */
    char listener[ROUTE_NAME_MAX];           /* "": all of the gateway's */
    char hostname[ROUTE_NAME_MAX];           /* "": any */
};

struct route_target {
    char group[ROUTE_NAME_MAX]; /* "" for HAProxyBackend */
    char kind[ROUTE_LABEL_MAX];
    char name[ROUTE_NAME_MAX];
    char rule[ROUTE_NAME_MAX]; /* "": every rule that has all arms */
    struct route_template template;
};

struct route_spec {
    int64_t interval_ms;
    struct route_arm *arms;
    size_t arm_count;
    size_t baseline; /* index of an arm */
    struct route_target target;
    struct route_policy policy;
    struct route_reward reward;
    struct route_guardrails guardrails;
    enum route_mode mode;
    struct route_pin pin;
    enum route_on_delete on_delete;
};

/* ---- status ---------------------------------------------------------------------- */

enum arm_state {
    ARM_WARMUP,    /* too few samples to lead */
    ARM_ACTIVE,    /* takes part */
    ARM_EJECTED,   /* an objective fell below its min; cooling down */
    ARM_REENTRY,   /* back with a bounded share, proving itself */
    ARM_NOT_READY, /* the data plane has no live backend for it */
    ARM_STATE_COUNT
};

/* What a decision came to. */
enum verdict {
    VERDICT_NONE,     /* no decision yet */
    VERDICT_SWITCHED, /* another arm leads */
    VERDICT_ADJUSTED, /* same leader, other weights */
    VERDICT_KEPT,     /* decided, and the weights are right as they are */
    VERDICT_HELD,     /* could not decide: nothing moves */
    VERDICT_PINNED,   /* a split set by hand is in force */
    VERDICT_FROZEN,   /* measured, and by order nothing moves */
    VERDICT_COUNT
};

/* Why. One word each, bounded, fit for a label value. */
enum reason {
    REASON_NONE,
    /* of a decision that was made */
    REASON_BEST_ARM,      /* the leader has the best reward */
    REASON_LEADER_CHANGE, /* another arm is better by more than the margin */
    REASON_LEADER_FAILED, /* the leader was ejected or is not ready */
    REASON_WITHIN_MARGIN, /* another arm looks better, not by enough */
    REASON_DWELL,         /* the leader has not led for long enough */
    REASON_WARMUP,        /* arms still gather samples */
    REASON_ARM_EJECTED,
    REASON_ARM_REENTERED,
    REASON_ARM_NOT_READY, /* the data plane has no live backend for an arm */
    REASON_FLAPPING,      /* leaders change too often: steps are damped */
    REASON_PIN,
    REASON_FROZEN,
    REASON_STATIC,
    REASON_NO_ELIGIBLE_ARM, /* no arm can take traffic: weights stay */
    /* of a hold: what was wrong with the data */
    REASON_NO_DATA,
    REASON_STALE_DATA,
    REASON_NOT_A_NUMBER,
    REASON_INFINITE,
    REASON_DUPLICATE_SERIES,
    REASON_QUERY_WARNING,
    REASON_QUERY_REJECTED,   /* 4xx */
    REASON_PROMETHEUS_ERROR, /* 5xx */
    REASON_PROMETHEUS_TIMEOUT,
    REASON_PROMETHEUS_DOWN, /* no connection */
    REASON_TRUNCATED_ANSWER,
    REASON_BAD_ANSWER, /* not what the query API answers */
    /* of the data plane */
    REASON_DATA_PLANE_DOWN,
    REASON_DATA_PLANE_REJECTED,
    REASON_TARGET_NOT_FOUND, /* no such object, or its kind is not served */
    REASON_TARGET_CONFLICT,  /* an older route sets the same weights */
    /* of those who are to obey the data plane's object */
    REASON_PENDING, /* they have not looked at it as it is now */
    REASON_NOT_ACCEPTED,
    REASON_REF_NOT_PERMITTED, /* a backend in a namespace that has not granted it */
    REASON_BACKEND_NOT_FOUND,
    REASON_REFS_NOT_RESOLVED, /* for another reason */
    REASON_PARTIALLY_INVALID, /* some of its rules are not followed */
    /* of the object */
    REASON_INVALID_SPEC,
    REASON_COUNT
};

struct objective_status {
    double ratio;  /* good / events in the window; NAN: no events */
    double events; /* in the window; fractional, as increase() extrapolates */
};

struct route_arm_status {
    char name[ROUTE_LABEL_MAX];
    enum arm_state state;
    int64_t state_since_ms;
    double desired; /* weight decided */
    double applied; /* weight read back from the data plane; NAN: not known */
    double reward;  /* of the last window; NAN */
    double reward_ema;
    double reward_stderr;
    double probability_best;
    double samples;         /* events in the window, of the objective that has most */
    double discounted_good; /* memory of the policies that pool counts */
    double discounted_events;
    double lifetime_samples;  /* since the arm came, for its warm-up */
    int64_t counted_until_ms; /* the events up to here are in the two above */
    int64_t ejected_until_ms;
    uint32_t ejections; /* in a row: the cool-down doubles */
};

enum condition_type {
    CONDITION_READY,
    CONDITION_METRICS_AVAILABLE,
    CONDITION_ROUTE_PROGRAMMED,
    CONDITION_EXPLORING,
    CONDITION_FROZEN,
    CONDITION_DEGRADED,
    CONDITION_COUNT
};

enum condition_status { CONDITION_UNKNOWN, CONDITION_FALSE, CONDITION_TRUE };

struct route_condition {
    enum condition_status status;
    enum reason reason;
    int64_t since_ms; /* lastTransitionTime */
    int64_t observed_generation;
    char message[160];
};

struct route_status {
    int64_t observed_generation;
    int64_t last_decision_ms;
    int64_t last_observation_ms; /* newest scrape that a decision rested on */
    int64_t last_leader_change_ms;
    int leader; /* index, or ROUTE_NO_ARM */
    enum route_mode mode;
    enum verdict verdict;
    enum reason reason;
    char message[256];
    double exploration;      /* share of traffic that does not follow the best arm */
    double estimated_regret; /* reward units, since the object came */
    double exploration_cost; /* reward units */
    double flapping; /* how far steps are damped: halvings, as of last_leader_change_ms */
    uint64_t decisions;
    int64_t max_lag_ms; /* decisions may be newer than the status by this; 0: none is */
    struct route_arm_status *arms;       /* as many as the spec's, in its order */
    struct objective_status *objectives; /* arm-major: [arm * objective_count + o] */
    struct route_condition conditions[CONDITION_COUNT];
};

/* ---- the object ------------------------------------------------------------------ */

struct bandit_route {
    char namespace[ROUTE_LABEL_MAX];
    char name[ROUTE_NAME_MAX];
    char uid[64];
    char resource_version[64]; /* opaque */
    int64_t generation;
    int64_t created_ms; /* by the API server; 0: not known */
    bool deleting;
    bool finalizer; /* ROUTE_FINALIZER is set: deletion waits for the operator */
    struct route_spec spec;
    struct route_status status;
};

/* A status for this spec: every arm in warm-up, weights all on the baseline's default
 * start (uniform), nothing known yet. */
void route_status_init(struct route_status *status, const struct route_spec *spec);
void route_status_clear(struct route_status *status);
/* `to` is empty (zeroed or cleared), or a status for the same spec, whose storage is used
 * again. */
void route_status_copy(struct route_status *to, const struct route_status *from,
                       const struct route_spec *spec);

void route_spec_clear(struct route_spec *spec);

struct bandit_route *route_new(void);
struct bandit_route *route_copy(const struct bandit_route *r);
void route_free(struct bandit_route *r);
DEFINE_FREEP(struct bandit_route *, route_free)

/* Index of the arm of that name, or ROUTE_NO_ARM. */
int route_arm_index(const struct route_spec *spec, const char *name);

/* The words of the wire for each enumeration: "EpsilonGreedy", "Held", "PrometheusDown".
 */
const char *route_policy_name(enum route_policy_type type);
const char *route_mode_name(enum route_mode mode);
const char *route_window_name(enum route_window window); /* "1m", "5m", "30m" */
int64_t route_window_ms(enum route_window window);
const char *arm_state_name(enum arm_state state);
const char *verdict_name(enum verdict verdict);
const char *reason_name(enum reason reason);
const char *condition_name(enum condition_type type);

#endif
