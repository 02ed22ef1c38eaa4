/* SPDX-License-Identifier: Apache-2.0 */
#include "server/stamp.h"

static const int64_t SECOND_NS = 1000000000;

int64_t stamp_wall_ms(struct stamp *s, int64_t mono_ns)
{
    if (mono_ns >= s->valid_to_ns) {
        s->wall_minus_mono_ms = clock_wall_ms() - clock_mono_ns() / 1000000;
        s->valid_to_ns = mono_ns + SECOND_NS;
    }
    return mono_ns / 1000000 + s->wall_minus_mono_ms;
}

const char *stamp_text(struct stamp *s, int64_t wall_ms)
{
    int64_t second = wall_ms / 1000;
    unsigned ms = (unsigned)(wall_ms % 1000);

    if (second != s->text_second) {
        /* a fraction that is not zero, for clock_format() to leave room for it */
        (void)clock_format(second * 1000 + 1, s->text);
        s->text_second = second;
    }
    s->text[20] = (char)('0' + ms / 100);
    s->text[21] = (char)('0' + ms / 10 % 10);
    s->text[22] = (char)('0' + ms % 10);
    return s->text;
}
