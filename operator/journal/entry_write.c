/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/entry.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "route/route_json.h"

/* ---- the digest ----------------------------------------------------------------------
 *
 * It stands in files that later versions read: what is hashed, and how, stays.
 */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    unsigned char bytes[sizeof(word)]; /* lowest first, on every machine */

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(word >> 8 * i);
    return hash_bytes(hash, bytes, sizeof(bytes));
}

static uint64_t mix_number(uint64_t hash, double v)
{
    uint64_t bits = 0;

    if (!isnan(v)) /* whichever NAN it is */
        memcpy(&bits, &v, sizeof(bits));
    return mix(hash, isnan(v) ? UINT64_MAX : bits);
}

static uint64_t mix_arm(uint64_t hash, const struct route_arm_status *a)
{
    const double numbers[] = {a->desired,           a->reward_ema,
                              a->reward_stderr,     a->discounted_good,
                              a->discounted_events, a->lifetime_samples};
    const int64_t words[] = {(int64_t)a->state, a->state_since_ms, a->counted_until_ms,
                             a->ejected_until_ms, (int64_t)a->ejections};

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        hash = mix_number(hash, numbers[i]);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        hash = mix(hash, (uint64_t)words[i]);
    return hash;
}

uint64_t entry_digest(const struct bandit_route *r)
{
    const struct route_status *s = &r->status;
    uint64_t hash = HASH_SEED;

    hash = mix(hash, (uint64_t)s->leader);
    hash = mix(hash, (uint64_t)s->last_leader_change_ms);
    hash = mix_number(hash, s->flapping);
    hash = mix_number(hash, s->estimated_regret);
    hash = mix_number(hash, s->exploration_cost);
    for (size_t i = 0; s->arms && i < r->spec.arm_count; i++)
        hash = mix_arm(hash, &s->arms[i]);
    return hash;
}

/* ---- the line ------------------------------------------------------------------------
 */

/* Not known is null; an infinity, which a broken rule can make, is a word. */
static struct json *number(double v)
{
    return isinf(v) ? json_new_string(v > 0 ? "+Inf" : "-Inf") : json_new_number(v);
}

static struct json *seen_of(const struct route_spec *spec, const struct observation *seen)
{
    struct json *j = json_new_object(), *arms = json_new_array();

    json_put_number(j, "asked", (double)seen->asked_ms);
    if (seen->problem != REASON_NONE) {
        json_put_string(j, "problem", reason_name(seen->problem));
        json_put_string(j, "detail", seen->detail);
    }
    json_put_bool(j, "dataPlane", seen->data_plane_known);
    if (seen->units)
        json_put_number(j, "units", seen->units);
    for (size_t i = 0; i < spec->arm_count; i++) {
        const struct arm_observation *a = &seen->arms[i];
        struct json *arm = json_new_object(), *counts = json_new_object();

        json_put_number(arm, "newest", (double)a->newest_ms);
        json_put(arm, "applied", number(a->applied));
        json_put_bool(arm, "ready", a->ready);
        for (size_t o = 0; o < spec->reward.objective_count; o++) {
            struct json *pair = json_new_array();

            json_push(pair, number(a->objectives[o].good));
            json_push(pair, number(a->objectives[o].events));
            json_put(counts, spec->reward.objectives[o].name, pair);
        }
        json_put(arm, "objectives", counts);
        json_push(arms, arm);
    }
    json_put(j, "arms", arms);
    return j;
}

static struct json *decided_of(const struct route_spec *spec, const struct decision *d)
{
    struct json *j = json_new_object(), *weights = json_new_object();

    json_put_string(j, "verdict", verdict_name(d->verdict));
    json_put_string(j, "reason", reason_name(d->reason));
    json_put_string(j, "leader",
                    d->status.leader == ROUTE_NO_ARM ? ""
                                                     : spec->arms[d->status.leader].name);
    json_put_bool(j, "write", d->write);
    for (size_t i = 0; i < spec->arm_count; i++)
        json_put(weights, spec->arms[i].name, number(d->weights[i]));
    json_put(j, "weights", weights);
    return j;
}

static void put_digest(struct json *line, const char *key, uint64_t digest)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%016" PRIx64, digest);
    json_put_string(line, key, text);
}

void entry_write(struct buf *out, const struct entry_source *s, bool whole)
{
    CLEANUP(json_freep)
    struct json *line = json_new_object();
    const struct bandit_route *r = s->before;

    json_put_number(line, "time", (double)s->now_ms);
    json_put_string(line, "namespace", r->namespace);
    json_put_string(line, "name", r->name);
    json_put_number(line, "generation", (double)r->generation);
    if (whole) {
        json_put(line, "spec", route_spec_to_json(&r->spec));
        json_put(line, "status", route_status_to_json(r));
    }
    put_digest(line, "before", s->digest_before);
    json_put(line, "seen", seen_of(&r->spec, s->seen));
    json_put(line, "decided", decided_of(&r->spec, s->decided));
    put_digest(line, "after", s->digest_after);
    json_write(line, out);
    buf_putc(out, '\n');
}
