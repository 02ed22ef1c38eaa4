/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/packed_route.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORD = 8,        /* bytes that share a tag */
    MORE_MAX = 255,  /* words that one byte can count */
    NONE = 0,        /* the tag of a word of zeros */
    ALL = 0xff,      /* of one without any */
    PLAIN_ZEROS = 1, /* so many in a word, and it is not worth a tag among plain ones */
    ARRAYS = 5,      /* each filled up to whole words */
    RAW_MAX = sizeof(struct bandit_route) + ROUTE_ARMS_MAX * sizeof(struct route_arm) +
              ROUTE_OBJECTIVES_MAX * sizeof(struct route_objective) +
              ROUTE_ARMS_MAX * sizeof(struct route_arm_status) +
              ROUTE_ARMS_MAX * ROUTE_OBJECTIVES_MAX * sizeof(struct objective_status) +
              ARRAYS * WORD,
};

/* The struct, its arrays behind it, word by word: a tag with a bit for each byte that is
 * not zero, then these bytes. Behind the tag of no such byte stands how many more words
 * are zeros; behind a word of nothing else, how many more follow as they are. */
struct packed_route {
    uint32_t raw_size, size;
    uint8_t bytes[];
};

/* ---- a route in one piece ------------------------------------------------------------
 */

static size_t whole_words(size_t bytes)
{
    return (bytes + WORD - 1) / WORD * WORD;
}

/* Each array begins with a word, so that the numbers in it do not lie across two. */
static uint8_t *put(uint8_t *to, const void *array, size_t count, size_t size)
{
    memset(to, 0, whole_words(count * size));
    if (count && array)
        memcpy(to, array, count * size);
    return to + whole_words(count * size);
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

    *from += whole_words(count * size);
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

/* ---- words ---------------------------------------------------------------------------
 */

static uint8_t tag_of(const uint8_t *word)
{
    unsigned tag = 0;

    for (unsigned i = 0; i < WORD; i++)
        tag |= (unsigned)(word[i] != 0) << i;
    return (uint8_t)tag;
}

static bool is_zeros(const uint8_t *word)
{
    static const uint8_t zeros[WORD];

    return !memcmp(word, zeros, WORD);
}

static bool is_plain(const uint8_t *word)
{
    size_t zeros = 0;

    for (size_t i = 0; i < WORD; i++)
        zeros += !word[i];
    return zeros <= PLAIN_ZEROS;
}

/* How many of the words before end, at most MORE_MAX, are such ones. */
static uint8_t run_of(bool (*is_one)(const uint8_t *), const uint8_t *word,
                      const uint8_t *end)
{
    size_t run = 0;

    while (run < MORE_MAX && word < end && is_one(word)) {
        run++;
        word += WORD;
    }
    return (uint8_t)run;
}

static size_t pack(const uint8_t *raw, size_t size, uint8_t *out)
{
    const uint8_t *const start = out, *const end = raw + size;

    while (raw < end) {
        const uint8_t tag = tag_of(raw);

        *out++ = tag;
        for (size_t i = 0; i < WORD; i++)
            if (raw[i])
                *out++ = raw[i];
        raw += WORD;
        if (tag == NONE) {
            *out = run_of(is_zeros, raw, end);
            raw += (size_t)*out++ * WORD;
        } else if (tag == ALL) {
            const size_t more = (size_t)(*out = run_of(is_plain, raw, end)) * WORD;

            memcpy(++out, raw, more);
            out += more;
            raw += more;
        }
    }
    return (size_t)(out - start);
}

/* Into zeroed memory. Returns the end of what was written. */
static const uint8_t *unpack(const uint8_t *in, size_t size, uint8_t *raw)
{
    const uint8_t *const end = in + size;

    while (in < end) {
        const uint8_t tag = *in++;

        for (size_t i = 0; i < WORD; i++)
            if (tag >> i & 1)
                raw[i] = *in++;
        raw += WORD;
        if (tag == NONE) {
            raw += (size_t)*in++ * WORD;
        } else if (tag == ALL) {
            const size_t more = (size_t)*in++ * WORD;

            memcpy(raw, in, more);
            in += more;
            raw += more;
        }
    }
    return raw;
}

struct packed_route *route_pack(const struct bandit_route *r)
{
    uint8_t raw[RAW_MAX], out[RAW_MAX * 2];
    size_t raw_size = flatten(r, raw), size = pack(raw, raw_size, out);
    struct packed_route *p = mem_alloc(1, sizeof(*p) + size);

    p->raw_size = (uint32_t)raw_size;
    p->size = (uint32_t)size;
    memcpy(p->bytes, out, size);
    return p;
}

struct bandit_route *route_unpack(const struct packed_route *p)
{
    uint8_t raw[RAW_MAX] = {0};
    const uint8_t *end = unpack(p->bytes, p->size, raw);

    assert(end == raw + p->raw_size);
    (void)end;
    return raise_route(raw);
}
