/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

static void worker_drop_model(struct worker *w)
{
    model_scratch_free(w->scratch);
    w->scratch = NULL;
    served_release(w->served);
    w->served = NULL;
    rows_clear(&w->rows);
    free(w->probabilities);
    free(w->predicted);
    w->probabilities = NULL;
    w->predicted = NULL;
    w->result_cap = 0;
}

static void worker_free(void *arg)
{
    struct worker *w = arg;

    worker_drop_model(w);
    signer_free(w->signer);
    free(w);
}

static uint64_t random_number(void)
{
    uint64_t v = 0;

    /* up to 256 bytes come whole once the kernel's pool is ready, for which it waits */
    if (getrandom(&v, sizeof(v), 0) != (ssize_t)sizeof(v))
        abort();
    return v;
}

struct server *server_new(const struct server_options *options)
{
    struct server *s = mem_alloc(1, sizeof(*s));
    int rc = pthread_key_create(&s->worker_key, worker_free);

    assert(rc == 0);
    s->options = *options;
    s->started_ms = clock_wall_ms();
    s->seen = feedback_seen_new(options->feedback_capacity, options->feedback_ttl_ms);
    faults_init(&s->faults, options->allow_faults);
    (void)pthread_mutex_init(&s->lock, NULL);
    return s;
}

void server_free(struct server *s)
{
    if (!s)
        return;
    if (pthread_getspecific(s->worker_key)) { /* a thread's own exit does not run here */
        worker_free(pthread_getspecific(s->worker_key));
        (void)pthread_setspecific(s->worker_key, NULL);
    }
    (void)pthread_key_delete(s->worker_key);
    served_release(s->current);
    feedback_seen_free(s->seen);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static void count_failure(struct server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->reloads_failed++;
    if (s->current)
        server_metrics_reloads(&s->current->metrics, s->reloads_ok, s->reloads_failed);
    (void)pthread_mutex_unlock(&s->lock);
}

/* The faults in force are a gauge of every registry, so of a new one, too. Who sees the
 * new model sees that it was counted. */
static void publish(struct server *s, struct served *next)
{
    struct served *old;
    struct fault_settings faults = faults_get(&s->faults);

    server_metrics_faults(&next->metrics, &faults);
    (void)pthread_mutex_lock(&s->lock);
    s->reloads_ok += s->current != NULL; /* the first one is no reload */
    server_metrics_reloads(&next->metrics, s->reloads_ok, s->reloads_failed);
    old = s->current;
    s->current = next;
    (void)atomic_fetch_add(&s->generation, 1);
    (void)pthread_mutex_unlock(&s->lock);
    served_release(old);
}

bool server_load(struct server *s, bool *changed, struct error *err)
{
    bool first = !atomic_load(&s->generation);
    CLEANUP(served_releasep)
    struct served *next = served_load(s->options.model_path, &s->options.who, err);
    bool same = next && !first && !strcmp(next->digest, s->current->digest);

    if (!next) {
        count_failure(s);
        return false;
    }
    if (changed)
        *changed = !same;
    if (same)
        return true;
    publish(s, STEAL(next));
    return true;
}

bool server_is_ready(const struct server *s)
{
    return atomic_load(&s->generation) && !atomic_load(&s->draining);
}

static struct worker *worker_new(struct server *s)
{
    struct worker *w = mem_alloc(1, sizeof(*w));
    int rc = pthread_setspecific(s->worker_key, w);

    assert(rc == 0);
    w->server = s;
    w->signer = signer_new(s->options.secret, s->options.secret_len);
    w->random = (struct random){random_number()};
    w->next_unique = random_number();
    return w;
}

static void worker_take_model(struct worker *w)
{
    struct server *s = w->server;

    worker_drop_model(w);
    (void)pthread_mutex_lock(&s->lock);
    w->served = s->current;
    w->generation = atomic_load(&s->generation);
    served_keep(w->served);
    (void)pthread_mutex_unlock(&s->lock);
    w->scratch = model_scratch_new(w->served->model);
    rows_init(&w->rows, w->served->width, s->options.max_batch);
}

struct worker *server_worker(struct server *s)
{
    unsigned generation = atomic_load_explicit(&s->generation, memory_order_acquire);
    struct worker *w = pthread_getspecific(s->worker_key);

    if (!generation)
        return NULL;
    if (!w)
        w = worker_new(s);
    if (w->generation != generation)
        worker_take_model(w);
    return w;
}

void worker_infer(struct worker *w)
{
    const struct served *s = w->served;
    size_t count = w->rows.count;

    if (count > w->result_cap) {
        w->probabilities = mem_resize(w->probabilities, count * s->class_count,
                                      sizeof(*w->probabilities));
        w->predicted = mem_resize(w->predicted, count, sizeof(*w->predicted));
        w->result_cap = count;
    }
    model_infer(s->model, w->scratch, w->rows.values, count, w->probabilities,
                w->predicted, NULL);
}

bool worker_draw(struct worker *w, double ratio)
{
    return random_unit(&w->random) < ratio;
}
