/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/decide.h"
#include "dataplane/haproxy_text.h"

#define HEADING                                                                          \
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight " \
    "srv_iweight srv_time_since_last_change srv_check_status srv_check_result "          \
    "srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id "   \
    "srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "             \
    "srv_agent_addr srv_agent_port\n"
#define REST " 1 1 1 0 2 0 0 0 0 - 1 - 0 0 - - 0\n"

/* A route to backend "digits" with servers a, b, c. */
static struct bandit_route *new_route(void)
{
    static const char *const names[] = {"a", "b", "c"};
    struct bandit_route *r = route_new();

    r->spec.arm_count = ARRAY_LEN(names);
    r->spec.arms = mem_alloc(ARRAY_LEN(names), sizeof(*r->spec.arms));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        (void)snprintf(r->spec.arms[i].name, sizeof(r->spec.arms[i].name), "%s",
                       names[i]);
    (void)snprintf(r->spec.target.name, sizeof(r->spec.target.name), "digits");
    return r;
}

static void the_largest_weight_is_told_first(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(4096);
    struct error err;

    (void)state;
    assert_true(haproxy_write_command(r, (const double[]){0.25, 0, 0.75}, &out, &err));
    assert_string_equal(buf_str(&out), "set server digits/c weight 192;"
                                       "set server digits/a weight 64;"
                                       "set server digits/b weight 0;"
                                       "show servers state digits\n");
}

static void no_name_smuggles_in_a_command(void **state)
{
    static const char *const names[] = {
        "x;shutdown sessions server", "x y", "x\ny", "", "a/b", "x\\"};

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(names); i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = new_route();
        CLEANUP(buf_clear)
        struct buf out = BUF_INIT(4096);
        struct error err;

        if (i % 2)
            (void)snprintf(r->spec.target.name, sizeof(r->spec.target.name), "%s",
                           names[i / 2]);
        else
            (void)snprintf(r->spec.arms[1].name, sizeof(r->spec.arms[1].name), "%s",
                           names[i / 2]);
        assert_false(haproxy_write_command(r, (const double[]){1, 1, 1}, &out, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_false(haproxy_read_command(r, &out, &err));
        assert_int_equal(out.len, 0);
    }
}

static const char whole[] =
    "\n\n\n1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 192" REST
    "3 digits 2 b 127.0.0.1 0 0 0" REST "3 digits 9 extra 127.0.0.1 2 0 77" REST
    "4 other 1 c 127.0.0.1 2 0 50" REST "3 digits 3 c 127.0.0.1 1 8 64" REST "\n";

static void an_answer_is_read(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct dataplane_arm arms[3];
    struct error err;

    (void)state;
    assert_true(haproxy_read_answer(whole, strlen(whole), r, arms, &err));
    assert_true(arms[0].applied == 0.75 && arms[0].ready);
    assert_true(arms[1].applied == 0 && !arms[1].ready);    /* down */
    assert_true(arms[2].applied == 0.25 && !arms[2].ready); /* draining */
}

static void every_cut_of_an_answer_is_noticed(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct dataplane_arm arms[3] = {{.applied = 7}};
    struct error err;

    (void)state;
    for (size_t n = 0; n < strlen(whole); n++) {
        assert_false(haproxy_read_answer(whole, n, r, arms, &err));
        assert_int_equal(err.kind, ERR_IO);
        assert_true(arms[0].applied == 7); /* untouched on failure */
    }
}

static void answers_that_are_wrong_are_refused(void **state)
{
    static const struct {
        const char *what, *text;
        enum error_kind kind;
    } rows[] = {
        {"no such server",       "\nNo such server.\n\n\n1\n" HEADING "\n",                ERR_INVALID},
        {"no such backend",      "Can't find backend.\n\n",                                ERR_INVALID},
        {"no permission",        "\nPermission denied\n\n",                                ERR_INVALID},
        {"an arm has no server", "1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 1" REST "\n",
         ERR_INVALID                                                                                  },
        {"another format",       "1\n# be_id be_name srv_id\n\n",                          ERR_IO     },
        {"no heading",           "1\n3 digits 1 a\n\n",                                    ERR_IO     },
        {"too few columns",      "1\n" HEADING "3 digits 1 a\n\n",                         ERR_IO     },
        {"weight is text",       "1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 x" REST "\n",
         ERR_IO                                                                                       },
        {"weight of 257",        "1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 257" REST "\n",
         ERR_IO                                                                                       },
        {"negative weight",      "1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 -1" REST "\n",
         ERR_IO                                                                                       },
        {"a huge weight",
         "1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 99999999999" REST "\n",                 ERR_IO     },
        {"nothing",              "",                                                       ERR_IO     },
    };
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct dataplane_arm arms[3];
        struct error err = {.kind = ERR_CONFLICT};

        if (haproxy_read_answer(rows[i].text, strlen(rows[i].text), r, arms, &err) ||
            err.kind != rows[i].kind)
            fail_msg("%s: %s", rows[i].what, err.msg);
    }
}

static void all_weights_zero_is_told_as_zero(void **state)
{
    static const char text[] =
        "1\n" HEADING "3 digits 1 a 127.0.0.1 2 0 0" REST
        "3 digits 2 b 127.0.0.1 2 0 0" REST "3 digits 3 c 127.0.0.1 2 0 0" REST "\n";
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct dataplane_arm arms[3];
    struct error err;

    (void)state;
    assert_true(haproxy_read_answer(text, strlen(text), r, arms, &err));
    for (size_t i = 0; i < 3; i++)
        assert_true(arms[i].applied == 0);
}

static void process_and_uptime_are_read(void **state)
{
    static const char text[] = "Name: HAProxy\nPid: 14545\nUptime: 0d 0h00m01s\n"
                               "Uptime_sec: 61\n\n";
    int64_t pid = 0, uptime_s = 0;
    struct error err;

    (void)state;
    assert_true(haproxy_read_info(text, strlen(text), &pid, &uptime_s, &err));
    assert_int_equal(pid, 14545);
    assert_int_equal(uptime_s, 61);
    assert_false(haproxy_read_info("Pid: 1\n", 7, &pid, &uptime_s, &err));
    assert_false(haproxy_read_info("Pid: x\nUptime_sec: 1\n", 21, &pid, &uptime_s, &err));
}

/* ---- the whole of it, over a socket ---------------------------------------------------
 */

/* Takes weights of the servers a, b and c, and tells them, for so many connections. */
struct stand_in {
    char folder[32];
    struct sockaddr_un address;
    int listener, connections;
    unsigned long weights[3];
    pthread_t thread;
};

static void answer(struct stand_in *h, int fd)
{
    char line[1024];
    ssize_t n = recv(fd, line, sizeof(line) - 1, 0);
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(4096);

    assert_true(n > 0 && line[n - 1] == '\n');
    line[n] = '\0';
    for (const char *at = line; (at = strstr(at, "set server digits/")); at++) {
        char server = at[strlen("set server digits/")];
        const char *weight = strstr(at, " weight ");

        assert_in_range(server, 'a', 'c');
        assert_non_null(weight);
        h->weights[server - 'a'] = strtoul(weight + strlen(" weight "), NULL, 10);
    }
    buf_puts(&out, "\n\n\n1\n" HEADING);
    for (int i = 0; i < 3; i++)
        buf_printf(&out, "3 digits %d %c 127.0.0.1 2 0 %lu" REST, i + 1, 'a' + i,
                   h->weights[i]);
    buf_putc(&out, '\n');
    assert_int_equal(send(fd, out.data, out.len, MSG_NOSIGNAL), out.len);
}

static void *serve(void *arg)
{
    struct stand_in *h = arg;

    while (h->connections--) {
        int fd = accept(h->listener, NULL, NULL);

        assert_true(fd >= 0);
        answer(h, fd);
        (void)close(fd);
    }
    return NULL;
}

static void stand_in_start(struct stand_in *h, int connections)
{
    *h = (struct stand_in){.folder = "/tmp/haproxy-XXXXXX", .connections = connections};
    h->address.sun_family = AF_UNIX;
    assert_non_null(mkdtemp(h->folder));
    (void)snprintf(h->address.sun_path, sizeof(h->address.sun_path), "%s/socket",
                   h->folder);
    h->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(h->listener, (const struct sockaddr *)&h->address, sizeof(h->address)), 0);
    assert_int_equal(listen(h->listener, 4), 0);
    assert_int_equal(pthread_create(&h->thread, NULL, serve, h), 0);
}

static void stand_in_stop(struct stand_in *h)
{
    assert_int_equal(pthread_join(h->thread, NULL), 0);
    (void)close(h->listener);
    assert_int_equal(unlink(h->address.sun_path), 0);
    assert_int_equal(rmdir(h->folder), 0);
}

/* What was written is in force, by the operator's own measure, however small it is, and
 * what is a unit away is not. */
static void what_was_written_counts_as_in_force(void **state)
{
    static const double rows[][3] = {
        {0.998,    0.001,    0.001 },
        {1. / 3,   1. / 3,   1. / 3},
        {0.93,     0.05,     0.02  },
        {0.999999, 0.000001, 0     },
    };

    (void)state;
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        CLEANUP(route_freep)
        struct bandit_route *r = new_route();
        CLEANUP(dataplane_freep)
        struct dataplane *d = NULL;
        struct dataplane_report report;
        struct stand_in h;
        double applied[3];
        struct error err;

        stand_in_start(&h, 2);
        d = dataplane_haproxy(h.address.sun_path);
        assert_true(dataplane_write(d, r, rows[row], &report, &err));
        assert_true(dataplane_read(d, r, &report, &err));
        stand_in_stop(&h);
        for (size_t i = 0; i < 3; i++)
            applied[i] = report.arms[i].applied;
        assert_int_equal(report.units, HAPROXY_UNITS);
        assert_true(core_same_weights(rows[row], applied, 3, report.units));
        applied[0] -= 1. / HAPROXY_UNITS;
        applied[1] += 1. / HAPROXY_UNITS;
        assert_false(core_same_weights(rows[row], applied, 3, report.units));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_weight_is_told_first),
        cmocka_unit_test(no_name_smuggles_in_a_command),
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(every_cut_of_an_answer_is_noticed),
        cmocka_unit_test(answers_that_are_wrong_are_refused),
        cmocka_unit_test(all_weights_zero_is_told_as_zero),
        cmocka_unit_test(process_and_uptime_are_read),
        cmocka_unit_test(what_was_written_counts_as_in_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
