/* SPDX-License-Identifier: Apache-2.0 */
/* The standard process_* families. What cannot be read is left out. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "metrics/registry.h"

enum {
    CPU_SECONDS,
    START_TIME,
    RESIDENT,
    VIRTUAL,
    VIRTUAL_MAX,
    OPEN_FDS,
    MAX_FDS,
    THREADS,
};

static const struct metric_desc rows[] = {
    [CPU_SECONDS] = {.name = "process_cpu_seconds",
                     .type = METRIC_COUNTER,
                     .unit = "seconds",
                     .help = "User and system CPU time spent by this process.",
                     .example = "rate(process_cpu_seconds_total[5m])"},
    [START_TIME] = {.name = "process_start_time_seconds",
                     .type = METRIC_GAUGE,
                     .unit = "seconds",
                     .help = "Start of this process, in seconds since 1970.",
                     .example = "time() - process_start_time_seconds"},
    [RESIDENT] = {.name = "process_resident_memory_bytes",
                     .type = METRIC_GAUGE,
                     .unit = "bytes",
                     .help = "Resident memory of this process.",
                     .example = "process_resident_memory_bytes"},
    [VIRTUAL] = {.name = "process_virtual_memory_bytes",
                     .type = METRIC_GAUGE,
                     .unit = "bytes",
                     .help = "Virtual memory of this process.",
                     .example = "process_virtual_memory_bytes"},
    [VIRTUAL_MAX] = {.name = "process_virtual_memory_max_bytes",
                     .type = METRIC_GAUGE,
                     .unit = "bytes",
                     .help = "Most virtual memory this process may have.",
                     .example = "process_virtual_memory_max_bytes"},
    [OPEN_FDS] = {.name = "process_open_fds",
                     .type = METRIC_GAUGE,
                     .help = "Open file descriptors.",
                     .example = "process_open_fds / process_max_fds"                                      },
    [MAX_FDS] = {.name = "process_max_fds",
                     .type = METRIC_GAUGE,
                     .help = "Most file descriptors this process may open.",
                     .example = "process_open_fds / process_max_fds"                                    },
    [THREADS] = {.name = "process_threads",
                     .type = METRIC_GAUGE,
                     .help = "Threads of this process.",
                     .example = "process_threads"                                    },
};

const struct metric_table metrics_process_table = {rows, ARRAY_LEN(rows)};

struct process {
    struct metrics *metrics;
    pthread_mutex_t lock;
    double cpu_seconds; /* already counted */
};

static void set(const struct process *p, size_t row, double v)
{
    gauge_set(metrics_gauge(p->metrics, &rows[row], NULL), v);
}

/* Fields of /proc/self/stat behind the name in parentheses, which may hold anything:
 * field 3 (state) is number 0 here. */
static bool read_stat(double *fields, size_t n)
{
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(4096);
    struct error err;
    const char *at;

    if (!file_read("/proc/self/stat", &text, &err))
        return false;
    at = strrchr(buf_str(&text), ')');
    if (!at || strlen(at) < 4)
        return false;
    at += 3; /* ") S" */
    fields[0] = 0;
    for (size_t i = 1; i < n; i++) {
        char *end;

        fields[i] = strtod(at, &end);
        if (end == at)
            return false;
        at = end;
    }
    return true;
}

static double boot_time(void)
{
    struct timespec wall, boot;

    (void)clock_gettime(CLOCK_REALTIME, &wall);
    (void)clock_gettime(CLOCK_BOOTTIME, &boot);
    return (double)(wall.tv_sec - boot.tv_sec) +
           (double)(wall.tv_nsec - boot.tv_nsec) / 1e9;
}

static void set_from_stat(const struct process *p)
{
    enum { NUM_THREADS = 17, STARTED = 19, VSIZE, RSS, FIELDS };
    double fields[FIELDS];

    if (!read_stat(fields, FIELDS))
        return;
    set(p, THREADS, fields[NUM_THREADS]);
    set(p, VIRTUAL, fields[VSIZE]);
    set(p, RESIDENT, fields[RSS] * (double)sysconf(_SC_PAGESIZE));
}

/* Once: recomputed, it would move with every correction of the wall clock. */
static void set_start_time(const struct process *p)
{
    enum { STARTED = 19, FIELDS };
    double fields[FIELDS];

    if (read_stat(fields, FIELDS))
        set(p, START_TIME, boot_time() + fields[STARTED] / (double)sysconf(_SC_CLK_TCK));
}

static void set_open_fds(const struct process *p)
{
    DIR *dir = opendir("/proc/self/fd");
    double n = -3; /* ".", ".." and the directory itself */

    if (!dir)
        return;
    while (readdir(dir)) /* NOLINT(concurrency-mt-unsafe): the stream is our own */
        n++;
    (void)closedir(dir);
    set(p, OPEN_FDS, n);
}

static void set_limit(const struct process *p, size_t row, int resource)
{
    struct rlimit limit;

    if (!getrlimit((__rlimit_resource_t)resource, &limit))
        set(p, row,
            limit.rlim_cur == RLIM_INFINITY ? (double)INFINITY : (double)limit.rlim_cur);
}

static void count_cpu(struct process *p)
{
    struct timespec t;
    double now;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t))
        return;
    now = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
    (void)pthread_mutex_lock(&p->lock);
    if (now > p->cpu_seconds) {
        counter_add(metrics_counter(p->metrics, &rows[CPU_SECONDS], NULL),
                    now - p->cpu_seconds);
        p->cpu_seconds = now;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static void refresh(void *arg)
{
    struct process *p = arg;

    count_cpu(p);
    set_from_stat(p);
    set_open_fds(p);
    set_limit(p, MAX_FDS, RLIMIT_NOFILE);
    set_limit(p, VIRTUAL_MAX, RLIMIT_AS);
}

static void add_build_info(struct metrics *m, const char *prefix)
{
    struct metric_desc *d = mem_alloc(1, sizeof(*d));
    char name[128];
    char *owned_name;

    (void)snprintf(name, sizeof(name), "%s_build", prefix);
    owned_name = mem_strdup(name);
    *d = (struct metric_desc){
        .name = owned_name,
        .type = METRIC_INFO,
        .help = "What this program was built from.",
        .labels = {"version", "compiler"},
        .no_constant_labels = true,
    };
    (void)pthread_mutex_lock(&m->lock);
    metrics_own(m, owned_name);
    metrics_own(m, d);
    (void)pthread_mutex_unlock(&m->lock);
    metrics_info(m, d, (const char *const[]){BANDIT_VERSION, __VERSION__});
}

void metrics_add_process(struct metrics *m, const char *prefix)
{
    struct process *p = mem_alloc(1, sizeof(*p));

    p->metrics = m;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_mutex_lock(&m->lock);
    metrics_own(m, p);
    (void)pthread_mutex_unlock(&m->lock);
    add_build_info(m, prefix);
    set_start_time(p);
    metrics_on_expose(m, refresh, p);
}
