/* SPDX-License-Identifier: Apache-2.0 */
/* Training data from anywhere: an error, or a data set whose every part is in order. */
#include <assert.h>
#include <math.h>
#include <stdint.h>

#include "trainer/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    CLEANUP(dataset_freep)
    struct dataset *d = dataset_parse((const char *)data, size, "label", &err);

    if (!d) {
        assert(err.msg[0]);
        return 0;
    }
    assert(d->rows >= 2 && d->classes >= 2 && d->width >= 1);
    for (size_t i = 0; i < d->rows * d->width; i++)
        assert(isfinite(d->x[i]));
    for (size_t i = 0; i < d->rows; i++)
        assert(d->y[i] < d->classes);
    for (size_t i = 1; d->class_ints && i < d->classes; i++)
        assert(d->class_ints[i - 1] < d->class_ints[i]);
    return 0;
}
