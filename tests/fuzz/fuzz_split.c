/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever stands in an HTTPRoute, a VirtualService or an EndpointSlice: shares that are
 * shares, or a reason; and a patch that changes nothing a second time. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/endpoints.h"
#include "dataplane/split.h"
#include "support/arms_route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_report(const struct dataplane_report *report)
{
    double sum = report->arms[0].applied + report->arms[1].applied;

    assert(isnan(sum) || sum == 0 || fabs(sum - 1) < 1e-9);
    assert(memchr(report->message, '\0', sizeof(report->message)));
}

static void check_kind(const struct split_kind *kind, const struct json *object)
{
    static const double weights[] = {0.7, 0.3};
    CLEANUP(route_freep)
    struct bandit_route *r = arms_route("n", "", 2);
    CLEANUP(split_freep)
    struct split *s = split_parse(kind, object);
    struct dataplane_report report;
    struct error err;
    size_t changes;
    CLEANUP(json_freep)
    struct json *patch = split_patch(kind, s, r, weights, &changes, &err);

    assert((patch != NULL) == split_report(kind, s, r, &report, &err));
    if (patch) {
        check_report(&report);
        assert(json_count(patch) >= changes);
    } else {
        assert(err.kind == ERR_INVALID);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    CLEANUP(json_freep)
    struct json *object = json_parse((const char *)data, size, &err);
    CLEANUP(mem_freep)
    struct endpoints_slice *slice = NULL;
    struct endpoints endpoints;

    if (!object)
        return 0;
    check_kind(&split_httproute, object);
    check_kind(&split_virtualservice, object);
    endpoints_init(&endpoints);
    slice = endpoints_parse(object);
    (void)endpoints_change(&endpoints, NULL, slice);
    (void)endpoints_change(&endpoints, slice, slice);
    (void)endpoints_change(&endpoints, slice, NULL);
    assert(!endpoints.services.count);
    endpoints_clear(&endpoints);
    return 0;
}
