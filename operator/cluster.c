/* SPDX-License-Identifier: Apache-2.0 */
#include "operator/cluster.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kube/event.h"
#include "store/logged.h"

static const char user_agent[] = "bandit-operator/" BANDIT_VERSION;

struct cluster {
    const struct cluster_flags *flags;
    struct operator_metrics *metrics;
    const char *host; /* of the API server, with its port */
    struct lease *lease;
    struct kube_events *events; /* NULL without an API server */
    char identity[LEASE_IDENTITY_MAX];
    int exit_lost;
};

bool cluster_check(const struct cluster_flags *flags, const struct store_choice *choice,
                   struct error *err)
{
    if (!flags->elect)
        return true;
    if (*choice->folder)
        return error_set(err, ERR_INVALID,
                         "--leader-elect needs an API server, not --store.dir");
    return lease_timing_check(&flags->timing, err);
}

struct cluster *cluster_new(const struct cluster_flags *flags)
{
    struct cluster *c = mem_alloc(1, sizeof(*c));

    c->flags = flags;
    return c;
}

void cluster_free(struct cluster *c)
{
    free(c);
}

/* ---- hooks ---------------------------------------------------------------------------
 */

static void on_answer(void *arg, const char *method, int code)
{
    const struct cluster *c = arg;

    if (c->metrics)
        operator_metrics_rest(c->metrics, c->host, method, code);
}

static void on_event_dropped(void *arg, enum kube_event_loss why)
{
    const struct cluster *c = arg;

    operator_metrics_event_dropped(c->metrics, why == KUBE_EVENT_FULL);
}

static void on_lease_fault(void *arg, const struct error *err)
{
    store_log_fault(arg, "lease", err);
}

static bool may_write(void *arg)
{
    return cluster_leads(arg);
}

struct store_kube_options cluster_hooks(struct cluster *c)
{
    return (struct store_kube_options){
        .user_agent = user_agent,
        .report = on_answer,
        .warn = store_log_warning,
        .fault = store_log_fault,
        .may_write = may_write,
        .arg = c,
    };
}

void cluster_begin(struct cluster *c, struct operator_metrics *metrics,
                   const struct store_choice *choice)
{
    if (choice->access) {
        c->host = strstr(kube_access_config(choice->access)->server, "://") + 3;
        c->metrics = metrics;
        c->events = kube_events_start(&(struct kube_events_options){
            .access = choice->access,
            .controller = "bandit-router.dev/operator",
            .instance = lease_identity(c->identity),
            .user_agent = user_agent,
            .report = on_answer,
            .dropped = on_event_dropped,
            .hook_arg = c,
        });
    }
    operator_metrics_leader(metrics, !c->flags->elect);
}

void cluster_tell(void *cluster, const struct route_event *event)
{
    const struct cluster *c = cluster;
    const char *slash = strchr(event->key, '/');
    CLEANUP(mem_freep)
    char *where = mem_strndup(event->key, (size_t)(slash - event->key));

    kube_events_note(c->events, &(struct kube_event){
                                    .kind = &store_kube_kind,
                                    .namespace = where,
                                    .name = slash + 1,
                                    .uid = event->uid,
                                    .warning = event->type == EVENT_WARNING,
                                    .reason = event->reason,
                                    .action = "Reconcile",
                                    .note = event->message,
                                });
}

/* ---- election ------------------------------------------------------------------------
 */

static void on_won(void *arg)
{
    const struct cluster *c = arg;

    log_info("this operator leads", LOG_STR("identity", c->identity));
    operator_metrics_leader(c->metrics, true);
    (void)kill(getpid(), SIGUSR1);
}

/* What is under way in other threads must not go on for another moment. */
static void on_lost(void *arg, const struct error *why)
{
    const struct cluster *c = arg;

    log_error("the lease is lost, and with it the right to decide",
              LOG_STR("identity", c->identity), LOG_STR("error", why->msg));
    _exit(c->exit_lost);
}

void cluster_elect(struct cluster *c, const struct store_choice *choice, int exit_lost)
{
    const char *where = c->flags->lease_namespace;

    if (!c->flags->elect)
        return;
    if (!*where)
        where = kube_access_config(choice->access)->namespace;
    c->exit_lost = exit_lost;
    log_info("standing for election", LOG_STR("identity", c->identity),
             LOG_STR("namespace", where));
    c->lease = lease_start(&(struct lease_options){
        .access = choice->access,
        .namespace = where,
        .name = OPERATOR_LEASE,
        .identity = c->identity,
        .user_agent = user_agent,
        .timing = c->flags->timing,
        .report = on_answer,
        .won = on_won,
        .lost = on_lost,
        .fault = on_lease_fault,
        .arg = c,
    });
}

bool cluster_leads(const struct cluster *c)
{
    return !c->flags->elect || lease_held(c->lease);
}

void cluster_end(struct cluster *c)
{
    lease_stop(STEAL(c->lease));
    kube_events_stop(STEAL(c->events));
}
