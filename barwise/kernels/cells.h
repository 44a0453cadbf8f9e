/* What a cell means, where that is plain: numbers as prices.py reads them, moments and whole numbers as times.py does. 0 means that it is not
   plain, and the twin must look. Each may read up to 24 bytes from where a cell begins. */
#pragma once
#include <math.h>
#include "separators.h"

#define POWERS_TO_19 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19
static const double POWERS[23] = {POWERS_TO_19, 1e20, 1e21, 1e22}; /* all exact */
static const u64 WHOLE_POWERS[20] = {POWERS_TO_19};
#define MOST_DIGITS 19 /* that fit a u64, whatever they are */

/* Of bytes ^ '0'. */
INLINE int all_digits(u64 x) { return !(((x + 0x7676767676767676ULL) | x) & HIGH); }
/* Eight digits, each a byte's value, the first in the lowest byte: pairs, then fours, then all. */
INLINE u64 eight_digits(u64 x) {
  x = x * 10 + (x >> 8);
  x &= 0x00ff00ff00ff00ffULL;
  x = x * 100 + (x >> 16);
  x &= 0x0000ffff0000ffffULL;
  return (x * 10000 + (x >> 32)) & 0xffffffffULL;
}

/* 1 to 8 digits, alone or with a point and 1 to 7 more: nearly all prices. */
INLINE int plain_number(const uint8_t *s, i64 size, uint8_t point, double *number) {
  if (size < 1 || size > 16) return 0;
  const u64 x = load8(s) ^ (ONES * '0'), points = ~not_zero(x ^ (ONES * (u64)(point ^ '0'))) & HIGH;
  const i64 whole = points ? __builtin_ctzll(points) >> 3 : 8;
  if (whole >= size) { /* what was found is behind the cell, if anything */
    if (size > 8) return 0;
    const u64 digits = x << (8 * (8 - size)); /* zeros in front */
    if (!all_digits(digits)) return 0;
    *number = (double)eight_digits(digits);
    return 1;
  }
  if (!points && s[8] != point) return 0;
  const i64 after = size - whole - 1;
  if (whole < 1 || after < 1 || after > 7) return 0;
  const u64 before_point = x << (8 * (8 - whole)), behind = (load8(s + whole + 1) ^ (ONES * '0')) << (8 * (8 - after));
  if (!all_digits(before_point) || !all_digits(behind)) return 0;
  /* Below 10**15, so both are exact, and one division, rounded once, is what the decimal reads as (Clinger, 1990). */
  *number = (double)(eight_digits(before_point) * WHOLE_POWERS[after] + eight_digits(behind)) / POWERS[after];
  return 1;
}

/* The float64 nearest to digits / 10**scale, ties to even; digits not 0, scale 0 to 19. */
static inline double quotient(u64 digits, i64 scale) {
  const int lead = __builtin_clzll(digits);
  const unsigned __int128 dividend = (unsigned __int128)(digits << lead) << 64, divisor = WHOLE_POWERS[scale];
  const unsigned __int128 whole = dividend / divisor; /* at least 64 bits */
  const u64 top = (u64)(whole >> 64);
  const int drop = (top ? 128 - __builtin_clzll(top) : 64 - __builtin_clzll((u64)whole)) - 53;
  const unsigned __int128 rest = whole & (((unsigned __int128)1 << drop) - 1), half = (unsigned __int128)1 << (drop - 1);
  u64 mantissa = (u64)(whole >> drop);
  mantissa += rest > half || (rest == half && ((mantissa & 1) || whole * divisor != dividend));
  const u64 bits = (u64)(1023 + drop - 64 - lead) << 52; /* a power of two */
  double unit;
  memcpy(&unit, &bits, 8);
  return (double)mantissa * unit;
}

INLINE int is_blank(uint8_t c) { return c == ' ' || c == '\t'; }
INLINE int is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

/* prices.MISSING */
static inline int is_missing(const uint8_t *s, i64 size) {
  static const char WORDS[8][5] = {"", "nan", "NaN", "null", "NULL", "NA", "N/A", "None"};
  for (int i = 0; i < 8; i++)
    if (size == (i64)strlen(WORDS[i]) && !memcmp(s, WORDS[i], (size_t)size)) return 1;
  return 0;
}

/* Any number of prices.NUMBER that has at most 19 digits and an exponent near 0, or a word for a missing one. */
static inline int any_number(const uint8_t *s, const uint8_t *end, uint8_t point, double *number) {
  while (s < end && is_blank(*s)) s++;
  while (end > s && is_blank(end[-1])) end--;
  if (is_missing(s, end - s)) {
    *number = NAN;
    return 1;
  }
  const int negative = s < end && *s == '-';
  if (s < end && (*s == '-' || *s == '+')) s++;
  u64 digits = 0;
  i64 significant = 0, seen = 0, exponent = 0, behind = 0;
  for (; s < end && (is_digit(*s) || (*s == point && !behind)); s++) {
    if (*s == point) {
      behind = 1;
      continue;
    }
    seen = 1;
    exponent -= behind;
    if (!digits && *s == '0') continue;
    if (++significant > MOST_DIGITS) return 0;
    digits = digits * 10 + (u64)(*s - '0');
  }
  if (!seen) return 0;
  if (s < end && (*s == 'e' || *s == 'E')) {
    const int down = ++s < end && *s == '-';
    i64 power = 0;
    if (s < end && (*s == '-' || *s == '+')) s++;
    if (s == end || end - s > 3) return 0;
    for (; s < end && is_digit(*s); s++) power = power * 10 + (*s - '0');
    exponent += down ? -power : power;
  }
  if (s < end) return 0;
  double value;
  if (!digits)
    value = 0;
  else if (digits <= 1ULL << 53 && exponent >= -22 && exponent <= 22)
    value = exponent < 0 ? (double)digits / POWERS[-exponent] : (double)digits * POWERS[exponent];
  else if (exponent <= 0 && exponent >= -MOST_DIGITS)
    value = quotient(digits, -exponent);
  else
    return 0;
  *number = negative ? -value : value;
  return 1;
}

/* 1 to 19 digits, the first not 0, below 2**63. */
INLINE int whole_number(const uint8_t *s, i64 size, i64 *number) {
  if (size < 1 || size > MOST_DIGITS || *s == '0') return 0;
  u64 value = 0;
  for (; size > 8; s += 8, size -= 8) {
    const u64 x = load8(s) ^ (ONES * '0');
    if (!all_digits(x)) return 0;
    value = value * 100000000 + eight_digits(x);
  }
  const u64 x = (load8(s) ^ (ONES * '0')) << (8 * (8 - size));
  if (!all_digits(x)) return 0;
  value = value * WHOLE_POWERS[size] + eight_digits(x);
  *number = (i64)value;
  return value >> 63 == 0;
}

typedef struct { u64 text_low, text_high; i64 number; } Day; /* the last one that was read, and its text */

INLINE i64 two_digits(const uint8_t *s) { return is_digit(s[0]) && is_digit(s[1]) ? (s[0] - '0') * 10 + (s[1] - '0') : -1; }
/* Days since 1970 of YYYY-MM-DD, in the years 1000 to 9998: a suffix of a zone leaves no moment out of what times are. The formula is
   days_from_civil of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
static inline int day_of(const uint8_t *s, i64 *day) {
  static const uint8_t LENGTHS[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const i64 century = two_digits(s), of_century = two_digits(s + 2), m = two_digits(s + 5), d = two_digits(s + 8);
  if (century < 10 || of_century < 0 || s[4] != '-' || s[7] != '-' || m < 1 || m > 12 || d < 1) return 0;
  i64 y = century * 100 + of_century;
  const int leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  if (y > 9998 || d > LENGTHS[m] + (leap && m == 2)) return 0;
  y -= m <= 2;
  const i64 era = y / 400, of_era = y % 400, of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  *day = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  return 1;
}
/* The moment of 19 bytes. Rows mostly share a day. */
INLINE int moment(const uint8_t *s, uint8_t separator, Day *day, i64 *time) {
  const u64 low = load8(s), rest = load8(s + 8), high = rest & 0xffff;
  if (low != day->text_low || high != day->text_high) {
    i64 number;
    if (!day_of(s, &number)) return 0;
    *day = (Day){low, high, number};
  }
  /* "T00:00" after the day: what is left is a digit in each place, and 0 where the separator and the colon are. */
  const u64 x = rest ^ (0x30303a3030003030ULL | (u64)separator << 16);
  if (!all_digits(x) || (x & 0x0000ff0000ff0000ULL) || s[16] != ':') return 0;
  const u64 pairs = x * 10 + (x >> 8); /* the hour in byte 3, the minute in byte 6 */
  const i64 hour = (pairs >> 24) & 255, minute = (pairs >> 48) & 255, second = two_digits(s + 17);
  if (hour > 23 || minute > 59 || second < 0 || second > 59) return 0;
  *time = (day->number * 86400 + hour * 3600 + minute * 60 + second) * 1000000;
  return 1;
}
