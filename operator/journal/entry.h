/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h - one decision as a line of JSON: what was seen, what was decided, and a digest
 * of the state before and after.
 *
 * core_decide() is a function of spec, status, observation and time. The first line of a
 * route brings its spec and status whole, each later one only the observation: the status
 * follows from the line before, and the digests prove it. So a journal is the complete
 * record of why traffic went where it went, at some 700 bytes a decision.
 */
#ifndef JOURNAL_ENTRY_H
#define JOURNAL_ENTRY_H

#include "base/buf.h"
#include "core/decide.h"
#include "json/json.h"

enum { ENTRY_BYTES_MAX = 256 * 1024 };

/* What a decision came to, as far as a reader wants to compare it without state. */
struct entry_outcome {
    enum verdict verdict;
    enum reason reason;
    int leader;
    bool write;
    double weights[ROUTE_ARMS_MAX];
};

struct entry {
    int64_t time_ms; /* of the decision: `now` of core_decide() */
    char namespace[ROUTE_LABEL_MAX];
    char name[ROUTE_NAME_MAX];
    int64_t generation;
    struct bandit_route *route; /* with spec and status of before, where the line brings
                                   them; else NULL */
    struct observation seen;
    struct entry_outcome outcome;
    uint64_t before, after; /* digests of the state */
};

/* Of the memory: all in the status that a later decision rests on, to the bit. What is
 * only told to people follows from it. */
uint64_t entry_digest(const struct bandit_route *r);

/* A decision as it was made, for writing it down. */
struct entry_source {
    const struct bandit_route *before;
    const struct observation *seen;
    const struct decision *decided;
    int64_t now_ms;
    uint64_t digest_before, digest_after;
};

/* Append the line, with its newline; `whole`: with spec and status of before. */
void entry_write(struct buf *out, const struct entry_source *s, bool whole);

/* The names in a line without a spec are those of `known`, the route that an earlier line
 * of the same namespace and name brought, or NULL. *e is filled in; clear it in any case.
 * Errors say what is missing or wrong. */
bool entry_read(struct entry *e, const struct json *line,
                const struct bandit_route *known, struct error *err);
void entry_clear(struct entry *e);

/* Which route a line is of, before all of it is read; false when it does not say. */
bool entry_key(const struct json *line, const char **namespace, const char **name);

#endif
