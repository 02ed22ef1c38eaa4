/* SPDX-License-Identifier: Apache-2.0 */
#include "server/served.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/metadata.h"
#include "server/predict_answer.h"
#include "json/json.h"

enum {
    DIGEST_SIZE = 32,
    VERSION_DIGITS = 12,
};

static void set_digest(struct served *s, const struct buf *file)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t digest[DIGEST_SIZE];

    memset(digest, 0, sizeof(digest));
    (void)gnutls_hash_fast(GNUTLS_DIG_SHA256, buf_str(file), file->len, digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        s->digest[2 * i] = hex[digest[i] >> 4];
        s->digest[2 * i + 1] = hex[digest[i] & 15];
    }
}

static void set_identity(struct served *s, const struct identity *who)
{
    size_t n = who->version ? strlen(who->version) : VERSION_DIGITS;

    memcpy(s->version, who->version ? who->version : s->digest, n);
    s->who = *who;
    s->who.version = s->version;
}

static bool check_classes(const struct served *s, struct error *err)
{
    for (size_t i = 0; i < s->class_count; i++)
        if (strlen(s->class_names[i]) > ID_CLASS_MAX)
            return error_set(err, ERR_INVALID,
                             "the name of class %zu is longer than %d bytes: %.64s...", i,
                             ID_CLASS_MAX, s->class_names[i]);
    return true;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void write_class_texts(struct served *s)
{
    size_t keys = 0;
    size_t head = 0;
    size_t id = 0;

    s->classes = mem_alloc(s->class_count, sizeof(*s->classes));
    for (size_t i = 0; i < s->class_count; i++) {
        struct class_text *c = &s->classes[i];
        struct buf text = BUF_INIT(8 * ID_CLASS_MAX + 128);

        buf_printf(&text, "\"prediction\":%" PRId64 ",\"class\":",
                   model_class_label(s->model, i));
        json_add_string(&text, s->class_names[i]);
        buf_puts(&text, ",\"probabilities\":{");
        c->head_len = text.len;
        c->head = buf_take(&text);
        json_add_string(&text, s->class_names[i]);
        buf_putc(&text, ':');
        c->key_len = text.len;
        c->key = buf_take(&text);
        keys += c->key_len + PROBABILITY_TEXT_MAX;
        head = larger(head, c->head_len);
        id_stem_init(&c->id, &s->who, s->class_names[i]);
        id = larger(id, prediction_id_length(&c->id));
    }
    s->row_text_max = head + keys + id + ROW_TEXT_MORE;
}

static bool prepare(struct served *s, struct error *err)
{
    const char *dataset = model_metadata(s->model, METADATA_DATASET);

    s->width = model_features(s->model);
    s->class_count = model_classes(s->model);
    s->class_names = mem_alloc(s->class_count, sizeof(*s->class_names));
    for (size_t i = 0; i < s->class_count; i++)
        s->class_names[i] = model_class_name(s->model, i);
    if (!check_classes(s, err))
        return false;
    write_class_texts(s);
    server_metrics_init(&s->metrics, &s->who, s->class_names, s->class_count);
    server_metrics_describe_model(&s->metrics, served_kind(s), dataset ? dataset : "",
                                  served_accuracy(s));
    return drift_new(s->model, &s->metrics, &s->drift, err);
}

struct served *served_load(const char *path, const struct identity *who,
                           struct error *err)
{
    CLEANUP(buf_clear)
    struct buf file = BUF_INIT(MODEL_FILE_MAX);
    CLEANUP(served_releasep)
    struct served *s = mem_alloc(1, sizeof(*s));

    atomic_store(&s->references, 1);
    if (!file_read(path, &file, err))
        return NULL;
    s->model = model_parse(buf_str(&file), file.len, err);
    if (!s->model) {
        (void)error_wrap(err, "%s", path);
        return NULL;
    }
    set_digest(s, &file);
    set_identity(s, who);
    if (!prepare(s, err)) {
        (void)error_wrap(err, "%s", path);
        return NULL;
    }
    s->loaded_ms = clock_wall_ms();
    return STEAL(s);
}

void served_keep(struct served *s)
{
    (void)atomic_fetch_add(&s->references, 1);
}

void served_release(struct served *s)
{
    if (!s || atomic_fetch_sub(&s->references, 1) > 1)
        return;
    drift_free(s->drift);
    server_metrics_clear(&s->metrics);
    for (size_t i = 0; s->classes && i < s->class_count; i++) {
        free(s->classes[i].head);
        free(s->classes[i].key);
    }
    free(s->classes);
    free(s->class_names);
    model_free(s->model);
    free(s);
}

const char *served_kind(const struct served *s)
{
    const char *kind = model_metadata(s->model, METADATA_KIND);

    return kind ? kind : model_kind(s->model);
}

double served_accuracy(const struct served *s)
{
    const char *text = model_metadata(s->model, METADATA_ACCURACY);
    struct error ignored;
    double v;

    return text && text_to_double(text, &v, &ignored) && v >= 0 && v <= 1 ? v : NAN;
}

int served_class_by_name(const struct served *s, const char *name)
{
    for (size_t i = 0; i < s->class_count; i++)
        if (!strcmp(s->class_names[i], name))
            return (int)i;
    return -1;
}

int served_class_by_label(const struct served *s, double label)
{
    for (size_t i = 0; i < s->class_count; i++)
        if ((double)model_class_label(s->model, i) == label)
            return (int)i;
    return -1;
}
