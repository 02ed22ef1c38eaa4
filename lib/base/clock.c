/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400 };

static int64_t now_ns(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    return now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ms(void)
{
    return now_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_boot_ms(void)
{
    return now_ns(CLOCK_BOOTTIME) / 1000000;
}

int64_t clock_mono_coarse_ms(void)
{
    return now_ns(CLOCK_MONOTONIC_COARSE) / 1000000;
}

int64_t clock_mono_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

struct timespec clock_timespec(int64_t ms)
{
    return (struct timespec){.tv_sec = (time_t)(ms / 1000),
                             .tv_nsec = (long)(ms % 1000) * 1000000};
}

const char *clock_format(int64_t wall_ms, char out[CLOCK_TEXT_MAX])
{
    int64_t seconds = wall_ms / 1000;
    int ms = (int)(wall_ms % 1000);
    time_t t;
    struct tm tm;
    size_t len;

    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    t = (time_t)seconds;
    if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099) {
        memcpy(out, "invalid", sizeof("invalid"));
        return out;
    }
    /* Not %Y, which has as many digits as the year: RFC 3339 wants four. */
    len = (size_t)snprintf(out, CLOCK_TEXT_MAX, "%04d", tm.tm_year + 1900);
    len += strftime(out + len, CLOCK_TEXT_MAX - len, "-%m-%dT%H:%M:%S", &tm);
    if (ms)
        (void)snprintf(out + len, CLOCK_TEXT_MAX - len, ".%03dZ", ms);
    else
        (void)snprintf(out + len, CLOCK_TEXT_MAX - len, "Z");
    return out;
}

/* Exactly `digits` decimal digits at *p, within [low, high]; moves *p past them. */
static bool read_field(const char **p, int digits, int low, int high, int *value)
{
    int v = 0;

    for (int i = 0; i < digits; i++) {
        char c = (*p)[i];

        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *p += digits;
    *value = v;
    return v >= low && v <= high;
}

static bool read_char(const char **p, char want)
{
    if (**p != want)
        return false;
    (*p)++;
    return true;
}

static bool read_fraction(const char **p, int *ms)
{
    int scale = 100;

    *ms = 0;
    if (**p != '.')
        return true;
    (*p)++;
    if (**p < '0' || **p > '9')
        return false;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        *ms += (**p - '0') * scale;
        scale /= 10;
    }
    return true;
}

static bool read_offset(const char **p, int *offset_s)
{
    int sign = **p == '-' ? -1 : 1;
    int hours;
    int minutes;

    *offset_s = 0;
    if (**p == 'Z' || **p == 'z') {
        (*p)++;
        return true;
    }
    if (**p != '+' && **p != '-')
        return false;
    (*p)++;
    if (!read_field(p, 2, 0, 23, &hours) || !read_char(p, ':') ||
        !read_field(p, 2, 0, 59, &minutes))
        return false;
    *offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool read_date_time(const char **p, struct tm *tm)
{
    int year;
    int month;

    if (!read_field(p, 4, 0, 9999, &year) || !read_char(p, '-') ||
        !read_field(p, 2, 1, 12, &month) || !read_char(p, '-') ||
        !read_field(p, 2, 1, 31, &tm->tm_mday))
        return false;
    if (**p != 'T' && **p != 't' && **p != ' ')
        return false;
    (*p)++;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    return read_field(p, 2, 0, 23, &tm->tm_hour) && read_char(p, ':') &&
           read_field(p, 2, 0, 59, &tm->tm_min) && read_char(p, ':') &&
           read_field(p, 2, 0, 60, &tm->tm_sec);
}

bool clock_parse(const char *text, int64_t *wall_ms, struct error *err)
{
    const char *p = text;
    struct tm tm = {0};
    int day;
    int leap;
    int ms;
    int offset_s;
    int64_t s;

    if (!read_date_time(&p, &tm) || !read_fraction(&p, &ms) ||
        !read_offset(&p, &offset_s) || *p)
        return error_set(err, ERR_INVALID,
                         "\"%.64s\" is not a time such as 2026-11-21T09:30:00Z", text);
    day = tm.tm_mday;
    leap = tm.tm_sec == 60;
    tm.tm_sec -= leap;
    s = (int64_t)timegm(&tm) - offset_s + leap;
    if (tm.tm_mday != day)
        return error_set(err, ERR_INVALID, "\"%.64s\": no such day in that month", text);
    if (leap && s % DAY_S)
        return error_set(err, ERR_INVALID, "\"%.64s\": a leap second ends a day of UTC",
                         text);
    *wall_ms = s * 1000 + ms;
    return true;
}
