/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/estimate.h"

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "replay/blocks.h"

enum { RESAMPLES = 1000, NEIGHBOURS = 2 };

static const double propensity_least = 0.005;
static const double effective_share = 0.02;
static const double share_error_max = 0.1;

const char *estimator_name(enum estimator e)
{
    static const char *const names[ESTIMATOR_COUNT] = {"ips", "snips", "dm", "dr"};

    return names[e];
}

const char *doubt_text(enum doubt d)
{
    static const char *const texts[DOUBT_COUNT] = {
        [DOUBT_FEW_BLOCKS] = "fewer than 20 windows that do not overlap: intervals are "
                             "too narrow",
        [DOUBT_FEW_EFFECTIVE] = "few effective requests: the policy is too unlike what "
                                "was done",
        [DOUBT_LOW_PROPENSITY] = "an arm it uses had next to no traffic: weights above "
                                 "200 for a request",
        [DOUBT_UNKNOWN_WEIGHTS] = "logged weights are not known: shares of requests "
                                  "stand in",
        [DOUBT_MISSING_DATA] = "nothing is known of more than a tenth of the range",
        [DOUBT_SHARES_DIFFER] = "requests did not follow the logged weights: something "
                                "else routes, too",
    };

    return texts[d];
}

/* ---- one block -----------------------------------------------------------------------
 */

/* What a block adds to the sums that every estimator is a ratio of. */
struct terms {
    double n;        /* requests */
    double earned;   /* by them */
    double weighted; /* the same, weighted anew */
    double weight;   /* sum of the weights */
    double squares;
    double model;    /* n times what the model expects */
    double residual; /* weighted differences from the model */
};

/* The arm's mean in the blocks nearby, this one left out, so that the model does not know
 * what it is corrected by; else its mean over all. */
static double mean_of(const struct blocks *b, size_t first, size_t end, size_t without,
                      size_t arm)
{
    double n = 0, earned = 0;

    for (size_t k = first; k < end; k++) {
        const struct block_arm *a = &b->arms[k * b->arm_count + arm];

        if (k == without || !(a->n > 0))
            continue;
        n += a->n;
        earned += a->n * a->r;
    }
    return n > 0 ? earned / n : (double)NAN;
}

static double expected(const struct blocks *b, size_t block, size_t arm)
{
    size_t first = block > NEIGHBOURS ? block - NEIGHBOURS : 0;
    size_t end = block + NEIGHBOURS + 1 < b->count ? block + NEIGHBOURS + 1 : b->count;
    double near = mean_of(b, first, end, block, arm);

    return isnan(near) ? mean_of(b, 0, b->count, block, arm) : near;
}

static void add_arm(struct terms *t, const struct block_arm *a, double q, double total)
{
    double weight = a->b > 0 ? a->p / a->b : 0;

    t->model += isnan(q) ? 0 : total * a->p * q;
    if (!(a->n > 0))
        return;
    t->n += a->n;
    t->earned += a->n * a->r;
    t->weighted += weight * a->n * a->r;
    t->weight += weight * a->n;
    t->squares += weight * weight * a->n;
    t->residual += isnan(q) ? 0 : weight * a->n * (a->r - q);
}

static void make_terms(const struct blocks *b, struct terms *terms)
{
    for (size_t k = 0; k < b->count; k++) {
        const struct block_arm *arms = &b->arms[k * b->arm_count];
        double total = 0;

        terms[k] = (struct terms){.n = 0};
        for (size_t a = 0; a < b->arm_count; a++)
            total += arms[a].n;
        for (size_t a = 0; a < b->arm_count; a++)
            add_arm(&terms[k], &arms[a], expected(b, k, a), total);
    }
}

static void add_terms(struct terms *sum, const struct terms *t)
{
    sum->n += t->n;
    sum->earned += t->earned;
    sum->weighted += t->weighted;
    sum->weight += t->weight;
    sum->squares += t->squares;
    sum->model += t->model;
    sum->residual += t->residual;
}

/* ---- estimates of all of them --------------------------------------------------------
 */

enum { GAIN = ESTIMATOR_COUNT, FIGURES };

static void figures_of(const struct terms *t, double figures[FIGURES])
{
    figures[ESTIMATOR_IPS] = t->weighted / t->n;
    figures[ESTIMATOR_SNIPS] = t->weighted / t->weight;
    figures[ESTIMATOR_DM] = t->model / t->n;
    figures[ESTIMATOR_DR] = (t->model + t->residual) / t->n;
    figures[GAIN] = figures[ESTIMATOR_DR] - t->earned / t->n;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void resample(const struct terms *terms, size_t count, struct random *chance,
                     double figures[FIGURES])
{
    size_t length = (size_t)fmax(1, round(cbrt((double)count)));
    struct terms sum = {.n = 0};

    for (size_t drawn = 0; drawn < count;) {
        size_t at = random_below(chance, count);

        for (size_t i = 0; i < length && drawn < count; i++, drawn++)
            add_terms(&sum, &terms[(at + i) % count]);
    }
    figures_of(&sum, figures);
}

static void bootstrap(const struct terms *terms, size_t count, uint64_t seed,
                      struct interval *to[FIGURES])
{
    double *values = mem_alloc((size_t)FIGURES * RESAMPLES, sizeof(*values));
    struct random chance = random_stream(seed, count);
    double figures[FIGURES];

    for (size_t s = 0; s < RESAMPLES; s++) {
        resample(terms, count, &chance, figures);
        for (size_t f = 0; f < FIGURES; f++)
            values[f * RESAMPLES + s] = figures[f];
    }
    for (size_t f = 0; f < FIGURES; f++) {
        double *of = values + f * RESAMPLES;

        qsort(of, RESAMPLES, sizeof(*of), ascending);
        to[f]->low = of[(size_t)(0.025 * RESAMPLES)];
        to[f]->high = of[(size_t)(0.975 * RESAMPLES)];
    }
    free(values);
}

/* ---- doubts --------------------------------------------------------------------------
 */

static void doubt(const struct blocks *b, struct estimate *e)
{
    double error = 0;

    for (size_t k = 0; k < b->count; k++) {
        const struct block_arm *arms = &b->arms[k * b->arm_count];
        double total = 0;

        for (size_t a = 0; a < b->arm_count; a++)
            total += arms[a].n;
        for (size_t a = 0; a < b->arm_count; a++) {
            e->doubts[DOUBT_LOW_PROPENSITY] |=
                arms[a].p > propensity_least && arms[a].b < propensity_least;
            error += fabs(arms[a].n / total - arms[a].b);
        }
    }
    e->doubts[DOUBT_FEW_BLOCKS] = b->count < BLOCKS_FEW;
    e->doubts[DOUBT_FEW_EFFECTIVE] =
        e->effective < EFFECTIVE_FEW || e->effective < effective_share * e->requests;
    e->doubts[DOUBT_UNKNOWN_WEIGHTS] = b->unknown_weights;
    e->doubts[DOUBT_MISSING_DATA] = 10 * b->missing > b->count + b->missing;
    e->doubts[DOUBT_SHARES_DIFFER] = error / 2 > share_error_max * (double)b->count;
}

void estimate_play(const struct play *p, const struct play *reference,
                   const struct tape *t, uint64_t seed, struct estimate *e)
{
    struct interval *to[FIGURES];
    struct terms sum = {.n = 0};
    struct terms *terms;
    struct blocks b;
    double figures[FIGURES];

    *e = (struct estimate){.earned = NAN};
    for (size_t f = 0; f < FIGURES; f++) {
        to[f] = f == GAIN ? &e->gain : &e->value[f];
        *to[f] = (struct interval){NAN, NAN, NAN};
    }
    blocks_make(&b, p, reference, t);
    terms = mem_alloc(b.count, sizeof(*terms));
    make_terms(&b, terms);
    for (size_t k = 0; k < b.count; k++)
        add_terms(&sum, &terms[k]);
    e->blocks = b.count;
    e->requests = sum.n;
    if (b.count) {
        figures_of(&sum, figures);
        bootstrap(terms, b.count, seed, to);
        for (size_t f = 0; f < FIGURES; f++)
            to[f]->value = figures[f];
        e->earned = sum.earned / sum.n;
        e->effective = sum.squares > 0 ? sum.weight * sum.weight / sum.squares : 0;
    }
    doubt(&b, e);
    free(terms);
    blocks_clear(&b);
}

void estimate_labels(const struct tape *t, struct buf *out)
{
    const struct route_reward *reward = &t->route->spec.reward;

    for (size_t o = 0; o < reward->objective_count; o++) {
        double events = 0, most = 0;

        for (size_t f = 0; f < t->count; f++)
            for (size_t a = 0; a < t->route->spec.arm_count; a++) {
                const struct arm_observation *seen = &t->frames[f].seen.arms[a];
                double greatest = 0;

                for (size_t k = 0; k < reward->objective_count; k++)
                    greatest = fmax(greatest, seen->objectives[k].events);
                most += greatest;
                events += fmax(0, seen->objectives[o].events);
            }
        if (reward->objectives[o].weight > 0 && events < 0.5 * most)
            buf_printf(out,
                       "objective %s: events of only %.0f %% of the requests; what comes "
                       "late or seldom is not in these figures\n",
                       reward->objectives[o].name, most > 0 ? 100 * events / most : 0);
    }
}
