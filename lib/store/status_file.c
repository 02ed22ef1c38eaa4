/* SPDX-License-Identifier: Apache-2.0 */
#include "store/status_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "route/route_json.h"

void status_file_path(struct buf *out, const char *folder, const char *namespace,
                      const char *name)
{
    buf_printf(out, "%s/%s.%s" STATUS_ENDING, folder, namespace, name);
}

bool status_file_key(const char *file, char namespace[ROUTE_LABEL_MAX],
                     char name[ROUTE_NAME_MAX])
{
    const char *dot = strchr(file, '.'); /* a namespace is a label: it has no dot */
    size_t n = strlen(file);
    size_t ending = strlen(STATUS_ENDING);
    size_t label = dot ? (size_t)(dot - file) : 0;

    if (!dot || n < ending + label + 2 || strcmp(file + n - ending, STATUS_ENDING) != 0)
        return false;
    if (label >= ROUTE_LABEL_MAX || n - ending - label - 1 >= ROUTE_NAME_MAX)
        return false;
    (void)snprintf(namespace, ROUTE_LABEL_MAX, "%.*s", (int)label, file);
    (void)snprintf(name, ROUTE_NAME_MAX, "%.*s", (int)(n - ending - label - 1), dot + 1);
    return text_is_dns_label(namespace) && text_is_dns_name(name);
}

bool status_file_read(const char *path, struct buf *out, struct error *err)
{
    struct error why;

    if (file_read(path, out, &why) || why.kind == ERR_NOT_FOUND)
        return true;
    *err = why;
    return false;
}

void status_file_text(const struct bandit_route *r, struct buf *out)
{
    CLEANUP(json_freep)
    struct json *status = route_status_to_json(r);

    json_write_pretty(status, out);
    buf_putc(out, '\n');
}

int status_lock(const char *folder, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(8192);
    int fd;

    buf_printf(&path, "%s/.status.lock", folder);
    fd = open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        (void)error_errno(err, errno, "cannot open %s", buf_str(&path));
        return -1;
    }
    if (!flock(fd, LOCK_EX | LOCK_NB))
        return fd;
    if (errno == EWOULDBLOCK)
        (void)error_set(err, ERR_CONFLICT, "another process writes statuses in %s",
                        folder);
    else
        (void)error_errno(err, errno, "cannot lock %s", buf_str(&path));
    (void)close(fd);
    return -1;
}

void status_sweep(const char *folder)
{
    DIR *dir = opendir(folder);

    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));)
        if (strstr(e->d_name, STATUS_ENDING ".tmp."))
            (void)unlinkat(dirfd(dir), e->d_name, 0);
    (void)closedir(dir);
}
