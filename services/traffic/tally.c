/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/tally.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *const failure_names[FAILURE_COUNT] = {
    [FAILURE_REFUSED] = "refused",       [FAILURE_TIMEOUT] = "timeout",
    [FAILURE_CONNECTION] = "connection", [FAILURE_BAD_ANSWER] = "bad_answer",
    [FAILURE_TOO_LARGE] = "too_large",   [FAILURE_OVERRUN] = "overrun",
    [FAILURE_ABANDONED] = "abandoned",   [FAILURE_HTTP_3XX] = "http_3xx",
    [FAILURE_HTTP_4XX] = "http_4xx",     [FAILURE_HTTP_5XX] = "http_5xx",
};

const char *const feedback_names[FEEDBACK_COUNT] = {
    [FEEDBACK_ACCEPTED] = "accepted", [FEEDBACK_REFUSED] = "refused",
    [FEEDBACK_FAILED] = "failed",     [FEEDBACK_NO_ID] = "no_id",
    [FEEDBACK_DROPPED] = "dropped",
};

enum failure failure_of_error(enum error_kind kind)
{
    switch (kind) {
    case ERR_NOT_FOUND:
        return FAILURE_REFUSED;
    case ERR_TIMEOUT:
        return FAILURE_TIMEOUT;
    case ERR_INVALID:
        return FAILURE_BAD_ANSWER;
    case ERR_TOO_BIG:
        return FAILURE_TOO_LARGE;
    default:
        return FAILURE_CONNECTION;
    }
}

enum failure failure_of_status(int status)
{
    if (status < 400)
        return FAILURE_HTTP_3XX;
    return status < 500 ? FAILURE_HTTP_4XX : FAILURE_HTTP_5XX;
}

static struct arm_tally *find_arm(struct tally *t, const char *name)
{
    for (size_t i = 0; i < t->arm_count; i++)
        if (strcmp(t->arms[i].name, name) == 0)
            return &t->arms[i];
    return NULL;
}

struct arm_tally *tally_arm(struct tally *t, const char *name)
{
    struct arm_tally *arm;

    if (!name)
        name = "gateway";
    else if (!text_is_dns_label(name))
        name = "other";
    arm = find_arm(t, name);
    if (arm)
        return arm;
    if (t->arm_count >= ARMS_MAX - 1) { /* the last place is for "other" */
        name = "other";
        arm = find_arm(t, name);
        if (arm)
            return arm;
    }
    arm = &t->arms[t->arm_count++];
    (void)snprintf(arm->name, sizeof(arm->name), "%s", name);
    return arm;
}

void tally_by_name(const struct tally *t, size_t places[ARMS_MAX])
{
    for (size_t i = 0; i < t->arm_count; i++) {
        size_t at = i;

        for (; at > 0 && strcmp(t->arms[places[at - 1]].name, t->arms[i].name) > 0; at--)
            places[at] = places[at - 1];
        places[at] = i;
    }
}

void tally_answer(struct tally *t, struct arm_tally *arm, int status, int64_t ns)
{
    arm->answers++;
    latency_add(&arm->latency, ns);
    latency_add(&t->latency, ns);
    if (status / 100 == 2) {
        arm->ok++;
        t->ok++;
    } else {
        t->failures[failure_of_status(status)]++;
    }
}

void tally_failure(struct tally *t, enum failure f, int64_t ns)
{
    t->failures[f]++;
    latency_add(&t->latency, ns);
}

void tally_glance(const struct tally *t, int64_t now_ns, struct glance *out)
{
    *out = (struct glance){.at_ns = now_ns,
                           .sent = t->sent,
                           .ok = t->ok,
                           .feedback = t->feedback[FEEDBACK_ACCEPTED],
                           .latency = t->latency,
                           .arm_count = t->arm_count};
    for (size_t i = 0; i < FAILURE_COUNT; i++)
        out->failed += t->failures[i];
    for (size_t i = 0; i < t->arm_count; i++) {
        memcpy(out->arms[i].name, t->arms[i].name, ARM_NAME_MAX);
        out->arms[i].answers = t->arms[i].answers;
    }
    tally_by_name(t, out->by_name);
}

void glance_since(struct glance *now, const struct glance *then)
{
    now->at_ns -= then->at_ns;
    now->sent -= then->sent;
    now->ok -= then->ok;
    now->failed -= then->failed;
    now->feedback -= then->feedback;
    latency_since(&now->latency, &then->latency, &now->latency);
    for (size_t i = 0; i < then->arm_count; i++)
        now->arms[i].answers -= then->arms[i].answers;
}
