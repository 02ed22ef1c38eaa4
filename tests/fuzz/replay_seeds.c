/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of the folders and files given: the corpus as a
 * regression test, without libFuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(16 << 20);
    struct error err;

    if (!file_read(path, &bytes, &err)) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return -1;
    }
    (void)LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&bytes), bytes.len);
    return 1;
}

static int run_folder(const char *path)
{
    DIR *dir = opendir(path);
    int runs = 0;

    if (!dir)
        return -1;
    for (struct dirent *e; (e = readdir(dir));) {
        char file[4096];

        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
        if (run_file(file) < 0) {
            (void)closedir(dir);
            return -1;
        }
        runs++;
    }
    (void)closedir(dir);
    return runs;
}

int main(int argc, char **argv)
{
    int runs = 0;

    for (int i = 1; i < argc; i++) {
        struct stat st;
        int n = stat(argv[i], &st)    ? -1
                : S_ISDIR(st.st_mode) ? run_folder(argv[i])
                                      : run_file(argv[i]);

        if (n < 0) {
            (void)fprintf(stderr, "cannot read %s\n", argv[i]);
            return 1;
        }
        runs += n;
    }
    printf("%d inputs\n", runs);
    return runs ? 0 : 1;
}
