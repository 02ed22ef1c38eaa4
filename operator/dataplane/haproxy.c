/* SPDX-License-Identifier: Apache-2.0 */
/* HAProxy as a data plane: a connection for each question, no state but what tells a
 * restart. */
#include <stdlib.h>

#include "base/clock.h"
#include "dataplane/dataplane_ops.h"
#include "dataplane/haproxy_socket.h"
#include "dataplane/haproxy_text.h"

enum {
    TIMEOUT_MS = 2000, /* it answers in microseconds, or it is stuck */
    QUESTION_MAX = 16 * 1024,
    ANSWER_MAX = 1024 * 1024,
    CLOCK_SLACK_MS = 2000, /* uptime is told in whole seconds */
};

struct haproxy {
    struct dataplane base;
    char *path;
    int64_t pid; /* 0: not asked yet */
    int64_t started_ms;
};

static struct haproxy *from_base(struct dataplane *d)
{
    return (struct haproxy *)d;
}

static bool ask(struct dataplane *d, const struct buf *question,
                const struct bandit_route *r, struct dataplane_report *report,
                struct error *err)
{
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(ANSWER_MAX);
    struct dataplane_report now = {.units = HAPROXY_UNITS, .trouble = REASON_NONE};

    if (!haproxy_ask(from_base(d)->path, question, TIMEOUT_MS, &answer, err)) {
        if (err->kind == ERR_NOT_FOUND) /* the socket: it does not run */
            err->kind = ERR_IO;
        return false;
    }
    if (!haproxy_read_answer(buf_str(&answer), answer.len, r, now.arms, err))
        return false;
    *report = now;
    return true;
}

static bool haproxy_read(struct dataplane *d, const struct bandit_route *r,
                         struct dataplane_report *report, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf question = BUF_INIT(QUESTION_MAX);

    return haproxy_read_command(r, &question, err) && ask(d, &question, r, report, err);
}

static bool haproxy_write(struct dataplane *d, const struct bandit_route *r,
                          const double *weights, struct dataplane_report *report,
                          struct error *err)
{
    CLEANUP(buf_clear)
    struct buf question = BUF_INIT(QUESTION_MAX);

    return haproxy_write_command(r, weights, &question, err) &&
           ask(d, &question, r, report, err);
}

/* Each weight is a server's, and an arm is the server of its name. */
static bool haproxy_overlaps(struct dataplane *d, const struct bandit_route *a,
                             const struct bandit_route *b)
{
    (void)d;
    for (size_t i = 0; i < a->spec.arm_count; i++)
        if (route_arm_index(&b->spec, a->spec.arms[i].name) != ROUTE_NO_ARM)
            return true;
    return false;
}

/* The process id alone does not tell: in a container it is the same each time. */
static bool haproxy_restarted(struct dataplane *d, bool *yes, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf question = BUF_INIT(QUESTION_MAX);
    CLEANUP(buf_clear)
    struct buf answer = BUF_INIT(ANSWER_MAX);
    struct haproxy *h = from_base(d);
    int64_t pid, uptime_s, started_ms;

    buf_puts(&question, "show info\n");
    if (!haproxy_ask(h->path, &question, TIMEOUT_MS, &answer, err) ||
        !haproxy_read_info(buf_str(&answer), answer.len, &pid, &uptime_s, err))
        return false;
    started_ms = clock_mono_ms() - uptime_s * 1000;
    *yes = h->pid && (pid != h->pid || started_ms > h->started_ms + CLOCK_SLACK_MS);
    if (!h->pid || *yes) {
        h->pid = pid;
        h->started_ms = started_ms;
    }
    return true;
}

static void haproxy_free(struct dataplane *d)
{
    free(from_base(d)->path);
    free(d);
}

static const struct dataplane_ops ops = {
    .read = haproxy_read,
    .write = haproxy_write,
    .overlaps = haproxy_overlaps,
    .restarted = haproxy_restarted,
    .free = haproxy_free,
};

struct dataplane *dataplane_haproxy(const char *socket_path)
{
    struct haproxy *h = mem_alloc(1, sizeof(*h));

    h->base.ops = &ops;
    h->path = mem_strdup(socket_path);
    return &h->base;
}
