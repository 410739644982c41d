#define _DEFAULT_SOURCE /* localtime_r, CLOCK_BOOTTIME */
#include "clock.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digits.h"

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t boot_ns(void) { return read_clock(CLOCK_BOOTTIME); }
uint64_t steady_ns(void) { return read_clock(CLOCK_MONOTONIC); }
pp_time_ns time_of_day_ns(void) { return read_clock(CLOCK_REALTIME); }

/* A day of the proleptic Gregorian calendar from its number since 1970-01-01. Years are counted from March, so that the day
 * that comes and goes is the last of a year; 400 of them have 146,097 days. (gmtime_r and strftime say the same, and take
 * twenty times as long; a large report has twenty thousand times in it.) */
static void civil_date(uint64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    enum { FROM_YEAR_0 = 719468, DAYS_4 = 1460, DAYS_100 = 36524, DAYS_400 = 146097 };
    uint64_t z = days + FROM_YEAR_0, era = z / DAYS_400, of_era = z % DAYS_400;
    unsigned d = (unsigned)of_era, of_400 = (d - d / DAYS_4 + d / DAYS_100 - d / (DAYS_400 - 1)) / 365;
    unsigned of_year = d - (365 * of_400 + of_400 / 4 - of_400 / 100), m = (5 * of_year + 2) / 153; /* months from March */
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (unsigned)era * 400 + of_400 + (*month <= 2);
}

/* And back. The library's timegm and gmtime_r end in 2038 where time_t has 32 bits. */
static int64_t day_number(int year, int month, int day)
{
    enum { FROM_YEAR_0 = 719468, DAYS_400 = 146097 };
    int64_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * DAYS_400 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - FROM_YEAR_0;
}

static int64_t seconds_of(const struct tm *tm)
{
    enum { S_PER_DAY = 86400 };
    return day_number(tm->tm_year + 1900, tm->tm_mon + 1, tm->tm_mday) * S_PER_DAY + tm->tm_hour * 3600 + tm->tm_min * 60 + tm->tm_sec;
}

static bool fits_time_t(uint64_t seconds) { return (uint64_t)(time_t)seconds == seconds && (time_t)seconds >= 0; }

char *time_rfc3339(pp_time_ns time, char out[TIME_TEXT_MAX])
{
    enum { S_PER_DAY = 86400 };
    uint64_t seconds = time / NS_PER_S, of_day = seconds % S_PER_DAY;
    unsigned year, month, day;
    civil_date(seconds / S_PER_DAY, &year, &month, &day);
    const struct {
        uint64_t value;
        unsigned digits;
        char mark; /* behind it */
    } parts[] = {{year, 4, '-'},        {month, 2, '-'},          {day, 2, 'T'}, {of_day / 3600, 2, ':'}, {of_day / 60 % 60, 2, ':'},
                 {of_day % 60, 2, '.'}, {time % NS_PER_S, 9, 'Z'}};
    char *at = out;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        at = put_decimals(at, parts[i].value, parts[i].digits);
        *at++ = parts[i].mark;
    }
    *at = '\0';
    return out;
}

char *time_readable(pp_time_ns time, bool local, char out[TIME_TEXT_MAX])
{
    time_t seconds = (time_t)(time / NS_PER_S);
    struct tm tm;
    if (local && fits_time_t(time / NS_PER_S) && localtime_r(&seconds, &tm)) {
        strftime(out, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S %Z", &tm);
        return out;
    }
    time_rfc3339(time, out); /* 2026-11-20T09:58:11.000000000Z */
    enum { DATE = 10, SECONDS = 19 };
    out[DATE] = ' ';
    memcpy(out + SECONDS, " UTC", sizeof " UTC");
    return out;
}

char *time_seconds(pp_time_ns time, char out[TIME_TEXT_MAX])
{
    char *at = put_digits(out, time / NS_PER_S);
    *at++ = '.';
    *put_decimals(at, time % NS_PER_S, 9) = '\0';
    return out;
}

char *duration_readable(uint64_t ns, char out[TIME_TEXT_MAX])
{
    uint64_t s = ns / NS_PER_S;
    if (s == 0)
        snprintf(out, TIME_TEXT_MAX, "%" PRIu64 " ms", ns / 1000000);
    else if (s < 60)
        snprintf(out, TIME_TEXT_MAX, "%" PRIu64 " s", s);
    else if (s < 3600)
        snprintf(out, TIME_TEXT_MAX, "%" PRIu64 " min %02" PRIu64 " s", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, TIME_TEXT_MAX, "%" PRIu64 " h %02" PRIu64 " min", s / 3600, s % 3600 / 60);
    else
        snprintf(out, TIME_TEXT_MAX, "%" PRIu64 " d %02" PRIu64 " h", s / 86400, s % 86400 / 3600);
    return out;
}

/* Exactly `n` digits as a number; advances *text. */
static bool digits(const char **text, int n, int *out)
{
    int value = 0;
    for (int i = 0; i < n; i++, (*text)++) {
        if (!isdigit((unsigned char)**text)) return false;
        value = value * 10 + (**text - '0');
    }
    *out = value;
    return true;
}

static bool parse_date(const char **text, struct tm *tm)
{
    *tm = (struct tm){0};
    if (!digits(text, 4, &tm->tm_year) || *(*text)++ != '-') return false;
    if (!digits(text, 2, &tm->tm_mon) || *(*text)++ != '-') return false;
    if (!digits(text, 2, &tm->tm_mday)) return false;
    if (tm->tm_year < 1970 || tm->tm_year > 2500) return false; /* what 64-bit nanoseconds hold */
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1) return false;
    unsigned year, month, day;
    civil_date((uint64_t)seconds_of(tm) / 86400, &year, &month, &day);
    return (int)month == tm->tm_mon + 1 && (int)day == tm->tm_mday;
}

bool date_parse(const char *text, pp_time_ns *out)
{
    struct tm tm;
    if (!parse_date(&text, &tm) || *text) return false;
    *out = (pp_time_ns)seconds_of(&tm) * NS_PER_S;
    return true;
}

/* .123456789 → nanoseconds; advances *text past the digits, of which the first nine count. */
static uint64_t fraction(const char **text)
{
    uint64_t ns = 0;
    int n = 0;
    if (**text != '.') return 0;
    for ((*text)++; isdigit((unsigned char)**text); (*text)++, n++)
        if (n < 9) ns = ns * 10 + (uint64_t)(**text - '0');
    for (; n < 9; n++) ns *= 10;
    return ns;
}

static bool parse_epoch(const char *text, pp_time_ns *out)
{
    char *end;
    unsigned long long seconds = strtoull(text, &end, 10);
    const char *rest = end;
    if (seconds > UINT64_MAX / NS_PER_S - 1) return false;
    *out = seconds * NS_PER_S + fraction(&rest);
    return *rest == '\0';
}

bool time_parse(const char *text, pp_time_ns *out)
{
    if (!isdigit((unsigned char)*text)) return false;
    struct tm tm;
    const char *at = text;
    if (!parse_date(&at, &tm)) return parse_epoch(text, out);
    uint64_t ns = 0;
    int offset_h = 0, offset_m = 0, sign = 0;
    if (*at == 'T' || *at == 't' || *at == ' ') {
        at++;
        if (!digits(&at, 2, &tm.tm_hour) || *at++ != ':' || !digits(&at, 2, &tm.tm_min)) return false;
        if (*at == ':' && (at++, !digits(&at, 2, &tm.tm_sec))) return false;
        ns = fraction(&at);
        if (*at == 'Z' || *at == 'z')
            at++;
        else if (*at == '+' || *at == '-') {
            sign = *at++ == '+' ? -1 : 1;
            if (!digits(&at, 2, &offset_h) || *at++ != ':' || !digits(&at, 2, &offset_m)) return false;
        }
    }
    if (*at || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60 || offset_h > 23 || offset_m > 59) return false;
    int64_t seconds = seconds_of(&tm) + sign * (offset_h * 3600 + offset_m * 60);
    if (seconds < 0) return false;
    *out = (pp_time_ns)seconds * NS_PER_S + ns;
    return true;
}
