/* SPDX-License-Identifier: Apache-2.0 */
#include "store/last_good.h"

#include <stdlib.h>
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"

enum {
    OBJECT_BYTES_MAX = 4 << 20,
    LEVEL = 6,
    WINDOW_BITS = 12, /* 4 kB, as much as there is to look back to; so a state is small */
    MEMORY_LEVEL = 5,
    RAW = -1, /* times the window's bits: no header and no checksum */
};

struct last_good {
    uint32_t text_size, size;
    uint8_t bytes[];
};

/* What is most likely to come stands last, where it costs the fewest bits. Memory only:
 * it may change with every version. */
static const char dictionary[] =
    "\"annotations\":{},\"labels\":{},\"uid\":\"\",\"deletionTimestamp\":\"\","
    "\"finalizers\":[\"bandit-router.dev/on-delete\"],\"onDelete\":\"Baseline\","
    "\"Uniform\",\"KeepLast\",\"Shadow\",\"Frozen\",\"Softmax\",\"Static\","
    "\"DiscountedCounts\",\"ProbabilityOfBest\",\"temperature\":0.02,\"discount\":0.9,"
    "\"pin\":\"\",\"baseline\":\"\",\"VirtualService\",\"subset\":\"\",\"rule\":\"\","
    "\"template\":{\"gateway\":{\"name\":\"\",\"namespace\":\"\",\"listener\":\"\"},"
    "\"hostname\":\"\"},\"guardrails\":{\"minWeight\":0.05,\"maxStepUp\":0.2,"
    "\"maxStepDown\":1,\"minSamples\":100,\"dwell\":\"\",\"ejection\":{},"
    "\"maxDataAge\":\"2m\"},\"mode\":\"Active\",\"interval\":\"30s\",\"policy\":{"
    "\"type\":\"EpsilonGreedy\",\"epsilon\":0.2,\"alpha\":0.3},\"smoothing\":0.3,"
    "\"weight\":0.3,\"missing\":\"Ignore\",\"min\":0.95},\"Hold\",\"window\":\"1m\","
    "\"30m\",\"targetRef\":{\"kind\":\"HTTPRoute\",\"HAProxyBackend\",\"name\":\""
    "{\"apiVersion\":\"bandit-router.dev/"
    "v1alpha1\",\"kind\":\"BanditRoute\",\"metadata\":"
    "{\"name\":\"\",\"namespace\":\"default\",\"generation\":1},\"spec\":{\"interval\":"
    "\"30s\",\"arms\":[{\"name\":\"model-a\",\"backend\":{\"service\":\"model-a\","
    "\"port\":"
    "8080}},{\"name\":\"\",\"backend\":{\"service\":\"\",\"port\":80}}],\"targetRef\":{"
    "\"kind\":\"HTTPRoute\",\"name\":\"\"},\"reward\":{\"window\":\"5m\",\"objectives\":["
    "{\"name\":\"success\",\"weight\":0.5,\"min\":0.95},{\"name\":\"latency\",\"weight\":"
    "0.2},{\"name\":\"accuracy\",\"weight\":0.3,\"missing\":\"Ignore\"}]}}";

/* Neither of the two can fail but for want of memory, or by a fault of this file. */

static struct last_good *squeeze(const struct buf *text)
{
    z_stream z = {.next_in = (const Bytef *)text->data, .avail_in = (uInt)text->len};
    int code = deflateInit2(&z, LEVEL, Z_DEFLATED, RAW * WINDOW_BITS, MEMORY_LEVEL,
                            Z_DEFAULT_STRATEGY);
    CLEANUP(mem_freep)
    uint8_t *out = NULL;
    struct last_good *g;

    if (code == Z_OK)
        code =
            deflateSetDictionary(&z, (const Bytef *)dictionary, sizeof(dictionary) - 1);
    if (code != Z_OK)
        abort();
    z.avail_out = (uInt)deflateBound(&z, text->len);
    z.next_out = out = mem_alloc(z.avail_out, 1);
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    g = mem_alloc(1, sizeof(*g) + z.total_out);
    g->text_size = (uint32_t)text->len;
    g->size = (uint32_t)z.total_out;
    memcpy(g->bytes, out, z.total_out);
    (void)deflateEnd(&z);
    return g;
}

static void swell(const struct last_good *g, uint8_t *text)
{
    z_stream z = {.next_in = g->bytes, .avail_in = g->size, .avail_out = g->text_size};
    int code = inflateInit2(&z, RAW * WINDOW_BITS);

    if (code == Z_OK)
        code =
            inflateSetDictionary(&z, (const Bytef *)dictionary, sizeof(dictionary) - 1);
    z.next_out = text;
    if (code == Z_OK)
        code = inflate(&z, Z_FINISH);
    if (code != Z_STREAM_END)
        abort();
    (void)inflateEnd(&z);
}

struct last_good *last_good_new(const struct json *object)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(OBJECT_BYTES_MAX);

    json_write(object, &text);
    return buf_ok(&text) ? squeeze(&text) : NULL;
}

struct json *last_good_read(const struct last_good *g)
{
    CLEANUP(mem_freep)
    uint8_t *text = NULL;
    struct error ignored;

    if (!g)
        return NULL;
    text = mem_alloc(g->text_size + 1, 1);
    swell(g, text);
    return json_parse((const char *)text, g->text_size, &ignored);
}
