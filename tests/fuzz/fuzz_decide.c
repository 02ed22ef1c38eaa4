/* SPDX-License-Identifier: Apache-2.0 */
/* Any history of decisions about any route: see support/chaos.h for what must hold. */
#include "support/chaos.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct chance c = {.bytes = data, .left = size};
    static struct stage s;

    chaos_init(&s, &c);
    for (int i = 0; i < 64 && c.left; i++)
        chaos_step(&s, &c);
    stage_clear(&s);
    return 0;
}
