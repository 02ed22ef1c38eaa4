/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPRoutes and VirtualServices as the data planes understand them: what is read, and
 * the patch that is made of it. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/split.h"
#include "support/arms_route.h"

static struct json *parse(const char *text)
{
    struct error err;
    struct json *j = json_parse(text, strlen(text), &err);

    if (!j)
        fail_msg("%s", err.msg);
    return j;
}

static struct split *split_of(const struct split_kind *kind, const char *text)
{
    CLEANUP(json_freep)
    struct json *j = parse(text);

    return split_parse(kind, j);
}

/* In namespace "team" to "digits", with arms a, b, c. */
static struct bandit_route *new_route(void)
{
    return arms_route("team", "digits", 3);
}

#define META "\"metadata\":{\"namespace\":\"team\",\"name\":\"digits\",\"generation\":7}"
#define RULES(refs) \
    "{" META ",\"spec\":{\"rules\":[{\"name\":\"one\",\"backendRefs\":[" refs "]}]}}"
#define HTTP(routes) \
    "{" META ",\"spec\":{\"http\":[{\"name\":\"one\",\"route\":[" routes "]}]}}"

/* ---- reading -------------------------------------------------------------------------
 */

struct reading {
    const char *what;
    const struct split_kind *kind;
    const char *object;
    double applied[3]; /* of a, b, c */
    const char *error; /* part of it; NULL: none */
};

/* clang-format off */
static const struct reading readings[] = {
    {"weights", &split_httproute,
     RULES("{\"name\":\"a\",\"weight\":1},{\"name\":\"b\",\"weight\":2},{\"name\":\"c\",\"weight\":5}"),
     {0.125, 0.25, 0.625}, NULL},
    {"a weight left out is one", &split_httproute,
     RULES("{\"name\":\"a\"},{\"name\":\"b\",\"weight\":2},{\"name\":\"c\",\"weight\":5}"),
     {0.125, 0.25, 0.625}, NULL},
    {"any order, and a backend of weight 0 between", &split_httproute,
     RULES("{\"name\":\"c\"},{\"name\":\"old\",\"weight\":0},{\"name\":\"a\",\"weight\":3},{\"name\":\"b\",\"weight\":0}"),
     {0.75, 0, 0.25}, NULL},
    {"all zero", &split_httproute,
     RULES("{\"name\":\"a\",\"weight\":0},{\"name\":\"b\",\"weight\":0},{\"name\":\"c\",\"weight\":0}"),
     {0, 0, 0}, NULL},
    {"a backend of another namespace is another", &split_httproute,
     RULES("{\"name\":\"a\",\"namespace\":\"other\"},{\"name\":\"b\"},{\"name\":\"c\"}"),
     {0}, "no backend for arm a (Service team/a)"},
    {"a backend that is no Service", &split_httproute,
     RULES("{\"name\":\"a\"},{\"name\":\"b\",\"group\":\"x\",\"kind\":\"Pool\"},{\"name\":\"c\"}"),
     {0}, "no backend for arm b"},
    {"one too many", &split_httproute,
     RULES("{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"}"),
     {0}, "sends traffic to d, which is no arm"},
    {"one twice", &split_httproute,
     RULES("{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"b\",\"port\":81},{\"name\":\"c\"}"),
     {0}, "arm b has 2 backends"},
    {"no rules", &split_httproute, "{" META ",\"spec\":{}}", {0}, "no rule"},
    {"no spec", &split_httproute, "{}", {0}, "no rule"},
    {"weights that are none", &split_httproute,
     RULES("{\"name\":\"a\",\"weight\":-1},{\"name\":\"b\",\"weight\":1e9},{\"name\":\"c\",\"weight\":4}"),
     {0, 0, 1}, NULL},
    {"hosts, short and long", &split_virtualservice,
     HTTP("{\"destination\":{\"host\":\"a\"},\"weight\":50},"
          "{\"destination\":{\"host\":\"b.team.svc.cluster.local\"},\"weight\":30},"
          "{\"destination\":{\"host\":\"c.team.svc\"},\"weight\":20}"),
     {0.5, 0.3, 0.2}, NULL},
    {"a weight left out is none", &split_virtualservice,
     HTTP("{\"destination\":{\"host\":\"a\"},\"weight\":50},{\"destination\":{\"host\":\"b\"}},"
          "{\"destination\":{\"host\":\"c\"},\"weight\":50}"),
     {0.5, 0, 0.5}, NULL},
    {"a host of another namespace", &split_virtualservice,
     HTTP("{\"destination\":{\"host\":\"a.other.svc.cluster.local\"},\"weight\":50},"
          "{\"destination\":{\"host\":\"b\"}},{\"destination\":{\"host\":\"c\"}}"),
     {0}, "no backend for arm a"},
    {"a host that is no Service", &split_virtualservice,
     HTTP("{\"destination\":{\"host\":\"a.example.com\"},\"weight\":50},"
          "{\"destination\":{\"host\":\"b\"}},{\"destination\":{\"host\":\"c\"}}"),
     {0}, "no backend for arm a"},
    {"http that is no list", &split_virtualservice, "{\"spec\":{\"http\":7}}", {0}, "no rule"},
};
/* clang-format on */

static void shares_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(readings); i++) {
        const struct reading *c = &readings[i];
        CLEANUP(route_freep)
        struct bandit_route *r = new_route();
        CLEANUP(split_freep)
        struct split *s = split_of(c->kind, c->object);
        struct dataplane_report report;
        struct error err;
        bool ok = split_report(c->kind, s, r, &report, &err);

        if (ok == (c->error != NULL))
            fail_msg("%s: %s", c->what, ok ? "taken" : err.msg);
        if (!ok) {
            assert_int_equal(err.kind, ERR_INVALID);
            if (!strstr(err.msg, c->error))
                fail_msg("%s: \"%s\" does not say \"%s\"", c->what, err.msg, c->error);
            continue;
        }
        assert_int_equal(report.units, c->kind->units);
        for (size_t a = 0; a < 3; a++)
            if (fabs(report.arms[a].applied - c->applied[a]) > 1e-12)
                fail_msg("%s: arm %zu has %g", c->what, a, report.arms[a].applied);
    }
}

static void arms_are_told_apart_by_port_namespace_and_subset(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    CLEANUP(split_freep)
    struct split *ports =
        split_of(&split_httproute,
                 RULES("{\"name\":\"m\",\"port\":1,\"weight\":1},"
                       "{\"name\":\"m\",\"port\":2,\"weight\":3},"
                       "{\"name\":\"m\",\"namespace\":\"x\",\"port\":2,\"weight\":4}"));
    CLEANUP(split_freep)
    struct split *subsets = split_of(
        &split_virtualservice,
        HTTP("{\"destination\":{\"host\":\"m\",\"subset\":\"c\"},\"weight\":10},"
             "{\"destination\":{\"host\":\"m\",\"subset\":\"a\"},\"weight\":20},"
             "{\"destination\":{\"host\":\"m\",\"subset\":\"b\"},\"weight\":70}"));
    struct dataplane_report report;
    struct error err;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(r->spec.arms[i].service, ROUTE_LABEL_MAX, "m");
    r->spec.arms[0].port = 1;
    r->spec.arms[1].port = 2;
    (void)snprintf(r->spec.arms[2].namespace, ROUTE_LABEL_MAX, "x");
    assert_true(split_report(&split_httproute, ports, r, &report, &err));
    assert_true(report.arms[0].applied == 0.125 && report.arms[2].applied == 0.5);
    for (size_t i = 0; i < 3; i++) {
        r->spec.arms[i].port = 0;
        r->spec.arms[i].namespace[0] = '\0';
        memcpy(r->spec.arms[i].subset, r->spec.arms[i].name, ROUTE_LABEL_MAX);
    }
    assert_true(split_report(&split_virtualservice, subsets, r, &report, &err));
    assert_true(report.arms[0].applied == 0.2 && report.arms[2].applied == 0.1);
    r->spec.arms[1].subset[0] = '\0'; /* any, so that of another arm, too */
    assert_false(split_report(&split_virtualservice, subsets, r, &report, &err));
}

static void rules_that_disagree_have_no_share(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    CLEANUP(split_freep)
    struct split *s = split_of(
        &split_httproute,
        "{\"spec\":{\"rules\":["
        "{\"backendRefs\":[{\"name\":\"a\",\"namespace\":\"team\"}]},"
        "{\"name\":\"x\",\"backendRefs\":[{\"name\":\"a\",\"namespace\":\"team\"},"
        "{\"name\":\"b\",\"namespace\":\"team\"},{\"name\":\"c\",\"namespace\":\"team\"}]"
        "},"
        "{\"name\":\"y\",\"backendRefs\":[{\"name\":\"a\",\"namespace\":\"team\","
        "\"weight\":8},"
        "{\"name\":\"b\",\"namespace\":\"team\",\"weight\":8},"
        "{\"name\":\"c\",\"namespace\":\"team\",\"weight\":0}]}]}}");
    struct dataplane_report report;
    struct error err;

    (void)state;
    assert_true(split_report(&split_httproute, s, r, &report, &err));
    assert_true(isnan(report.arms[0].applied) && isnan(report.arms[2].applied));
    (void)snprintf(r->spec.target.rule, sizeof(r->spec.target.rule), "y");
    assert_true(split_report(&split_httproute, s, r, &report, &err));
    assert_true(report.arms[0].applied == 0.5);
    (void)snprintf(r->spec.target.rule, sizeof(r->spec.target.rule), "z");
    assert_false(split_report(&split_httproute, s, r, &report, &err));
    assert_non_null(strstr(err.msg, "no rule of that name"));
}

/* ---- writing -------------------------------------------------------------------------
 */

/* clang-format off */
static const struct {
    const char *what;
    const struct split_kind *kind;
    const char *object;
    double weights[3];
    const char *patch; /* NULL: refused */
    size_t changes;
} patches[] = {
    {"an HTTPRoute", &split_httproute,
     RULES("{\"name\":\"b\"},{\"name\":\"a\",\"weight\":5},{\"name\":\"c\",\"weight\":300}"),
     {0.5, 0.2, 0.3},
     "[{\"op\":\"test\",\"path\":\"/metadata/generation\",\"value\":7},"
     "{\"op\":\"test\",\"path\":\"/spec/rules/0/backendRefs/1/name\",\"value\":\"a\"},"
     "{\"op\":\"test\",\"path\":\"/spec/rules/0/backendRefs/0/name\",\"value\":\"b\"},"
     "{\"op\":\"test\",\"path\":\"/spec/rules/0/backendRefs/2/name\",\"value\":\"c\"},"
     "{\"op\":\"add\",\"path\":\"/spec/rules/0/backendRefs/1/weight\",\"value\":500},"
     "{\"op\":\"add\",\"path\":\"/spec/rules/0/backendRefs/0/weight\",\"value\":200}]", 2},
    {"a VirtualService", &split_virtualservice,
     HTTP("{\"destination\":{\"host\":\"a\"}},{\"destination\":{\"host\":\"b.team.svc\"}},"
          "{\"destination\":{\"host\":\"c\"}}"),
     {1. / 3, 1. / 3, 1. / 3},
     "[{\"op\":\"test\",\"path\":\"/metadata/generation\",\"value\":7},"
     "{\"op\":\"test\",\"path\":\"/spec/http/0/route/0/destination/host\",\"value\":\"a\"},"
     "{\"op\":\"test\",\"path\":\"/spec/http/0/route/1/destination/host\",\"value\":\"b.team.svc\"},"
     "{\"op\":\"test\",\"path\":\"/spec/http/0/route/2/destination/host\",\"value\":\"c\"},"
     "{\"op\":\"add\",\"path\":\"/spec/http/0/route/0/weight\",\"value\":34},"
     "{\"op\":\"add\",\"path\":\"/spec/http/0/route/1/weight\",\"value\":33},"
     "{\"op\":\"add\",\"path\":\"/spec/http/0/route/2/weight\",\"value\":33}]", 3},
    {"nothing to change", &split_virtualservice,
     HTTP("{\"destination\":{\"host\":\"a\"},\"weight\":98},{\"destination\":{\"host\":\"b\"},\"weight\":1},"
          "{\"destination\":{\"host\":\"c\"},\"weight\":1}"),
     {0.9998, 0.0001, 0.0001},
     "[{\"op\":\"test\",\"path\":\"/metadata/generation\",\"value\":7},"
     "{\"op\":\"test\",\"path\":\"/spec/http/0/route/0/destination/host\",\"value\":\"a\"},"
     "{\"op\":\"test\",\"path\":\"/spec/http/0/route/1/destination/host\",\"value\":\"b\"},"
     "{\"op\":\"test\",\"path\":\"/spec/http/0/route/2/destination/host\",\"value\":\"c\"}]", 0},
    {"no weight at all", &split_httproute, RULES("{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}"),
     {0, 0, 0}, NULL, 0},
    {"a weight that is none", &split_httproute, RULES("{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"}"),
     {1, (double)NAN, 0}, NULL, 0},
    {"an arm that is not there", &split_httproute, RULES("{\"name\":\"a\"},{\"name\":\"b\"}"), {1, 0, 0}, NULL, 0},
};
/* clang-format on */

static void patches_touch_weights_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(patches); i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = new_route();
        CLEANUP(split_freep)
        struct split *s = split_of(patches[i].kind, patches[i].object);
        CLEANUP(buf_clear)
        struct buf text = BUF_INIT(1 << 16);
        size_t changes = 99;
        struct error err;
        CLEANUP(json_freep)
        struct json *patch =
            split_patch(patches[i].kind, s, r, patches[i].weights, &changes, &err);

        if (!patches[i].patch) {
            assert_null(patch);
            assert_int_equal(err.kind, ERR_INVALID);
            continue;
        }
        if (!patch)
            fail_msg("%s: %s", patches[i].what, err.msg);
        json_write(patch, &text);
        assert_string_equal(buf_str(&text), patches[i].patch);
        assert_int_equal(changes, patches[i].changes);
    }
}

/* ---- whole objects -------------------------------------------------------------------
 */

static void assert_made(const struct split_kind *kind, const struct bandit_route *r,
                        const char *want)
{
    static const double weights[] = {0.5, 0.25, 0.25};
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 16);
    struct error err;
    CLEANUP(json_freep)
    struct json *made = split_make(kind, &kind->versions[0], r, weights, &err);
    CLEANUP(split_freep)
    struct split *s = split_parse(kind, made);
    struct dataplane_report report;

    json_write(made, &text);
    assert_string_equal(buf_str(&text), want);
    assert_string_equal(s->owner, "u-1");
    assert_int_equal(s->made_for, 4);
    assert_true(split_report(kind, s, r, &report, &err)); /* it finds its way in it */
    assert_true(report.arms[0].applied == 0.5 && report.arms[2].applied == 0.25);
}

/* clang-format off */
#define MADE(api, kind) \
    "{\"apiVersion\":\"" api "\",\"kind\":\"" kind "\",\"metadata\":{\"name\":\"digits\"," \
    "\"namespace\":\"team\",\"labels\":{\"app.kubernetes.io/managed-by\":\"bandit-operator\"}," \
    "\"annotations\":{\"bandit-router.dev/generation\":\"4\"},\"ownerReferences\":[{" \
    "\"apiVersion\":\"bandit-router.dev/v1alpha1\",\"kind\":\"BanditRoute\",\"name\":\"br\"," \
    "\"uid\":\"u-1\",\"controller\":true}]},\"spec\":"
/* clang-format on */

static void whole_objects_are_made_from_the_template(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct route_template *t = &r->spec.target.template;

    (void)state;
    (void)snprintf(r->name, sizeof(r->name), "br");
    (void)snprintf(r->uid, sizeof(r->uid), "u-1");
    r->generation = 4;
    t->set = true;
    (void)snprintf(t->gateway, sizeof(t->gateway), "gw");
    for (size_t i = 0; i < 3; i++)
        r->spec.arms[i].port = 80;
    assert_made(&split_virtualservice, r,
                MADE("networking.istio.io/v1",
                     "VirtualService") "{\"hosts\":[\"*\"],\"gateways\":[\"gw\"],"
                                       "\"http\":[{\"route\":["
                                       "{\"destination\":{\"host\":\"a\",\"port\":{"
                                       "\"number\":80}},\"weight\":50},"
                                       "{\"destination\":{\"host\":\"b\",\"port\":{"
                                       "\"number\":80}},\"weight\":25},"
                                       "{\"destination\":{\"host\":\"c\",\"port\":{"
                                       "\"number\":80}},\"weight\":25}]}]}}");
    (void)snprintf(t->gateway_namespace, sizeof(t->gateway_namespace), "edge");
    (void)snprintf(t->listener, sizeof(t->listener), "https");
    (void)snprintf(t->hostname, sizeof(t->hostname), "m.example.com");
    (void)snprintf(r->spec.target.rule, sizeof(r->spec.target.rule), "main");
    (void)snprintf(r->spec.arms[1].namespace, ROUTE_LABEL_MAX, "other");
    assert_made(
        &split_httproute, r,
        MADE("gateway.networking.k8s.io/v1",
             "HTTPRoute") "{\"parentRefs\":[{\"name\":\"gw\",\"namespace\":\"edge\","
                          "\"sectionName\":\"https\"}],\"hostnames\":[\"m.example.com\"],"
                          "\"rules\":[{"
                          "\"name\":\"main\",\"backendRefs\":["
                          "{\"name\":\"a\",\"port\":80,\"weight\":500},"
                          "{\"name\":\"b\",\"namespace\":\"other\",\"port\":80,"
                          "\"weight\":250},"
                          "{\"name\":\"c\",\"port\":80,\"weight\":250}]}]}}");
    (void)snprintf(r->spec.arms[2].subset, ROUTE_LABEL_MAX, "v3");
    r->spec.arms[0].port = 0;
    assert_made(&split_virtualservice, r,
                MADE("networking.istio.io/v1",
                     "VirtualService") "{\"hosts\":[\"m.example.com\"],\"gateways\":["
                                       "\"edge/gw\"],\"http\":[{"
                                       "\"name\":\"main\",\"route\":["
                                       "{\"destination\":{\"host\":\"a\"},\"weight\":50},"
                                       "{\"destination\":{\"host\":\"b.other.svc.cluster."
                                       "local\",\"port\":{\"number\":80}},"
                                       "\"weight\":25},"
                                       "{\"destination\":{\"host\":\"c\",\"subset\":"
                                       "\"v3\",\"port\":{\"number\":80}},"
                                       "\"weight\":25}]}]}}");
}

/* ---- what gateways say ---------------------------------------------------------------
 */

/* clang-format off */
#define PARENT(name, accepted, generation, resolved, reason)                          \
    "{\"parentRef\":{\"name\":\"" name "\"},\"conditions\":["                         \
    "{\"type\":\"Accepted\",\"status\":\"" accepted "\",\"reason\":\"Why\",\"message\":\"\"," \
    "\"observedGeneration\":" generation "},"                                         \
    "{\"type\":\"ResolvedRefs\",\"status\":\"" resolved "\",\"reason\":\"" reason "\","       \
    "\"observedGeneration\":" generation "}]}"
#define SAID(parents) \
    "{" META ",\"spec\":{\"parentRefs\":[{},{}]},\"status\":{\"parents\":[" parents "]}}"

static const struct {
    const char *object;
    enum reason trouble;
    const char *message;
} verdicts[] = {
    {"{" META "}", REASON_NONE, ""}, /* it has no gateway, so none disagrees */
    {SAID(""), REASON_PENDING, "not every gateway"},
    {SAID(PARENT("g", "True", "7", "True", "R")), REASON_PENDING, "not every gateway"},
    {SAID(PARENT("g", "True", "7", "True", "R") "," PARENT("h", "True", "8", "True", "R")),
     REASON_NONE, ""},
    {SAID(PARENT("g", "True", "7", "True", "R") "," PARENT("h", "True", "6", "True", "R")),
     REASON_PENDING, "h: has not looked"},
    {SAID(PARENT("g", "True", "7", "True", "R") "," PARENT("h", "False", "7", "True", "R")),
     REASON_NOT_ACCEPTED, "h: Why"},
    {SAID(PARENT("g", "False", "7", "True", "R") "," PARENT("h", "True", "6", "True", "R")),
     REASON_NOT_ACCEPTED, "g: Why"},
    {SAID(PARENT("g", "True", "7", "False", "RefNotPermitted") ","
          PARENT("h", "True", "7", "False", "BackendNotFound")),
     REASON_REF_NOT_PERMITTED, "g: RefNotPermitted"},
    {SAID(PARENT("g", "True", "7", "False", "BackendNotFound") ","
          PARENT("h", "True", "7", "False", "InvalidKind")),
     REASON_BACKEND_NOT_FOUND, "g: BackendNotFound"},
    {SAID(PARENT("g", "True", "7", "Unknown", "R") "," PARENT("h", "True", "7", "True", "R")),
     REASON_PENDING, "g: R"},
};

/* clang-format on */

static void the_worst_that_a_gateway_says_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        CLEANUP(split_freep)
        struct split *s = split_of(&split_httproute, verdicts[i].object);

        if (s->trouble != verdicts[i].trouble)
            fail_msg("%zu: %s: %s", i, reason_name(s->trouble), s->message);
        if (!strstr(s->message ? s->message : "", verdicts[i].message))
            fail_msg("%zu: \"%s\"", i, s->message);
    }
}

/* ---- two routes in one object --------------------------------------------------------
 */

static void routes_overlap_where_a_rule_is_of_both(void **state)
{
    static const char object[] =
        "{" META ",\"spec\":{\"rules\":["
        "{\"name\":\"one\",\"backendRefs\":[{\"name\":\"a\"},{\"name\":\"b\"}]},"
        "{\"name\":\"two\",\"backendRefs\":[{\"name\":\"a\"},{\"name\":\"b\"}]},"
        "{\"name\":\"abc\",\"backendRefs\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":"
        "\"c\"}]},"
        "{\"name\":\"bd\",\"backendRefs\":[{\"name\":\"b\"},{\"name\":\"d\"}]}]}}";
    static const struct {
        size_t arms;       /* a, b, ... */
        const char *other; /* two of them, by name */
        const char *rule, *other_rule;
        bool want;
    } rows[] = {
        {2, "ab", "",    "",    true },
        {2, "ab", "one", "two", false},
        {2, "ab", "one", "one", true },
        {2, "ab", "one", "",    true },
        {2, "bd", "",    "",    false}, /* they share a backend, and no rule */
        {3, "ab", "",    "",    true }, /* abc: the others are strangers to a and b */
        {3, "ab", "",    "one", false},
        {3, "bd", "",    "",    false},
        {2, "ab", "odd", "",    false},
    };
    CLEANUP(split_freep)
    struct split *s = split_of(&split_httproute, object);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = arms_route("team", "digits", rows[i].arms);
        CLEANUP(route_freep)
        struct bandit_route *other = arms_route("team", "digits", 2);

        for (size_t k = 0; k < 2; k++) {
            other->spec.arms[k].service[0] = rows[i].other[k];
            other->spec.arms[k].name[0] = rows[i].other[k];
        }
        (void)snprintf(r->spec.target.rule, sizeof(r->spec.target.rule), "%s",
                       rows[i].rule);
        (void)snprintf(other->spec.target.rule, sizeof(other->spec.target.rule), "%s",
                       rows[i].other_rule);
        if (split_overlap(s, r, other) != rows[i].want ||
            split_overlap(s, other, r) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_read),
        cmocka_unit_test(arms_are_told_apart_by_port_namespace_and_subset),
        cmocka_unit_test(rules_that_disagree_have_no_share),
        cmocka_unit_test(patches_touch_weights_only),
        cmocka_unit_test(whole_objects_are_made_from_the_template),
        cmocka_unit_test(the_worst_that_a_gateway_says_counts),
        cmocka_unit_test(routes_overlap_where_a_rule_is_of_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
