/* SPDX-License-Identifier: Apache-2.0 */
#include "server/drift.h"

#include <math.h>
#include <stdlib.h>

#include "engine/metadata.h"
#include "engine/reference.h"

struct watched {
    size_t feature; /* its place in a row */
    size_t edge_count;
    float edges[REFERENCE_EDGES];
    struct counter *bins[REFERENCE_BINS];
};

struct drift {
    size_t count;
    struct watched watched[DRIFT_FEATURES_MAX];
};

/* Entropy of the reference: highest when every bin holds as much. */
static double spread(const struct reference_feature *f)
{
    double sum = 0;

    for (size_t i = 0; i <= f->edge_count; i++)
        if (f->ratios[i] > 0)
            sum -= f->ratios[i] * log(f->ratios[i]);
    return sum;
}

struct candidate {
    size_t feature;
    double spread;
};

static int widest_first(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->spread != y->spread)
        return x->spread < y->spread ? 1 : -1;
    return (x->feature > y->feature) - (x->feature < y->feature);
}

static int in_order(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    return (x->feature > y->feature) - (x->feature < y->feature);
}

/* The largest float not above the edge, so that x <= edge is the same in float. */
static float edge_as_float(double edge)
{
    float f = (float)edge;

    return (double)f > edge ? nextafterf(f, -INFINITY) : f;
}

static void watch(struct drift *d, const struct model *model, const struct reference *r,
                  size_t feature, struct server_metrics *m)
{
    const struct reference_feature *f = &r->features[feature];
    struct watched *w = &d->watched[d->count++];
    const char *name = model_feature_name(model, feature);

    w->feature = feature;
    w->edge_count = f->edge_count;
    for (size_t i = 0; i < f->edge_count; i++)
        w->edges[i] = edge_as_float(f->edges[i]);
    for (size_t i = 0; i <= f->edge_count; i++)
        w->bins[i] = server_metrics_input_bin(m, name, i);
    server_metrics_reference(m, name, r->observations, f->ratios, f->edge_count + 1);
}

static struct drift *watch_widest(const struct model *model, const struct reference *r,
                                  struct server_metrics *m)
{
    CLEANUP(mem_freep)
    struct candidate *all = mem_alloc(r->feature_count, sizeof(*all));
    size_t count = r->feature_count;
    struct drift *d = mem_alloc(1, sizeof(*d));

    for (size_t i = 0; i < count; i++)
        all[i] = (struct candidate){i, spread(&r->features[i])};
    qsort(all, count, sizeof(*all), widest_first);
    if (count > DRIFT_FEATURES_MAX)
        count = DRIFT_FEATURES_MAX;
    qsort(all, count, sizeof(*all), in_order);
    for (size_t i = 0; i < count; i++)
        watch(d, model, r, all[i].feature, m);
    return d;
}

bool drift_new(const struct model *model, struct server_metrics *m, struct drift **out,
               struct error *err)
{
    const char *text = model_metadata(model, METADATA_REFERENCE);
    CLEANUP(reference_freep)
    struct reference *r = NULL;

    if (text) {
        r = reference_parse(text, model_features(model), err);
        if (!r)
            return false;
    }
    *out = r ? watch_widest(model, r, m) : NULL;
    return true;
}

void drift_free(struct drift *d)
{
    free(d);
}

void drift_observe(const struct drift *d, const float *row)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->count; i++) {
        const struct watched *w = &d->watched[i];
        float x = row[w->feature];
        size_t bin = 0;

        while (bin < w->edge_count && x > w->edges[bin])
            bin++;
        counter_inc(w->bins[bin]);
    }
}
