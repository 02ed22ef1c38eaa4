/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/verify.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

enum {
    TOLD_MAX = 10,
    EVALUATIONS = 6, /* of the rules, that a query may be behind on a busy machine */
};

static const double nearly = 1e-9;

/* The state that decisions are made from; it has the route that entry_digest() wants. */
struct chain {
    const struct tape *tape;
    struct bandit_route *route;
    bool known; /* the state before the next decision */
};

static void chain_begin(struct chain *c, const struct tape *t)
{
    *c = (struct chain){.tape = t, .route = route_copy(t->route)};
}

static void chain_end(struct chain *c)
{
    route_free(c->route);
}

static void take_state(struct chain *c, const struct route_status *from)
{
    struct route_status copy = {.arms = NULL};

    route_status_copy(&copy, from, &c->route->spec);
    route_status_clear(&c->route->status);
    c->route->status = copy;
    c->known = true;
}

static void decide(const struct chain *c, const struct frame *f,
                   const struct observation *seen, struct decision *d)
{
    core_decide(&c->route->spec, &c->route->status, seen, c->route->generation,
                f->time_ms, d);
}

/* What was made becomes what the next one rests on. */
static void advance(struct chain *c, struct decision *d)
{
    decision_accept(d, &c->route->status);
}

static bool same_bits(double a, double b)
{
    uint64_t bits_a, bits_b;

    memcpy(&bits_a, &a, sizeof(a));
    memcpy(&bits_b, &b, sizeof(b));
    return bits_a == bits_b || (isnan(a) && isnan(b));
}

/* What differs first, or NULL. */
static const char *difference(const struct chain *c, const struct decision *d,
                              const struct entry_outcome *was)
{
    if (d->status.leader != was->leader)
        return "another leader";
    for (size_t i = 0; i < c->route->spec.arm_count; i++)
        if (!same_bits(d->weights[i], was->weights[i]))
            return "other weights";
    if (d->verdict != was->verdict || d->reason != was->reason)
        return "another verdict or reason";
    return d->write != was->write ? "written or not" : NULL;
}

static void tell(struct buf *out, size_t *told, const struct frame *f, const char *what)
{
    char time[CLOCK_TEXT_MAX];

    if ((*told)++ < TOLD_MAX)
        buf_printf(out, "  %s: %s\n", clock_format(f->time_ms, time), what);
}

/* ---- from the journal ----------------------------------------------------------------
 */

void verify_journal(const struct tape *t, struct verify_report *report, struct buf *out)
{
    CLEANUP(decision_clear)
    struct decision d = {.write = false};
    struct chain c;
    size_t told = 0;

    chain_begin(&c, t);
    for (size_t i = 0; i < t->count; i++) {
        const struct frame *f = &t->frames[i];
        const char *differs;

        if (f->start)
            take_state(&c, f->start);
        report->decisions++;
        if (!c.known || entry_digest(c.route) != f->before) {
            c.known = false;
            report->gaps++;
            tell(out, &told, f,
                 "lines before it are missing: it cannot be decided again");
            continue;
        }
        decide(&c, f, &f->seen, &d);
        differs = difference(&c, &d, &f->outcome);
        advance(&c, &d);
        if (!differs && entry_digest(c.route) != f->after)
            differs = "another state after it";
        if (differs)
            tell(out, &told, f, differs);
        report->same += !differs;
    }
    chain_end(&c);
}

/* ---- from ranges ---------------------------------------------------------------------
 */

static bool same_arm(const struct arm_observation *a, const struct arm_observation *b,
                     size_t objectives)
{
    bool same = a->newest_ms == b->newest_ms;

    for (size_t o = 0; same && o < objectives; o++)
        same = same_bits(a->objectives[o].good, b->objectives[o].good) &&
               same_bits(a->objectives[o].events, b->objectives[o].events);
    return same;
}

static bool same_input(const struct route_spec *spec, const struct observation *a,
                       const struct observation *b)
{
    for (size_t i = 0; i < spec->arm_count; i++)
        if (!same_arm(&a->arms[i], &b->arms[i], spec->reward.objective_count))
            return false;
    return a->problem == b->problem;
}

/* Is each value one of those that the last evaluations gave? Then the query came between
 * the moment of an evaluation and its writing, rule by rule. */
static bool among(const struct route_spec *spec, const struct observation *seen,
                  const struct observation *candidates, size_t count)
{
    for (size_t i = 0; i < spec->arm_count; i++) {
        const struct arm_observation *s = &seen->arms[i];
        bool found = false;

        for (size_t c = 0; c < count; c++)
            found |= s->newest_ms == candidates[c].arms[i].newest_ms;
        for (size_t k = 0; found && k < spec->reward.objective_count; k++) {
            bool good = false, events = false;

            for (size_t c = 0; c < count; c++) {
                const struct objective_observation *o =
                    &candidates[c].arms[i].objectives[k];

                good |= same_bits(s->objectives[k].good, o->good);
                events |= same_bits(s->objectives[k].events, o->events);
            }
            found = good && events;
        }
        if (!found)
            return false;
    }
    return true;
}

static bool has_nothing(const struct route_spec *spec, const struct observation *seen)
{
    for (size_t i = 0; i < spec->arm_count; i++)
        if (seen->arms[i].newest_ms)
            return false;
    return true;
}

/* Was Prometheus not asked at all? */
static bool is_without_metrics(enum reason problem)
{
    return problem == REASON_DATA_PLANE_DOWN || problem == REASON_DATA_PLANE_REJECTED ||
           problem == REASON_TARGET_NOT_FOUND || problem == REASON_TARGET_CONFLICT ||
           problem == REASON_ARM_NOT_READY || problem == REASON_INVALID_SPEC;
}

/* What the same moment looks like in the ranges; what the data plane said comes from the
 * journal, as no range has it to the moment. */
static void observe(const struct ranges *r, const struct frame *f, unsigned before,
                    const struct route_spec *spec, struct observation *seen)
{
    *seen = (struct observation){.data_plane_known = f->seen.data_plane_known};
    for (size_t i = 0; i < spec->arm_count; i++) {
        seen->arms[i].applied = f->seen.arms[i].applied;
        seen->arms[i].ready = f->seen.arms[i].ready;
    }
    if (is_without_metrics(f->seen.problem))
        *seen = f->seen;
    else
        ranges_observe(r, f->seen.asked_ms, before, seen);
}

/* How an input that was looked up compares with the one that was. */
enum likeness { SAME, OVERTAKEN, UNANSWERED, ABSENT, OTHER, LIKENESS_COUNT };

static enum likeness compare(const struct ranges *r, const struct frame *f,
                             const struct route_spec *spec,
                             const struct observation *looked_up)
{
    struct observation candidates[EVALUATIONS];

    if (same_input(spec, &f->seen, looked_up))
        return SAME;
    if (f->seen.problem != REASON_NONE)
        return UNANSWERED;
    if (has_nothing(spec, looked_up))
        return ABSENT;
    for (unsigned before = 0; before < EVALUATIONS; before++)
        observe(r, f, before, spec, &candidates[before]);
    return among(spec, &f->seen, candidates, EVALUATIONS) ? OVERTAKEN : OTHER;
}

static void count(struct verify_report *report, enum likeness how)
{
    size_t *const counters[LIKENESS_COUNT] = {
        [SAME] = &report->inputs_same,
        [OVERTAKEN] = &report->inputs_overtaken,
        [UNANSWERED] = &report->inputs_unanswered,
        [ABSENT] = &report->inputs_absent,
        [OTHER] = &report->inputs_other,
    };

    ++*counters[how];
}

static void tell_difference(struct buf *out, size_t *told, const struct frame *f,
                            enum likeness how)
{
    static const char *const words[LIKENESS_COUNT] = {
        [OVERTAKEN] = "the query overtook an evaluation of the rules, still unwritten",
        [UNANSWERED] = "Prometheus did not answer then; what it recorded is known now",
        [ABSENT] = "the ranges do not reach there",
        [OTHER] = "other values than were answered then",
    };

    if (how != SAME)
        tell(out, told, f, words[how]);
}

/* What a decision is made again from: what was looked up; but where the query overtook
 * the rules, the values that it saw, which are recorded all of them, and where it failed,
 * that it failed. */
static const struct observation *input_of(const struct frame *f, enum likeness how,
                                          const struct observation *looked_up)
{
    return how == OVERTAKEN || how == UNANSWERED ? &f->seen : looked_up;
}

static bool is_near(const struct chain *c, const struct decision *d,
                    const struct entry_outcome *was)
{
    if (d->status.leader != was->leader)
        return false;
    for (size_t i = 0; i < c->route->spec.arm_count; i++)
        if (!(fabs(d->weights[i] - was->weights[i]) <= nearly))
            return false;
    return true;
}

void verify_ranges(const struct tape *t, const struct ranges *r,
                   struct verify_report *report, struct buf *out)
{
    CLEANUP(decision_clear)
    struct decision d = {.write = false};
    struct chain true_state, own;
    size_t told = 0;

    chain_begin(&true_state, t);
    chain_begin(&own, t);
    for (size_t i = 0; i < t->count; i++) {
        const struct frame *f = &t->frames[i];
        const struct route_spec *spec = &t->route->spec;
        struct observation seen;
        enum likeness how;

        if (f->start)
            take_state(&true_state, f->start);
        if (f->start && !own.known)
            take_state(&own, f->start);
        if (!true_state.known || !own.known)
            continue;
        observe(r, f, 0, spec, &seen);
        how = compare(r, f, spec, &seen);
        count(report, how);
        tell_difference(out, &told, f, how);
        decide(&true_state, f, &seen, &d);
        report->same_given_state += !difference(&true_state, &d, &f->outcome);
        decide(&true_state, f, &f->seen, &d);
        advance(&true_state, &d);
        decide(&own, f, input_of(f, how, &seen), &d);
        report->near += is_near(&own, &d, &f->outcome);
        advance(&own, &d);
    }
    chain_end(&true_state);
    chain_end(&own);
}
