/* SPDX-License-Identifier: Apache-2.0 */
#include "server/faults.h"

#include <string.h>

#include "base/mem.h"
#include "json/json.h"

static const struct {
    const char *name;
    size_t offset;
    double high;
} members[] = {
    {"latency_ms",  offsetof(struct fault_settings, latency_ms),  FAULT_LATENCY_MAX_MS},
    {"error_ratio", offsetof(struct fault_settings, error_ratio), 1                   },
    {"wrong_ratio", offsetof(struct fault_settings, wrong_ratio), 1                   },
};

void faults_init(struct faults *f, bool allowed)
{
    *f = (struct faults){.allowed = allowed};
    (void)pthread_mutex_init(&f->lock, NULL);
}

struct fault_settings faults_get(struct faults *f)
{
    struct fault_settings now = {.latency_ms = 0};

    if (!f->allowed)
        return now;
    (void)pthread_mutex_lock(&f->lock);
    now = f->now;
    (void)pthread_mutex_unlock(&f->lock);
    return now;
}

void faults_set(struct faults *f, const struct fault_settings *settings)
{
    (void)pthread_mutex_lock(&f->lock);
    f->now = *settings;
    (void)pthread_mutex_unlock(&f->lock);
}

static bool set_member(struct fault_settings *s, const struct json *member,
                       struct error *err)
{
    const char *key = json_key(member);

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        double v = json_number(member, -1);

        if (strcmp(members[i].name, key) != 0)
            continue;
        if (!(v >= 0 && v <= members[i].high))
            return error_set(err, ERR_INVALID, "%s must be a number from 0 to %g", key,
                             members[i].high);
        memcpy((char *)s + members[i].offset, &v, sizeof(v));
        return true;
    }
    return error_set(err, ERR_INVALID, "unknown fault \"%.64s\"", key);
}

bool faults_parse(const char *text, size_t n, struct fault_settings *out,
                  struct error *err)
{
    CLEANUP(json_freep)
    struct json *j = json_parse(text, n, err);
    struct fault_settings found = {.latency_ms = 0};

    if (!j)
        return false;
    if (!json_is(j, JSON_OBJECT))
        return error_set(err, ERR_INVALID,
                         "an object is expected, such as "
                         "{\"latency_ms\":200,\"error_ratio\":0.5}");
    for (const struct json *m = json_first(j); m; m = json_next(m))
        if (!set_member(&found, m, err))
            return false;
    *out = found;
    return true;
}

void faults_write(const struct fault_settings *settings, struct buf *out)
{
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        double v;

        memcpy(&v, (const char *)settings + members[i].offset, sizeof(v));
        buf_printf(out, "%s\"%s\":", i ? "," : "{", members[i].name);
        json_add_number(out, v);
    }
    buf_putc(out, '}');
}

void faults_make_wrong(float *probabilities, size_t classes, size_t *predicted)
{
    float last = probabilities[classes - 1];

    memmove(probabilities + 1, probabilities, (classes - 1) * sizeof(*probabilities));
    probabilities[0] = last;
    *predicted = (*predicted + 1) % classes;
}
