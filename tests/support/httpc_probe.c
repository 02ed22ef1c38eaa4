/* SPDX-License-Identifier: Apache-2.0 */
/* httpc_probe: one GET by lib/httpc, for tests that need a server of another language.
 * Prints "status body" or "error-kind message". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/flags.h"
#include "base/stop.h"
#include "httpc/httpc.h"

/* With --pem the files' contents are given instead of their names. */
static const char *content_of(const char *path)
{
    struct buf text = BUF_INIT((size_t)64 * 1024);
    struct error err;

    if (!path[0])
        return NULL;
    if (!file_read(path, &text, &err)) {
        (void)fprintf(stderr, "%s\n", err.msg);
        exit(2);
    }
    return buf_take(&text);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"invalid", "not-found", "conflict", "expired",
                                        "too-big", "timeout",   "canceled", "io"};
    const char *url = "";
    const char *ca = "";
    const char *cert = "";
    const char *key = "";
    bool pem = false;
    bool insecure = false;
    const struct flag flags[] = {
        {.name = "url",   .kind = FLAG_STRING, .value = &url},
        {.name = "ca",  .kind = FLAG_STRING, .value = &ca},
        {.name = "cert",    .kind = FLAG_STRING, .value = &cert},
        {.name = "key",   .kind = FLAG_STRING, .value = &key},
        {.name = "pem",  .kind = FLAG_SWITCH, .value = &pem},
        {.name = "insecure", .kind = FLAG_SWITCH, .value = &insecure},
        {.name = NULL  },
    };
    const struct program program = {.name = "httpc_probe", .flags = flags};
    static struct httpc_options options;
    struct httpc_response resp = {.body = BUF_INIT(1000)};
    struct httpc *c;
    struct error err;
    int code = flags_main(&program, argc, argv);

    if (code >= 0)
        return code;
    options.insecure = insecure;
    if (pem) {
        options.ca_pem = content_of(ca);
        options.cert_pem = content_of(cert);
        options.key_pem = content_of(key);
    } else {
        options.ca_file = ca;
        options.cert_file = cert;
        options.key_file = key;
    }
    c = httpc_new_with(&options);
    for (int i = 0; i < 2; i++) /* once more on the kept connection */
        if (httpc_call(c, &(struct httpc_request){.url = url, .timeout_ms = 60000}, &resp,
                       &err))
            printf("%d %s\n", resp.status, buf_str(&resp.body));
        else
            printf("%s %s\n", kinds[err.kind], err.msg);
    httpc_response_clear(&resp);
    httpc_free(c);
    return 0;
}
