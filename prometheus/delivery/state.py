# SPDX-License-Identifier: Apache-2.0
"""A custom-resource-state file for kube-state-metrics: a fallback where the exporter cannot
run. What is in it has the names and labels of the exporter's families, so that rules and
dashboards do not notice; what cannot be said that way is left out, and why is said here."""

ARMS, ARM = ["status", "arms"], {"arm": ["name"]}
OBJECTIVES, OBJECTIVE = ["spec", "reward", "objectives"], {"objective": ["name"]}

# family, help, path, what of it is the value, labels of its own
GAUGES = (
    ("route_generation", "Generation of the object.", ["metadata", "generation"], None, {}),
    ("route_observed_generation", "Generation that the operator has acted on.", ["status", "observedGeneration"], None, {}),
    ("route_last_decision_timestamp_seconds", "When the last decision was made.", ["status", "lastDecisionTime"], None, {}),
    ("route_last_observation_timestamp_seconds", "Newest scrape a decision rested on.", ["status", "lastObservationTime"], None, {}),
    ("route_last_leader_change_timestamp_seconds", "When another arm came to lead.", ["status", "lastLeaderChangeTime"], None, {}),
    ("route_exploration_ratio", "Share of traffic that does not follow the best arm.", ["status", "exploration"], None, {}),
    ("route_min_weight_ratio", "Least weight that an arm that takes part is given.", ["spec", "guardrails", "minWeight"], None, {}),
    ("route_objective_min_ratio", "Below this an arm is ejected.", OBJECTIVES, ["min"], OBJECTIVE),
    ("arm_desired_weight_ratio", "Weight decided.", ARMS, ["weight", "desired"], ARM),
    ("arm_applied_weight_ratio", "Weight read back from the data plane.", ARMS, ["weight", "applied"], ARM),
    ("arm_reward", "Reward of the last window.", ARMS, ["reward", "last"], ARM),
    ("arm_reward_ema", "Smoothed reward.", ARMS, ["reward", "ema"], ARM),
    ("arm_reward_standard_error", "Standard error of the reward of the last window.", ARMS, ["reward", "stderr"], ARM),
    ("arm_probability_best_ratio", "Probability that no other arm is better.", ARMS, ["reward", "probabilityBest"], ARM),
    ("arm_window_samples", "Events in the window.", ARMS, ["samples"], ARM),
)
# family, help, path, labels; the value is 1
INFOS = (
    ("route_info", "What a route is set up to do.", ["spec"], {
        "policy": ["policy", "type"], "target_kind": ["targetRef", "kind"], "target_name": ["targetRef", "name"],
        "window": ["reward", "window"], "baseline": ["baseline"]}),
    ("route_decision_info", "What the last decision came to, and why.", ["status"], {"verdict": ["verdict"], "reason": ["reason"]}),
    # The exporter has a 0 for those that do not lead; whoever asks for the leader asks == 1.
    ("arm_leader", "1 for the arm that leads.", ["status"], {"arm": ["leader"]}),
)
# family, help, path, what of it is the state, labels of its own, states
STATES = (
    ("route_mode", "Whether decisions are made and written.", ["status", "mode"], None, {}, ["Active", "Shadow", "Frozen"]),
    ("arm_state", "What part an arm takes.", ARMS, ["state"], ARM, ["Warmup", "Active", "Ejected", "Reentry", "NotReady"]),
)
LEFT_OUT = {
    "bandit_route_condition": "its label says true, the object True, and nothing there changes the case",
    "bandit_route_interval_seconds": "a duration (30s), which kube-state-metrics does not read",
    "bandit_route_max_data_age_seconds": "a duration",
    "bandit_route_status_max_lag_seconds": "a duration",
    "bandit_route_objective_weight_ratio": "weights as written; the family is their share of the sum",
    "bandit_arm_objective_ratio": "a list within a list",
}


def each(name, help_text, kind, body):
    body = {key: value for key, value in body.items() if value}
    return {"name": name, "help": help_text, "each": {"type": kind, kind[0].lower() + kind[1:]: body}}


def families():
    for name, text, path, value, labels in GAUGES:
        yield each(name, text, "Gauge", {"path": path, "valueFrom": value, "labelsFromPath": labels})
    for name, text, path, labels in INFOS:
        yield each(name, text, "Info", {"path": path, "labelsFromPath": labels})
    for name, text, path, value, labels, states in STATES:
        yield each(name, text, "StateSet", {"path": path, "valueFrom": value, "labelsFromPath": labels, "labelName": f"bandit_{name}", "list": states})


def custom_resource_state(_):
    yield {"kind": "CustomResourceStateMetrics", "spec": {"resources": [{
        "groupVersionKind": {"group": "bandit-router.dev", "version": "v1alpha1", "kind": "BanditRoute"},
        "metricNamePrefix": "bandit",
        "labelsFromPath": {"route": ["metadata", "name"], "namespace": ["metadata", "namespace"]},
        "metrics": list(families()),
    }]}}
