/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what is made of the tables that read a BanditRoute: describe-route {crd|fields}.
 */
#include <stdio.h>
#include <string.h>

#include "route/route_schema.h"
#include "json/yaml_write.h"

int main(int argc, char **argv)
{
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(1 << 20);
    const char *what = argc == 2 ? argv[1] : "";

    if (!strcmp(what, "crd")) {
        CLEANUP(json_freep)
        struct json *crd = route_crd();

        buf_puts(&out, "# SPDX-License-Identifier: Apache-2.0\n"
                       "# Made by tests/support/describe_route.c; change lib/route.\n");
        yaml_write(crd, &out);
    } else if (!strcmp(what, "fields")) {
        route_fields_markdown(&out);
    } else {
        (void)fputs("usage: describe-route {crd|fields}\n", stderr);
        return 2;
    }
    return fputs(buf_str(&out), stdout) < 0;
}
