/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of prediction requests. What the quick one takes, the careful one takes and
 * understands alike, to the bit; what any of them takes is finite and within limits. The
 * first byte chooses the model's width. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "server/infer_request.h"
#include "server/predict_request.h"
#include "server/quick_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 4, WIDTHS = 4 };

static void check(const struct rows *rows)
{
    assert(rows->count >= 1 && rows->count <= ROWS_MAX);
    for (size_t i = 0; i < rows->count * rows->width; i++)
        assert(isfinite(rows->values[i]));
}

static void compare(const char *text, size_t n, size_t width)
{
    CLEANUP(rows_clear)
    struct rows quick;
    CLEANUP(rows_clear)
    struct rows careful;
    struct refusal why = {.type = ERROR_TYPES};
    bool batch = true;
    bool taken;

    rows_init(&quick, width, ROWS_MAX);
    rows_init(&careful, width, ROWS_MAX);
    taken = predict_request_read(text, n, &careful, &batch, &why);
    assert(taken || why.type < ERROR_TYPES);
    if (taken)
        check(&careful);
    if (!quick_read(text, n, &quick))
        return;
    assert(taken && !batch && quick.count == 1 && careful.count == 1);
    assert(!memcmp(quick.values, careful.values, width * sizeof(float)));
}

static void infer(const char *text, size_t n, size_t width)
{
    CLEANUP(rows_clear)
    struct rows rows;
    CLEANUP(infer_request_clear)
    struct infer_request req = {.document = NULL};
    struct refusal why = {.type = ERROR_TYPES};

    rows_init(&rows, width, ROWS_MAX);
    if (infer_request_read(text, n, &rows, &req, &why))
        check(&rows);
    else
        assert(why.type < ERROR_TYPES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(mem_freep)
    char *text = NULL;
    size_t width;

    if (!size)
        return 0;
    width = 1 + data[0] % WIDTHS;
    text = mem_alloc(size, 1); /* size - 1 bytes and a NUL */
    memcpy(text, data + 1, size - 1);
    compare(text, size - 1, width);
    infer(text, size - 1, width);
    return 0;
}
