/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/lease_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { RECORD_BYTES_MAX = 64 * 1024 };

bool lease_timing_check(const struct lease_timing *t, struct error *err)
{
    if (t->retry_ms <= 0)
        return error_set(err, ERR_INVALID, "lease: the retry period must be above zero");
    if (10 * t->renew_deadline_ms <= 12 * t->retry_ms)
        return error_set(err, ERR_INVALID,
                         "lease: the renew deadline must be above 1.2 retry periods");
    if (t->duration_ms <= t->renew_deadline_ms)
        return error_set(err, ERR_INVALID,
                         "lease: its duration must be above the renew deadline, else two "
                         "could lead at once");
    if (t->duration_ms % 1000)
        return error_set(err, ERR_INVALID, "lease: its duration must be whole seconds");
    return true;
}

enum lease_step lease_next(const struct lease_view *seen, const struct lease_timing *t,
                           int64_t now_ms)
{
    int64_t age_ms = now_ms - seen->changed_ms;

    if (!seen->exists)
        return LEASE_CREATE;
    if (seen->held_by_us)
        return age_ms >= t->retry_ms ? LEASE_RENEW : LEASE_WAIT;
    if (!seen->held || age_ms >= seen->duration_ms)
        return LEASE_TAKE;
    return LEASE_WAIT;
}

int64_t lease_left_ms(const struct lease_view *seen, int64_t now_ms)
{
    if (!seen->exists || !seen->held || seen->held_by_us)
        return 0;
    return seen->changed_ms + seen->duration_ms - now_ms;
}

static char *text_of(const struct json *spec)
{
    struct buf text = BUF_INIT(RECORD_BYTES_MAX);

    if (spec)
        json_write(spec, &text);
    return text.data ? buf_take(&text) : mem_strdup("");
}

void lease_observe(struct lease_view *seen, char **record, const struct json *object,
                   const char *identity, const struct lease_timing *t, int64_t now_ms)
{
    const struct json *spec = json_get(object, "spec");
    const char *holder = json_string(json_get(spec, "holderIdentity"), "");
    double seconds = json_number(json_get(spec, "leaseDurationSeconds"), 0);
    char *text = text_of(spec);

    if (!*record || strcmp(*record, text) != 0)
        seen->changed_ms = now_ms;
    free(*record);
    *record = text;
    seen->exists = object != NULL;
    seen->held = *holder != '\0';
    seen->held_by_us = strcmp(holder, identity) == 0;
    seen->duration_ms =
        seconds >= 1 && seconds <= 86400 ? (int64_t)(seconds * 1000) : t->duration_ms;
}

const char *lease_time(int64_t wall_ms, char out[LEASE_TIME_MAX])
{
    char seconds[CLOCK_TEXT_MAX];
    int64_t ms = wall_ms % 1000;

    (void)clock_format(wall_ms - ms, seconds);
    seconds[strcspn(seconds, "Z")] = '\0';
    (void)snprintf(out, LEASE_TIME_MAX, "%.24s.%03d000Z", seconds, (int)ms);
    return out;
}

static struct json *skeleton(const char *namespace, const char *name)
{
    struct json *object = json_new_object();
    struct json *metadata = json_new_object();

    json_put_string(metadata, "name", name);
    json_put_string(metadata, "namespace", namespace);
    json_put_string(object, "apiVersion", "coordination.k8s.io/v1");
    json_put_string(object, "kind", "Lease");
    json_put(object, "metadata", metadata);
    return object;
}

/* What others keep in the object stays in it. */
struct json *lease_claim(const struct json *object, const char *namespace,
                         const char *name, const char *identity, enum lease_step step,
                         const struct lease_timing *t, int64_t wall_ms)
{
    struct json *claim = object ? json_copy(object) : skeleton(namespace, name);
    const struct json *old = json_get(object, "spec");
    struct json *spec = json_is(old, JSON_OBJECT) ? json_copy(old) : json_new_object();
    double transitions = json_number(json_get(old, "leaseTransitions"), 0);
    int64_t seconds = t->duration_ms / 1000;
    char time[LEASE_TIME_MAX];

    (void)lease_time(wall_ms, time);
    if (step != LEASE_RENEW)
        json_put_string(spec, "acquireTime", time);
    if (step == LEASE_TAKE)
        transitions++;
    json_put_string(spec, "holderIdentity", identity);
    json_put_number(spec, "leaseDurationSeconds", (double)seconds);
    json_put_string(spec, "renewTime", time);
    json_put_number(spec, "leaseTransitions", transitions);
    json_put(claim, "spec", spec);
    return claim;
}

struct json *lease_released(const struct json *object, int64_t wall_ms)
{
    struct json *released = json_copy(object);
    struct json *spec = json_copy(json_get(object, "spec"));
    char time[LEASE_TIME_MAX];

    json_put_string(spec, "holderIdentity", "");
    json_put_number(spec, "leaseDurationSeconds", 1);
    json_put_string(spec, "renewTime", lease_time(wall_ms, time));
    json_put(released, "spec", spec);
    return released;
}
