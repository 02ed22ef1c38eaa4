/* SPDX-License-Identifier: Apache-2.0 */
#include "server/trace.h"

#include <stddef.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

/* n digits and the separator behind them, or the end. */
static bool field(const char *at, size_t n, char separator)
{
    return strspn(at, digits) == n && at[n] == separator;
}

static bool all_zero(const char *at, size_t n)
{
    return strspn(at, "0") >= n;
}

bool trace_read(const char *traceparent, char trace_id[TRACE_ID_LENGTH + 1])
{
    enum {
        VERSION = 2,
        SPAN = 16,
        FLAGS = 2,
        TRACE_AT = VERSION + 1,
        SPAN_AT = TRACE_AT + TRACE_ID_LENGTH + 1,
        FLAGS_AT = SPAN_AT + SPAN + 1,
    };
    const char *t = traceparent;
    const char *flag;

    if (!t || !field(t, VERSION, '-') || !field(t + TRACE_AT, TRACE_ID_LENGTH, '-') ||
        !field(t + SPAN_AT, SPAN, '-') || all_zero(t + TRACE_AT, TRACE_ID_LENGTH) ||
        all_zero(t + SPAN_AT, SPAN) || !strncmp(t, "ff", VERSION))
        return false;
    /* Later versions may have more behind the flags. */
    if (!field(t + FLAGS_AT, FLAGS, '\0') &&
        (!field(t + FLAGS_AT, FLAGS, '-') || !strncmp(t, "00", VERSION)))
        return false;
    flag = strchr(digits, t[FLAGS_AT + 1]);
    if (!((flag - digits) & 1))
        return false;
    memcpy(trace_id, t + TRACE_AT, TRACE_ID_LENGTH);
    trace_id[TRACE_ID_LENGTH] = '\0';
    return true;
}
