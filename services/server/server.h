/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - what the handlers share: the served model, which may be swapped at any
 * moment, and one worker for each thread.
 *
 * A worker holds a reference to the model it last used and the memory to run it. It looks
 * at one atomic number per request to learn that there is a newer model, so a request
 * takes no lock. An old model lives until every worker has moved on.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/random.h"
#include "server/faults.h"
#include "server/feedback_seen.h"
#include "server/rows.h"
#include "server/served.h"
#include "server/stamp.h"

struct server_options {
    const char *model_path;
    const char *telemetry_path; /* where the metrics are */
    struct identity who;
    const char *tenant; /* whose deployment this is, or NULL */
    const void *secret; /* of prediction ids */
    size_t secret_len;
    size_t max_batch;
    size_t max_body;
    size_t feedback_capacity;
    int64_t feedback_ttl_ms;
    bool allow_faults;
};

struct server {
    struct server_options options;
    int64_t started_ms;
    struct feedback_seen *seen;
    struct faults faults;
    atomic_bool draining;
    pthread_key_t worker_key;
    _Atomic unsigned generation; /* of current; 0: none yet */
    pthread_mutex_t lock;        /* guards all below */
    struct served *current;
    double reloads_ok;
    double reloads_failed;
};

struct worker {
    struct server *server;
    unsigned generation; /* of served */
    struct served *served;
    struct model_scratch *scratch;
    struct rows rows;
    size_t result_cap; /* rows there is memory for */
    float *probabilities;
    size_t *predicted;
    struct signer *signer;
    struct stamp stamp;
    struct random random;
    uint64_t next_unique; /* of its ids: each worker counts up from a number of chance */
    size_t answer_len;    /* see fill_up() */
};

/* The options' strings and bytes must outlive the server. */
struct server *server_new(const struct server_options *options);

/* After every thread that used it has ended. */
void server_free(struct server *s);
DEFINE_FREEP(struct server *, server_free)

/* Load the model's file and serve it from the next request on. When that fails, what was
 * served before still is. A file equal to the one served is left alone: *changed, when
 * not NULL, says which. For one thread (main's). */
bool server_load(struct server *s, bool *changed, struct error *err);

bool server_is_ready(const struct server *s);

/* This thread's worker with the newest model; NULL before the first is loaded. */
struct worker *server_worker(struct server *s);

/* Run the model over worker->rows into probabilities and predicted. */
void worker_infer(struct worker *w);

/* True in that share of calls. */
bool worker_draw(struct worker *w, double ratio);

#endif
