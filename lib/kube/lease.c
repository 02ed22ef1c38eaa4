/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/lease.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "kube/backoff.h"

enum { RELEASE_TIMEOUT_MS = 2000 };

static const struct kube_kind kind = {"Lease", "coordination.k8s.io", "v1", "leases",
                                      true};

struct lease {
    struct lease_options o;
    struct stop *stop;
    struct kube_client *client;
    pthread_t thread;
    atomic_int_fast64_t held_until_ms; /* by clock_boot_ms(); 0: not held */

    /* Of the thread. */
    struct json *object; /* as it was read or written last; NULL: not known */
    struct lease_view seen;
    char *record;
    bool unsure; /* a claim got no answer: the server may have taken it */
    uint64_t chance;
};

const char *lease_identity(char out[LEASE_IDENTITY_MAX])
{
    char host[256] = "unknown";
    uint64_t random = 0;

    (void)gethostname(host, sizeof(host) - 1);
    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        random = (uint64_t)clock_mono_ns() ^ (uint64_t)getpid() << 40;
    (void)snprintf(out, LEASE_IDENTITY_MAX, "%s_%016llx", host,
                   (unsigned long long)random);
    return out;
}

static void keep(struct lease *l, struct json *object)
{
    json_free(l->object);
    l->object = object;
}

static void observe(struct lease *l)
{
    lease_observe(&l->seen, &l->record, l->object, l->o.identity, &l->o.timing,
                  clock_boot_ms());
}

static struct kube_ref ref_of(const struct lease *l, bool collection)
{
    return (struct kube_ref){.kind = &kind,
                             .namespace = l->o.namespace,
                             .name = collection ? NULL : l->o.name};
}

/* ---- one try -------------------------------------------------------------------------
 */

static bool look(struct lease *l, struct error *err)
{
    const struct kube_ref ref = ref_of(l, false);
    struct json *object = kube_get(l->client, &ref, err);

    if (!object && err->kind != ERR_NOT_FOUND)
        return false;
    l->unsure = false;
    keep(l, object);
    observe(l);
    return true;
}

/* The time that counts is the one before the request: others may see the renewal no
 * earlier, and so wait for longer than we lead. */
static bool claim(struct lease *l, enum lease_step step, struct error *err)
{
    const struct kube_ref ref = ref_of(l, step == LEASE_CREATE);
    int64_t asked_ms = clock_boot_ms();
    CLEANUP(json_freep)
    struct json *wanted = lease_claim(l->object, l->o.namespace, l->o.name, l->o.identity,
                                      step, &l->o.timing, clock_wall_ms());
    struct json *stored = step == LEASE_CREATE
                              ? kube_create(l->client, &ref, wanted, err)
                              : kube_replace(l->client, &ref, wanted, err);

    l->unsure = !stored && err->kind != ERR_CONFLICT;
    if (!stored)
        return false;
    keep(l, stored);
    observe(l);
    atomic_store(&l->held_until_ms, asked_ms + l->o.timing.renew_deadline_ms);
    return true;
}

static bool leading(const struct lease *l)
{
    return atomic_load(&l->held_until_ms) != 0;
}

/* A leader writes over what it wrote last; only when that fails it looks who did. */
static bool renew(struct lease *l, struct error *err)
{
    if (claim(l, LEASE_RENEW, err))
        return true;
    if (err->kind != ERR_CONFLICT && err->kind != ERR_NOT_FOUND)
        return false;
    if (!look(l, err))
        return false;
    if (l->seen.held_by_us || !l->seen.exists)
        return claim(l, l->seen.exists ? LEASE_RENEW : LEASE_CREATE, err);
    return error_set(err, ERR_CONFLICT, "another process holds it now");
}

static bool try_for_it(struct lease *l, struct error *err)
{
    enum lease_step step;

    if (!look(l, err))
        return false;
    step = lease_next(&l->seen, &l->o.timing, clock_boot_ms());
    return step == LEASE_WAIT || claim(l, step, err);
}

/* ---- the thread ----------------------------------------------------------------------
 */

/* Those who wait do so for uneven times, or they would all come at once; but nobody
 * sleeps past the moment at which the lease runs out, as each has seen it: a leader that
 * died is followed at once, not up to 2.2 retry periods later. */
static int64_t pause_ms(struct lease *l)
{
    int64_t retry_ms = l->o.timing.retry_ms, pause, left;

    if (leading(l))
        return retry_ms;
    pause = retry_ms +
            (int64_t)((uint64_t)retry_ms * 12 / 10 * backoff_chance(&l->chance) >> 32);
    left = lease_left_ms(&l->seen, clock_boot_ms());
    return left > 0 && left < pause ? left : pause;
}

static void lose(struct lease *l, const struct error *why)
{
    atomic_store(&l->held_until_ms, 0);
    l->o.lost(l->o.arg, why);
}

static void turn(struct lease *l)
{
    struct error err;
    bool led = leading(l);
    bool ok = led ? renew(l, &err) : try_for_it(l, &err);

    if (ok && !led && leading(l))
        l->o.won(l->o.arg);
    if (ok || stop_requested(l->stop))
        return;
    if (l->o.fault && !(err.kind == ERR_CONFLICT && !led)) /* somebody else was faster */
        l->o.fault(l->o.arg, &err);
    if (led && (err.kind == ERR_CONFLICT || !lease_held(l)))
        lose(l, &err);
}

static void *run(void *arg)
{
    struct lease *l = arg;

    do {
        turn(l);
    } while (!stop_wait_ms(l->stop, pause_ms(l)));
    return NULL;
}

static struct kube_client *new_client(const struct lease_options *o, struct stop *stop,
                                      int64_t timeout_ms)
{
    return kube_client_new(&(struct kube_client_options){
        .access = o->access,
        .stop = stop,
        .user_agent = o->user_agent,
        .timeout_ms = timeout_ms,
        .patience_ms = -1, /* a late renewal is worth nothing */
        .report = o->report,
        .hook_arg = o->arg,
    });
}

/* Half of the deadline, so that there is a second try; and short enough for a try begun
 * just before the deadline to end before others take over. */
static int64_t call_timeout_ms(const struct lease_timing *t)
{
    int64_t half_ms = t->renew_deadline_ms / 2;
    int64_t gap_ms = t->duration_ms - t->renew_deadline_ms;

    return half_ms < gap_ms ? half_ms : gap_ms;
}

struct lease *lease_start(const struct lease_options *options)
{
    struct lease *l = mem_alloc(1, sizeof(*l));

    l->o = *options;
    l->stop = stop_new();
    l->chance = ((uint64_t)clock_mono_ns() ^ (uint64_t)getpid() << 32) | 1;
    l->client = new_client(options, l->stop, call_timeout_ms(&options->timing));
    if (pthread_create(&l->thread, NULL, run, l) != 0)
        abort();
    return l;
}

bool lease_held(const struct lease *l)
{
    return l && clock_boot_ms() < atomic_load(&l->held_until_ms);
}

static bool release(struct lease *l, struct kube_client *client, struct error *err)
{
    const struct kube_ref ref = ref_of(l, false);
    CLEANUP(json_freep)
    struct json *released = lease_released(l->object, clock_wall_ms());
    struct json *stored = kube_replace(client, &ref, released, err);

    json_free(stored);
    return stored != NULL;
}

/* Is it ours, as it stands on the server? */
static bool look_again(struct lease *l, struct kube_client *client, struct error *err)
{
    const struct kube_ref ref = ref_of(l, false);
    struct json *object = kube_get(client, &ref, err);

    if (!object)
        return false;
    keep(l, object);
    observe(l);
    return l->seen.held_by_us ||
           error_set(err, ERR_CONFLICT, "another process holds it now");
}

/* With a client of its own: the other one is stopped. That may have cut off a claim which
 * the server took all the same: then it has a version that we do not know. */
static void give_back(struct lease *l)
{
    CLEANUP(kube_client_freep)
    struct kube_client *client = new_client(&l->o, NULL, RELEASE_TIMEOUT_MS);
    struct error err = {.kind = ERR_CONFLICT};

    if (leading(l) && l->object && release(l, client, &err))
        return;
    if (err.kind == ERR_CONFLICT && look_again(l, client, &err) &&
        release(l, client, &err))
        return;
    if (l->o.fault && err.kind != ERR_CONFLICT && err.kind != ERR_NOT_FOUND)
        l->o.fault(l->o.arg, &err);
}

void lease_stop(struct lease *l)
{
    if (!l)
        return;
    stop_request(l->stop);
    (void)pthread_join(l->thread, NULL);
    if (leading(l) || l->unsure)
        give_back(l);
    kube_client_free(l->client);
    stop_free(l->stop);
    json_free(l->object);
    free(l->record);
    free(l);
}
