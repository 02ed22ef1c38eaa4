/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_show(void *arg, double done)
{
    const struct progress *p = arg;

    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%s %3.0f %%", p->what, 100 * done);
}

void progress_end(void)
{
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%30s\r", "");
}
