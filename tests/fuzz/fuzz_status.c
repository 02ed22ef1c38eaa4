/* SPDX-License-Identifier: Apache-2.0 */
/* Any status beside a good spec: the weights still sum to one, and what was read, written
 * and read again is the same. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "route/route_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char object[] =
    "{\"apiVersion\":\"bandit-router.dev/v1alpha1\",\"kind\":\"BanditRoute\","
    "\"metadata\":{\"name\":\"digits\"},\"spec\":{\"arms\":[{\"name\":\"a\"},"
    "{\"name\":\"b\"},{\"name\":\"c\"}],\"targetRef\":{\"kind\":\"HAProxyBackend\","
    "\"name\":\"digits\"}}}";

static void check(const struct bandit_route *r)
{
    double sum = 0;

    for (size_t i = 0; i < r->spec.arm_count; i++) {
        assert(r->status.arms[i].desired >= 0 && r->status.arms[i].desired <= 1.000001);
        assert(r->status.arms[i].state < ARM_STATE_COUNT);
        sum += r->status.arms[i].desired;
    }
    assert(fabs(sum - 1) < 1e-6);
    assert(r->status.leader >= ROUTE_NO_ARM && r->status.leader < 3);
    assert(r->status.reason < REASON_COUNT && r->status.verdict < VERDICT_COUNT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_clear)
    struct buf first = BUF_INIT(1 << 20);
    CLEANUP(buf_clear)
    struct buf second = BUF_INIT(1 << 20);
    struct error err;
    CLEANUP(json_freep)
    struct json *spec = json_parse(object, strlen(object), &err);
    CLEANUP(json_freep)
    struct json *status = json_parse((const char *)data, size, &err);
    CLEANUP(json_freep)
    struct json *once = NULL;
    CLEANUP(json_freep)
    struct json *twice = NULL;
    CLEANUP(route_freep)
    struct bandit_route *r = route_from_json(spec, &err);

    assert(r);
    if (!status)
        return 0;
    (void)route_status_from_json(r, status, &err);
    check(r);
    once = route_status_to_json(r);
    json_write(once, &first);
    (void)route_status_from_json(r, once, &err);
    check(r);
    twice = route_status_to_json(r);
    json_write(twice, &second);
    assert(!strcmp(buf_str(&first), buf_str(&second)));
    return 0;
}
