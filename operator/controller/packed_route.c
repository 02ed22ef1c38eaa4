/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/packed_route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUN_MIN = 8, /* a shorter run of zeros is cheaper as it is */
    RAW_MAX = sizeof(struct bandit_route) + ROUTE_ARMS_MAX * sizeof(struct route_arm) +
              ROUTE_OBJECTIVES_MAX * sizeof(struct route_objective) +
              ROUTE_ARMS_MAX * sizeof(struct route_arm_status) +
              ROUTE_ARMS_MAX * ROUTE_OBJECTIVES_MAX * sizeof(struct objective_status),
};

/* The struct, its arrays behind it, then pairs: so many bytes as they are, so many zeros.
 */
struct packed_route {
    uint32_t raw_size, size;
    uint8_t bytes[];
};

struct pair {
    uint16_t plain, zeros;
};

static_assert(RAW_MAX <= UINT16_MAX, "a length fits a pair");

/* ---- a route in one piece ------------------------------------------------------------
 */

static uint8_t *put(uint8_t *to, const void *array, size_t count, size_t size)
{
    if (count && array)
        memcpy(to, array, count * size);
    return to + count * size;
}

static size_t flatten(const struct bandit_route *r, uint8_t raw[RAW_MAX])
{
    size_t arms = r->spec.arm_count, objectives = r->spec.reward.objective_count;
    uint8_t *end = put(raw, r, 1, sizeof(*r));

    assert(arms <= ROUTE_ARMS_MAX && objectives <= ROUTE_OBJECTIVES_MAX);
    end = put(end, r->spec.arms, arms, sizeof(*r->spec.arms));
    end = put(end, r->spec.reward.objectives, objectives, sizeof(struct route_objective));
    end = put(end, r->status.arms, arms, sizeof(*r->status.arms));
    end =
        put(end, r->status.objectives, arms * objectives, sizeof(*r->status.objectives));
    return (size_t)(end - raw);
}

static void *take(const uint8_t **from, const void *present, size_t count, size_t size)
{
    void *array = present ? mem_dup(*from, count * size) : NULL;

    *from += count * size;
    return array;
}

static struct bandit_route *raise_route(const uint8_t *raw)
{
    struct bandit_route *r = mem_dup(raw, sizeof(*r));
    size_t arms = r->spec.arm_count, objectives = r->spec.reward.objective_count;
    const uint8_t *at = raw + sizeof(*r);

    /* the old pointers only tell which arrays there were */
    r->spec.arms = take(&at, r->spec.arms, arms, sizeof(*r->spec.arms));
    r->spec.reward.objectives =
        take(&at, r->spec.reward.objectives, objectives, sizeof(struct route_objective));
    r->status.arms = take(&at, r->status.arms, arms, sizeof(*r->status.arms));
    r->status.objectives =
        take(&at, r->status.objectives, arms * objectives, sizeof(*r->status.objectives));
    return r;
}

/* ---- runs of zeros -------------------------------------------------------------------
 */

static size_t zeros_at(const uint8_t *bytes, size_t n)
{
    size_t run = 0;

    while (run < n && !bytes[run])
        run++;
    return run;
}

/* The next stretch of plain bytes and the zeros behind it. */
static struct pair next_pair(const uint8_t *bytes, size_t n)
{
    size_t plain = 0, zeros = 0;

    while (plain < n) {
        zeros = zeros_at(bytes + plain, n - plain);
        if (zeros >= RUN_MIN || plain + zeros == n)
            break;
        plain += zeros + 1;
        zeros = 0;
    }
    return (struct pair){(uint16_t)plain, (uint16_t)zeros};
}

struct packed_route *route_pack(const struct bandit_route *r)
{
    uint8_t raw[RAW_MAX] = {0}, out[RAW_MAX * 2];
    size_t raw_size = flatten(r, raw), size = 0;
    struct packed_route *p;

    for (size_t at = 0; at < raw_size;) {
        struct pair pair = next_pair(raw + at, raw_size - at);

        memcpy(out + size, &pair, sizeof(pair));
        memcpy(out + size + sizeof(pair), raw + at, pair.plain);
        size += sizeof(pair) + pair.plain;
        at += (size_t)pair.plain + pair.zeros;
    }
    p = mem_alloc(1, sizeof(*p) + size);
    p->raw_size = (uint32_t)raw_size;
    p->size = (uint32_t)size;
    memcpy(p->bytes, out, size);
    return p;
}

struct bandit_route *route_unpack(const struct packed_route *p)
{
    uint8_t raw[RAW_MAX] = {0};
    size_t to = 0;

    for (size_t at = 0; at < p->size;) {
        struct pair pair;

        memcpy(&pair, p->bytes + at, sizeof(pair));
        memcpy(raw + to, p->bytes + at + sizeof(pair), pair.plain);
        at += sizeof(pair) + pair.plain;
        to += (size_t)pair.plain + pair.zeros;
    }
    assert(to == p->raw_size);
    return raise_route(raw);
}
