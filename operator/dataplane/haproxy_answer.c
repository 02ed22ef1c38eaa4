/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy says: "show servers state" in its version 1 format, "show info". */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dataplane/haproxy_text.h"

/* The columns that matter, found by the names in the heading line. */
enum column { BACKEND, SERVER, OP_STATE, ADMIN_STATE, WEIGHT, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {
    [BACKEND] = "be_name",       [SERVER] = "srv_name",
    [OP_STATE] = "srv_op_state", [ADMIN_STATE] = "srv_admin_state",
    [WEIGHT] = "srv_uweight",
};

/* A column that the heading does not have. */
#define NOWHERE SIZE_MAX

enum { FIELD_MAX = 2147483647 }; /* no process id, and no uptime, is larger */

/* Values of srv_op_state in which new requests are taken. */
enum { OP_STARTING = 1, OP_RUNNING = 2 };

struct cursor {
    const char *at, *end;
};

struct word {
    const char *text;
    size_t len;
};

/* The next whole line, without its newline; false when no newline is left. */
static bool next_line(struct cursor *c, struct word *line)
{
    const char *newline =
        c->at < c->end ? memchr(c->at, '\n', (size_t)(c->end - c->at)) : NULL;

    if (!newline)
        return false;
    line->text = c->at;
    line->len = (size_t)(newline - c->at);
    c->at = newline + 1;
    return true;
}

static bool next_word(struct cursor *c, struct word *w)
{
    while (c->at < c->end && *c->at == ' ')
        c->at++;
    w->text = c->at;
    while (c->at < c->end && *c->at != ' ')
        c->at++;
    w->len = (size_t)(c->at - w->text);
    return w->len > 0;
}

static bool is(const struct word *w, const char *text)
{
    return strlen(text) == w->len && memcmp(w->text, text, w->len) == 0;
}

/* A whole number from 0 to high in decimal, and nothing else. */
static bool to_number(const struct word *w, unsigned high, unsigned *value)
{
    unsigned v = 0;

    if (!w->len || w->len > 6)
        return false;
    for (size_t i = 0; i < w->len; i++) {
        if (w->text[i] < '0' || w->text[i] > '9')
            return false;
        v = v * 10 + (unsigned)(w->text[i] - '0');
    }
    if (v > high)
        return false;
    *value = v;
    return true;
}

/* Where each column is; false when one is missing. */
static bool read_heading(const struct word *line, size_t index[COLUMN_COUNT])
{
    struct cursor c = {line->text, line->text + line->len};
    struct word w;

    for (size_t column = 0; column < COLUMN_COUNT; column++)
        index[column] = NOWHERE;
    if (!next_word(&c, &w) || !is(&w, "#"))
        return false;
    for (size_t at = 0; next_word(&c, &w); at++)
        for (size_t column = 0; column < COLUMN_COUNT; column++)
            if (is(&w, column_names[column]))
                index[column] = at;
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        if (index[column] == NOWHERE)
            return false;
    return true;
}

static bool read_row(const struct word *line, const size_t index[COLUMN_COUNT],
                     struct word row[COLUMN_COUNT])
{
    struct cursor c = {line->text, line->text + line->len};
    struct word w;

    for (size_t column = 0; column < COLUMN_COUNT; column++)
        row[column] = (struct word){NULL, 0};
    for (size_t at = 0; next_word(&c, &w); at++)
        for (size_t column = 0; column < COLUMN_COUNT; column++)
            if (index[column] == at)
                row[column] = w;
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        if (!row[column].text)
            return false;
    return true;
}

static int arm_of(const struct bandit_route *r, const struct word *server)
{
    for (size_t i = 0; i < r->spec.arm_count; i++)
        if (is(server, r->spec.arms[i].name))
            return (int)i;
    return ROUTE_NO_ARM;
}

struct server {
    bool seen, ready;
    unsigned weight;
};

static bool read_server(const struct word row[COLUMN_COUNT], struct server *s)
{
    unsigned op, admin;

    if (!to_number(&row[OP_STATE], 255, &op) ||
        !to_number(&row[ADMIN_STATE], 255, &admin) ||
        !to_number(&row[WEIGHT], HAPROXY_UNITS, &s->weight))
        return false;
    s->seen = true;
    s->ready = (op == OP_STARTING || op == OP_RUNNING) && admin == 0;
    return true;
}

/* The answers to "set server" come first: an empty line each when all is well, else words
 * for people. "1", the version of the format, ends them. */
static bool skip_to_state(struct cursor *c, struct error *err)
{
    struct word line;

    while (next_line(c, &line)) {
        if (is(&line, "1"))
            return true;
        if (line.len)
            return error_set(err, ERR_INVALID, "HAProxy: %.*s",
                             (int)(line.len > 200 ? 200 : line.len), line.text);
    }
    return error_set(err, ERR_IO, "HAProxy: answer cut short");
}

static bool read_servers(struct cursor *c, const struct bandit_route *r,
                         struct server servers[ROUTE_ARMS_MAX], struct error *err)
{
    size_t index[COLUMN_COUNT];
    struct word line, row[COLUMN_COUNT];

    if (!next_line(c, &line))
        return error_set(err, ERR_IO, "HAProxy: answer cut short");
    if (!read_heading(&line, index))
        return error_set(err, ERR_IO, "HAProxy: servers' state in an unknown format");
    while (next_line(c, &line)) {
        int arm;

        if (!line.len) /* the end of the answer */
            return true;
        if (!read_row(&line, index, row))
            return error_set(err, ERR_IO, "HAProxy: a server's state of too few columns");
        arm = is(&row[BACKEND], r->spec.target.name) ? arm_of(r, &row[SERVER])
                                                     : ROUTE_NO_ARM;
        if (arm == ROUTE_NO_ARM)
            continue;
        if (!read_server(row, &servers[arm]))
            return error_set(err, ERR_IO, "HAProxy: state of server %s/%s is malformed",
                             r->spec.target.name, r->spec.arms[arm].name);
    }
    return error_set(err, ERR_IO, "HAProxy: answer cut short");
}

bool haproxy_read_answer(const char *text, size_t n, const struct bandit_route *r,
                         struct dataplane_arm *arms, struct error *err)
{
    struct server servers[ROUTE_ARMS_MAX] = {{.seen = false}};
    struct cursor c = {text, text + n};
    unsigned sum = 0;

    if (!skip_to_state(&c, err) || !read_servers(&c, r, servers, err))
        return false;
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        if (!servers[i].seen)
            return error_set(err, ERR_INVALID, "HAProxy: no server %s/%s",
                             r->spec.target.name, r->spec.arms[i].name);
        sum += servers[i].weight;
    }
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        arms[i].applied = sum ? (double)servers[i].weight / sum : 0;
        arms[i].ready = servers[i].ready;
    }
    return true;
}

/* The number behind "name: " at the start of a line. */
static bool read_field(const struct word *line, const char *name, int64_t *value)
{
    size_t len = strlen(name);
    char number[24];
    struct error err;

    if (line->len <= len || memcmp(line->text, name, len) != 0 ||
        line->len - len >= sizeof(number))
        return false;
    memcpy(number, line->text + len, line->len - len);
    number[line->len - len] = '\0';
    return text_to_int(number, 0, FIELD_MAX, value, &err);
}

bool haproxy_read_info(const char *text, size_t n, int64_t *pid, int64_t *uptime_s,
                       struct error *err)
{
    struct cursor c = {text, text + n};
    bool has_pid = false, has_uptime = false;
    struct word line;

    while (next_line(&c, &line)) {
        has_pid = read_field(&line, "Pid: ", pid) || has_pid;
        has_uptime = read_field(&line, "Uptime_sec: ", uptime_s) || has_uptime;
    }
    if (!has_pid || !has_uptime)
        return error_set(err, ERR_IO, "HAProxy: no process id and uptime in its info");
    return true;
}
