/* SPDX-License-Identifier: Apache-2.0 */
#include "route/route_meanings.h"

#include <stddef.h>

#define BIT(verdict) (1U << (verdict))
#define SWITCHED     BIT(VERDICT_SWITCHED)
#define ADJUSTED     BIT(VERDICT_ADJUSTED)
#define STAYED       (ADJUSTED | BIT(VERDICT_KEPT))
#define MADE         (SWITCHED | STAYED)
#define HELD         BIT(VERDICT_HELD)
#define CONDITION    0U

/* clang-format off */
const struct verdict_meaning route_verdict_meanings[VERDICT_COUNT] = {
    [VERDICT_NONE] = {"The operator has not decided on the route yet.",
                      "They are what the data plane was configured with."},
    [VERDICT_SWITCHED] = {"Another arm leads than before.",
                          "They move towards the new leader, by steps."},
    [VERDICT_ADJUSTED] = {"The same arm leads, with other weights than before.",
                          "They move."},
    [VERDICT_KEPT] = {"The operator decided, and the weights are right as they are.",
                      "They stay."},
    [VERDICT_HELD] = {"The operator could not decide. The reason says what was missing.",
                      "They stay, until the cause is gone."},
    [VERDICT_PINNED] = {"`spec.pin` is in force.", "They are those of the pin."},
    [VERDICT_FROZEN] = {"`spec.mode` is `Frozen`. The operator measures and does not act.",
                        "They stay. The operator writes nothing."},
};

const struct reason_meaning route_reason_meanings[REASON_COUNT] = {
    [REASON_NONE] = {CONDITION, "There is nothing to explain.", "Nothing."},

    [REASON_BEST_ARM] = {MADE,
        "The leader has the best reward, and no other arm looks better. With `Switched` it is "
        "the first leader.",
        "Nothing."},
    [REASON_LEADER_CHANGE] = {SWITCHED,
        "An arm beat the leader by more than the margin, and leads now.", "Nothing."},
    [REASON_LEADER_FAILED] = {SWITCHED,
        "The leader was ejected, lost its live backends, or answered nothing while others "
        "did. The best of the other arms leads now.",
        "Find out what happened to the arm that led: its pods, its error rate."},
    [REASON_WITHIN_MARGIN] = {STAYED,
        "Another arm looks better than the leader, by less than `switchMargin` standard "
        "errors.",
        "Nothing: more requests decide it. A smaller `switchMargin` follows sooner, and is "
        "wrong more often."},
    [REASON_DWELL] = {STAYED,
        "Another arm is better by more than the margin, and the leader has led for less "
        "than `dwell`.",
        "Nothing, or shorten `dwell`."},
    [REASON_WARMUP] = {STAYED,
        "No arm leads yet. Traffic is split evenly until arms have the samples that "
        "`warmup` asks for.",
        "Wait. If it lasts, see whether requests reach every arm."},
    [REASON_ARM_EJECTED] = {MADE,
        "An arm that did not lead fell below the `min` of an objective, by more than "
        "chance explains, and was ejected.",
        "Find out why that objective fell: `status.arms[].objectives`."},
    [REASON_ARM_REENTERED] = {MADE,
        "The cool-down of an ejected arm is over. It proves itself with at most "
        "`reentryWeight`.",
        "Nothing."},
    [REASON_ARM_NOT_READY] = {MADE,
        "An arm has lost its last live backend. The other arms take its traffic.",
        "Bring its pods or servers back."},
    [REASON_FLAPPING] = {SWITCHED | ADJUSTED,
        "Leaders changed often, as they do when reward falls with load. Steps are smaller "
        "and the margin is wider until that ends.",
        "Nothing if load is the cause, or use `Softmax`. Set a `min` for what must not "
        "wait: ejection is never slowed down."},
    [REASON_STATIC] = {MADE,
        "The policy is `Static`: the split is even by order. The leader is only named.",
        "Nothing."},
    [REASON_PIN] = {BIT(VERDICT_PINNED), "`spec.pin` sets the weights by hand.",
        "Remove `spec.pin`, or set `pin.until`, when it is no longer needed."},
    [REASON_FROZEN] = {BIT(VERDICT_FROZEN), "`spec.mode` is `Frozen`.",
        "Set `mode: Active` to let the operator act again."},
    [REASON_NO_ELIGIBLE_ARM] = {HELD | STAYED,
        "`Held`: no arm has a live backend. Otherwise the leader has failed, and no other "
        "arm is fit to lead.",
        "Bring an arm back. Traffic fails, or goes to an arm that fails."},

    [REASON_NO_DATA] = {HELD,
        "Prometheus has no series of the leader, or of any arm; or the leader lacks an "
        "objective whose `missing` is `Hold`.",
        "See whether the target is up in Prometheus, and whether the recording rules are "
        "loaded."},
    [REASON_STALE_DATA] = {HELD,
        "The newest scrape of the leader, or of every arm, is older than `maxDataAge`.",
        "See whether Prometheus scrapes the arms, and whether its clock is right."},
    [REASON_NOT_A_NUMBER] = {HELD, "A series of this route is NaN. Other routes are not affected.",
        "Correct the recording rule: a ratio was recorded in place of a count."},
    [REASON_INFINITE] = {HELD, "A series of this route is infinite. Other routes are not affected.",
        "Correct the recording rule: it divides by zero."},
    [REASON_DUPLICATE_SERIES] = {HELD,
        "Two series have the same namespace, route, arm and objective. Other routes are not "
        "affected.",
        "Correct the recording rule: it has to sum over all other labels."},
    [REASON_QUERY_WARNING] = {HELD,
        "Prometheus warned that its answer may be incomplete.",
        "Read the warning in the message; it is often a remote store that did not answer."},
    [REASON_QUERY_REJECTED] = {HELD, "Prometheus answered 4xx.",
        "Read the message; look at the URL, credentials and query limits."},
    [REASON_PROMETHEUS_ERROR] = {HELD, "Prometheus answered 5xx.",
        "Look at the log of Prometheus."},
    [REASON_PROMETHEUS_TIMEOUT] = {HELD,
        "Prometheus did not answer within `--prometheus.timeout`.",
        "See what keeps Prometheus busy."},
    [REASON_PROMETHEUS_DOWN] = {HELD, "The operator cannot connect to Prometheus.",
        "Look at `--prometheus.url`, the network policy, and Prometheus."},
    [REASON_TRUNCATED_ANSWER] = {HELD, "The answer of Prometheus ends in its middle.",
        "Look for a proxy that cuts connections, or a Prometheus that was restarted."},
    [REASON_BAD_ANSWER] = {HELD,
        "The answer is not one of the query API, or a count is negative or beyond 10^15.",
        "See whether `--prometheus.url` is a Prometheus; else correct the recording rule."},

    [REASON_DATA_PLANE_DOWN] = {HELD, "The data plane cannot be reached.",
        "Look at HAProxy's socket, or at the API server."},
    [REASON_DATA_PLANE_REJECTED] = {HELD,
        "The data plane has no such backend or server, refuses the weights, or there is "
        "none of that kind.",
        "Read the message; compare `targetRef` and `arms` with the data plane."},
    [REASON_TARGET_NOT_FOUND] = {HELD,
        "There is no such HTTPRoute or VirtualService, or nobody serves its kind.",
        "Create it, or correct `targetRef`. The route is decided on as soon as it appears."},
    [REASON_TARGET_CONFLICT] = {HELD,
        "Another BanditRoute sets the same weights, and was created first.",
        "Delete one of the two, or give one another target."},
    [REASON_INVALID_SPEC] = {HELD,
        "The object as it stands cannot be understood. The last good spec stays in force.",
        "Correct the field that the message names."},

    [REASON_PENDING] = {CONDITION,
        "A gateway has not looked at the object as it is now.", "Wait some seconds."},
    [REASON_NOT_ACCEPTED] = {CONDITION, "A gateway does not accept the object.",
        "Read the gateway's words in the message."},
    [REASON_REF_NOT_PERMITTED] = {CONDITION,
        "A backend is in a namespace that has not granted it.",
        "Add a ReferenceGrant in that namespace."},
    [REASON_BACKEND_NOT_FOUND] = {CONDITION, "A gateway does not find a backend.",
        "Create the Service, or correct the object."},
    [REASON_REFS_NOT_RESOLVED] = {CONDITION,
        "A gateway cannot resolve a reference for another reason.",
        "Read the gateway's words in the message."},
    [REASON_PARTIALLY_INVALID] = {CONDITION,
        "A gateway follows only some rules of the object.",
        "Read the gateway's words in the message."},
};

const struct condition_meaning route_condition_meanings[CONDITION_COUNT] = {
    [CONDITION_READY] = {
        "The last decision was made, and where `mode` is `Active` nobody is known to "
        "refuse it.",
        "The decision is held, and the reason is the decision's; or `mode` is `Active` and "
        "RouteProgrammed is False, and the reason is that condition's.",
        NULL, "Look up the reason."},
    [CONDITION_METRICS_AVAILABLE] = {
        "Prometheus answered, and the answer could be decided on.",
        "Prometheus did not answer, or its answer could not be decided on.",
        "The decision failed before Prometheus was asked.",
        "Look up the reason. Unknown: look at RouteProgrammed."},
    [CONDITION_ROUTE_PROGRAMMED] = {
        "The data plane has the weights that were decided, and those who route by them "
        "follow.",
        "The data plane has other weights (`None`), or they are not followed: the reason "
        "says why.",
        "`Pending`: a gateway has not looked yet. `None`: `mode` is `Shadow`, or the data "
        "plane was not read.",
        "Look up the reason. `None` that lasts: somebody else sets the weights."},
    [CONDITION_EXPLORING] = {
        "An arm is in warm-up, or proves itself after an ejection.", "No arm is.", NULL,
        "Nothing."},
    [CONDITION_FROZEN] = {
        "Weights do not move, by order: `mode: Frozen`, or a pin.", "Weights may move.",
        NULL, "Take the order back when it is no longer needed."},
    [CONDITION_DEGRADED] = {
        "An arm has no live backend (`ArmNotReady`), or is ejected (`ArmEjected`).",
        "All arms take part.", NULL, "Look at the arm that the message names."},
};

const struct arm_state_meaning route_arm_state_meanings[ARM_STATE_COUNT] = {
    [ARM_WARMUP] = {"The arm has fewer samples than `warmup` asks for.",
        "It gets its share, and cannot lead.", "Enough samples: `Active`."},
    [ARM_ACTIVE] = {"The arm takes part.", "The policy decides.",
        "Below the `min` of an objective: `Ejected`."},
    [ARM_EJECTED] = {"An objective fell below its `min`, by more than chance explains.",
        "It keeps `minWeight`.", "`cooldown` is over, and the arm no longer fails: "
        "`Reentry`."},
    [ARM_REENTRY] = {"The arm is back after an ejection, and proves itself.",
        "At most `reentryWeight`.", "A quarter of `warmup` passed well: `Active`. Failing "
        "again: `Ejected`, for twice as long."},
    [ARM_NOT_READY] = {"The data plane has no live backend for the arm.", "None.",
        "A live backend: the state that its memory says."},
};

const struct reason_event_meaning route_reason_event_meanings[] = {
    {REASON_LEADER_CHANGE, false, "Another arm leads because it is better."},
    {REASON_LEADER_FAILED, true, "Another arm leads because the leader failed."},
    {REASON_ARM_EJECTED, true, "An arm was ejected."},
    {REASON_ARM_REENTERED, false, "An arm is let back in, or takes part again."},
    {REASON_ARM_NOT_READY, true, "An arm has no live backend."},
    {REASON_FLAPPING, true, "Steps begin to be damped."},
    {REASON_PIN, false, "A pin comes into force."},
    {REASON_FROZEN, false, "The route is frozen."},
    {REASON_NONE, false, NULL},
};

const struct event_meaning route_event_meanings[] = {
    {"DriftRepaired", true,
        "The data plane had other weights than it was given. The operator set them right.",
        "Find out who changes them. Use `mode: Frozen` to change weights by hand."},
    {"DriftContested", true,
        "Somebody else sets the weights again and again. The operator sets them right "
        "every 30 seconds and with each decision, no more.",
        "Find the other controller, and let it ignore the weights."},
    {"DecisionNotWrittenDown", true, "A decision could not be appended to the journal.",
        "Look at the disk. Decisions go on."},
    {"StatusNotWritten", true,
        "The status could not be written. It is tried again, without a new decision.",
        "Look at the store: the API server and its permissions, or the folder."},
    {"FinalizerNotSet", true,
        "The finalizer could not be set, so nothing was written to the data plane.",
        "Look at the permissions on `banditroutes`."},
    {"FinalizerNotRemoved", true,
        "The route is done with, and the finalizer could not be removed. It is tried again.",
        "Look at the permissions on `banditroutes`."},
    {"OnDeleteApplied", false, "The route is deleted, and the data plane has the weights "
        "that `onDelete` asks for.", "Nothing."},
    {"OnDeleteChanged", true,
        "The route is deleted, and its baseline has no live backend. The other arms keep "
        "the traffic.", "Set the weights by hand once the baseline is back."},
    {"OnDeleteSkipped", true,
        "The route is deleted while `mode` is not `Active`. Weights stay as they are.",
        "Set the weights by hand if they should be others."},
    {"OnDeleteGivenUp", true,
        "The route is deleted, and the data plane could not be reached for 5 minutes. "
        "Weights stay as they are.", "Set the weights by hand."},
    {"Deleted", false, "The route is gone, and so are its series.", "Nothing."},
    {NULL, false, NULL, NULL},
};
/* clang-format on */

_Static_assert(sizeof(route_reason_meanings) / sizeof(route_reason_meanings[0]) ==
                   REASON_COUNT,
               "as many as there are reasons");
