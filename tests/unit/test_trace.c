/* SPDX-License-Identifier: Apache-2.0 */
#include "server/trace.h"
#include "support/test.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN  "00f067aa0ba902b7"

static void a_sampled_trace_is_read_and_nothing_else(void **state)
{
    static const struct {
        const char *header;
        bool read;
    } rows[] = {
        {NULL,                                              false},
        {"",                                                false},
        {"00-" TRACE "-" SPAN "-01",                        true },
        {"00-" TRACE "-" SPAN "-03",                        true },
        {"00-" TRACE "-" SPAN "-ff",                        true },
        {"00-" TRACE "-" SPAN "-00",                        false}, /* not sampled */
        {"00-" TRACE "-" SPAN "-02",                        false},
        {"00-" TRACE "-" SPAN "-1",                         false},
        {"00-" TRACE "-" SPAN "-",                          false},
        {"00-" TRACE "-" SPAN,                              false},
        {"00-" TRACE "-" SPAN "-01-more",                   false},
        {"cc-" TRACE "-" SPAN "-01-more",                   true }, /* of a later version */
        {"cc-" TRACE "-" SPAN "-01more",                    false},
        {"ff-" TRACE "-" SPAN "-01",                        false},
        {"0-" TRACE "-" SPAN "-01",                         false},
        {"00-00000000000000000000000000000000-" SPAN "-01", false},
        {"00-" TRACE "-0000000000000000-01",                false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", false},
        {"00-4bf92f3577b34da6a3ce929d0e0e473-" SPAN "-01",  false},
        {"00-" TRACE "0-" SPAN "-01",                       false},
        {"00-" TRACE "-" SPAN "0-01",                       false},
        {" 00-" TRACE "-" SPAN "-01",                       false},
        {"00_" TRACE "-" SPAN "-01",                        false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char id[TRACE_ID_LENGTH + 1] = "";

        if (trace_read(rows[i].header, id) != rows[i].read)
            fail_msg("%s", rows[i].header ? rows[i].header : "(none)");
        assert_string_equal(id, rows[i].read ? TRACE : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sampled_trace_is_read_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
