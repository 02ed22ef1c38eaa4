/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what is made of the tables that read a BanditRoute, and what they say of the
 * objects in tests/data/routes: describe-route
 * {crd|crd-json|fields|decisions|cases}. */
#include <stdio.h>
#include <string.h>

#include "route/route_json.h"
#include "route/route_schema.h"
#include "support/describe_decisions.h"
#include "support/route_cases.h"
#include "json/yaml_write.h"

/* The case with its whole object, and what we refuse it with or take it as. */
static struct json *judged(const struct json *c)
{
    struct json *result = json_copy(c);
    struct json *object = case_object(json_get(c, "change"));
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct error err;

    r = route_from_json(object, &err);
    if (r)
        json_put(result, "in_force", route_spec_to_json(&r->spec));
    else
        json_put_string(result, "refused", err.msg);
    json_put(result, "object", object);
    return result;
}

static void add_cases(struct buf *out)
{
    static const char *const files[] = {"good.yaml", "bad.yaml"};
    CLEANUP(json_freep)
    struct json *all = json_new_array();

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(json_freep)
        struct json *cases = case_file(files[i]);

        for (const struct json *c = json_first(cases); c; c = json_next(c))
            json_push(all, judged(c));
    }
    json_write(all, out);
}

int main(int argc, char **argv)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(1 << 20);
    CLEANUP(json_freep)
    struct json *crd = route_crd();
    const char *what = argc == 2 ? argv[1] : "";

    if (!strcmp(what, "crd")) {
        buf_puts(&out, "# SPDX-License-Identifier: Apache-2.0\n"
                       "# Made by tests/support/describe_route.c; change lib/route.\n");
        yaml_write(crd, &out);
    } else if (!strcmp(what, "crd-json")) {
        json_write(crd, &out);
    } else if (!strcmp(what, "fields")) {
        route_fields_markdown(&out);
    } else if (!strcmp(what, "decisions")) {
        describe_decisions(&out);
    } else if (!strcmp(what, "cases")) {
        add_cases(&out);
    } else {
        (void)fputs("usage: describe-route {crd|crd-json|fields|decisions|cases}\n",
                    stderr);
        return 2;
    }
    return fputs(buf_str(&out), stdout) < 0;
}
