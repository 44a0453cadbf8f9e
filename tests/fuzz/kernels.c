/* A libFuzzer target: what a kernel accepts is what its slow twin here says. Each buffer has not one byte too many, so that ASan sees one that
   is read or written beyond. The first byte of an input chooses the kernel. With -DSTANDALONE it makes its inputs itself: for processors for
   which there is no libFuzzer. See run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../../barwise/kernels/separators.h"

#define CHECK(claim) ((claim) ? (void)0 : (fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #claim), abort()))
typedef __int128 i128;

typedef struct { const uint8_t *at, *end; } Input;
static u64 take(Input *in, int bytes) { /* zeros behind the end */
  u64 x = 0;
  for (int i = 0; i < bytes; i++) x = x << 8 | (in->at < in->end ? *in->at++ : 0);
  return x;
}
static double as_double(u64 bits) {
  double x;
  memcpy(&x, &bits, 8);
  return x;
}
static u64 as_bits(double x) {
  u64 bits;
  memcpy(&bits, &x, 8);
  return bits;
}
static int same_double(double a, double b) { return (a != a && b != b) || as_bits(a) == as_bits(b); }
static void *room(size_t size) { /* of nothing: one byte that must not be touched is not there */
  void *p = malloc(size);
  CHECK(p || !size);
  if (size) memset(p, 0xa5, size);
  return p;
}

/* ---- CSV as Python's csv reads it with strict=True: rows of cells, or an error ---- */
typedef struct { uint8_t *bytes; i64 size; } Cell;
typedef struct { Cell *cells; i64 *widths; i64 rows, count; uint8_t *bytes; int is_broken; } Table;

static Table table_of(const uint8_t *text, i64 size, uint8_t delimiter) {
  enum { RECORD, FIELD, PLAIN, QUOTED, QUOTE, RETURN } state = RECORD;
  Table t = {room(sizeof(Cell) * (size_t)(size + 2)), room(sizeof(i64) * (size_t)(size + 2)), 0, 0, room((size_t)size + 1), 0};
  Cell *cell = t.cells;
  i64 used = 0, width = 0;
  for (i64 i = 0; i <= size && !t.is_broken; i++) {
    const int at_end = i == size, c = at_end ? '\n' : text[i];
    if (at_end && (state == RECORD || state == RETURN)) break;
    if (at_end && state == QUOTED) t.is_broken = 1;
    if (state == RETURN) {
      state = RECORD;
      if (c == '\n') continue;
    }
    if (state == RECORD && (c == '\n' || c == '\r')) { /* a row without cells */
      t.widths[t.rows++] = 0;
      state = c == '\r' ? RETURN : RECORD;
      continue;
    }
    if (state == RECORD || state == FIELD) {
      if (state == RECORD) width = 0;
      *cell = (Cell){t.bytes + used, 0};
      width++;
      state = c == '"' ? QUOTED : PLAIN;
      if (c == '"') continue;
    }
    if (state == QUOTED) {
      if (c == '"') state = QUOTE;
      else t.bytes[used++] = (uint8_t)c, cell->size++;
    } else if (state == QUOTE && c == '"') {
      state = QUOTED;
      t.bytes[used++] = '"', cell->size++;
    } else if (c == delimiter) {
      state = FIELD;
      cell++, t.count++;
    } else if (c == '\n' || c == '\r') {
      state = c == '\r' ? RETURN : RECORD;
      cell++, t.count++;
      t.widths[t.rows++] = width;
    } else if (state == QUOTE) {
      t.is_broken = 1;
    } else {
      t.bytes[used++] = (uint8_t)c, cell->size++;
    }
  }
  return t;
}

/* A number by strtod, which rounds correctly; 0 where the cell is none. */
static int number_of(Cell cell, char point, double *number) {
  static const char *const MISSING[] = {"", "nan", "NaN", "null", "NULL", "NA", "N/A", "None"};
  i64 first = 0, end = cell.size, digits = 0, points = 0;
  while (first < end && strchr(" \t", cell.bytes[first])) first++;
  while (end > first && strchr(" \t", cell.bytes[end - 1])) end--;
  char *const s = room((size_t)(end - first) + 1);
  memcpy(s, cell.bytes + first, (size_t)(end - first));
  s[end - first] = 0;
  int is_number = 0;
  for (size_t i = 0; i < sizeof MISSING / sizeof *MISSING; i++)
    if (!strcmp(s, MISSING[i])) is_number = 1, *number = NAN;
  if (!is_number) {
    char *p = s + (*s == '-' || *s == '+');
    for (; (*p >= '0' && *p <= '9') || *p == point; p++) {
      if (*p == point) points++, *p = '.';
      else digits++;
    }
    is_number = digits > 0 && points < 2;
    if (*p == 'e' || *p == 'E') {
      p++;
      p += *p == '-' || *p == '+';
      is_number &= *p != 0;
      while (*p >= '0' && *p <= '9') p++;
    }
    is_number &= *p == 0;
    *number = strtod(s, NULL);
  }
  free(s);
  return is_number;
}

static int is_written(const uint8_t *s, const char *form) { /* 0: a digit */
  for (; *form; s++, form++)
    if (*form == '0' ? *s < '0' || *s > '9' : *s != (uint8_t)*form) return 0;
  return 1;
}
static int moment_of(Cell cell, const uint8_t *pattern, i64 size, i64 *time) { /* day by day */
  char form[] = "0000-00-00 00:00:00";
  form[10] = 'x';
  if (cell.size != 18 + size || memcmp(cell.bytes + 19, pattern + 1, (size_t)size - 1) || cell.bytes[10] != pattern[0]) return 0;
  uint8_t s[20] = {0};
  memcpy(s, cell.bytes, 19);
  s[10] = 'x';
  if (!is_written(s, form)) return 0;
  const int y = atoi((char *)s), m = atoi((char *)s + 5), d = atoi((char *)s + 8), hour = atoi((char *)s + 11);
  const int minute = atoi((char *)s + 14), second = atoi((char *)s + 17);
  const int is_leap = y % 400 == 0 || (y % 4 == 0 && y % 100);
  const int lengths[] = {31, 28 + is_leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (y < 1 || m < 1 || m > 12 || d < 1 || d > lengths[m - 1] || hour > 23 || minute > 59 || second > 59) return 0;
  i64 days = d - 1;
  for (int i = 0; i < m - 1; i++) days += lengths[i];
  for (int i = 1970; i < y; i++) days += 365 + (i % 400 == 0 || (i % 4 == 0 && i % 100));
  for (int i = y; i < 1970; i++) days -= 365 + (i % 400 == 0 || (i % 4 == 0 && i % 100));
  *time = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000;
  return 1;
}

static int is_cell(const uint8_t *bytes, i64 size, Cell cell) { return size == cell.size && !memcmp(bytes, cell.bytes, (size_t)size); }

/* What bytes from 128 on stand for in an input. */
static const char *const WORDS[] = {
    "\n", "\n", "\n", ",", ",", ",", "\r\n", "\"", "\",\"", "\"\n", "\"\r\n\"", ",\n", "\"\"", "\r", "1.5,", "12345678.1234567", "0.1", "NA", "nan",
    "None", "null", " ", "\t", "-", "+", ".", "e", "e-22", "E+22", "9007199254740993", "18446744073709551615", "9999999999999999999", "0000000000",
    "12345678", "1e5", "-0.0", "2024-02-29 23:59:59", "2023-02-29 00:00:00", "1999-12-31T23:59:60", "2000-01-01 00:00:00Z\n", "2024-01-01 24:00:00",
    "9998-12-31 00:00:00", "1700000000", "9223372036854775807", "9223372036854775808", "\xc3\xa9", "\xff", "BTC", "ETH", "S0000001", "a\"b", "\"a\",",
    "1.5\n", "1,2\n", "1,2,3\n", "\"1\",\"2\"\n", "1,2\r\n", "2024-01-01 00:00:00,1.5\n", "2024-01-01 00:01:00,1.25\n", "x", "9", "0", "00", "inf"};

/* A cell that mostly is what its kind of column holds; gives its end, at most 60 bytes on. */
static uint8_t *cell_of(i64 kind, Input *in, const uint8_t *pattern, i64 pattern_size, char point, uint8_t *out) {
  const u64 how = take(in, 1);
  char s[64] = "";
  if (kind == NUMBER && how % 8) {
    char digits[24];
    const u64 whole = how & 64 ? take(in, 8) >> how % 16 : how & 32 ? (1ULL << 53) + how % 4 : take(in, 4);
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)whole);
    const int before = (int)(take(in, 1) % (strlen(digits) + 1));
    snprintf(s, sizeof s, "%s%.*s%c%s", how % 8 == 7 ? "-" : "", before, digits, point, digits + before);
    if (how & 128) snprintf(s + strlen(s), 8, "e%d", (int)(take(in, 1) % 60) - 30);
  } else if (kind == MOMENT) {
    const u64 day = take(in, 2), second = take(in, 2);
    const int wild = how % 16 == 0; /* a month 13, a second 60 and the like */
    snprintf(s, sizeof s, "%04d-%02d-%02d%c%02d:%02d:%02d%.*s", 1000 + (int)(how * 36 + day % 9) % 9000, (int)(day % (12 + 2 * wild)) + !wild,
             (int)(day / 12 % (wild ? 33 : 28)) + !wild, pattern[0], (int)(second % (24 + wild)), (int)(second / 24 % (60 + wild)),
             (int)(second / 500 % (60 + wild)), (int)pattern_size - 1, (const char *)pattern + 1);
  } else if (kind == DIGITS) {
    snprintf(s, sizeof s, "%llu", 1 + (unsigned long long)(take(in, 8) >> how % 64) % 9999999999999999999ULL);
  } else if (kind != NUMBER && how & 128) {
    snprintf(s, sizeof s, "S%d", (int)how % 40);
  } else if (kind != NUMBER || how % 32) {
    strcpy(s, WORDS[(16 + how / 8) & 63]);
  }
  memcpy(out, s, strlen(s));
  return out + strlen(s);
}

static void scans(Input in) {
  static const char DELIMITERS[] = {',', ',', ',', ',', ';', '\t', '|', ' ', '.', '9', '-', ':', '"', '\n', 1, (char)200};
  const u64 choice = take(&in, 1);
  const i64 columns = choice % 61 ? 1 + (i64)(choice % 5) : (i64)(take(&in, 2) % 520);
  const uint8_t delimiter = (uint8_t)DELIMITERS[take(&in, 1) & 15], decimal = take(&in, 1) % 4 ? '.' : ',';
  const i64 count = (i64)(take(&in, 1) % (MOST_WANTED / 2)), odd_room = (i64)(take(&in, 1) % 8) * 50, repeats = 1 + (i64)(take(&in, 1) % 40);
  const i64 front = (i64)(take(&in, 2) % 4200);
  const u64 writes = take(&in, 1); /* whole rows, most with one line end, and quotes */
  Column wanted[MOST_WANTED];
  i64 kinds[521], less = 0;
  uint8_t pattern[4] = {' ', 'Z', '0', '0'};
  i64 pattern_size = 1;
  for (i64 i = 0; i < 521; i++) kinds[i] = TEXT;
  for (i64 i = 0; i < count; i++) {
    const u64 how = take(&in, 1), place = take(&in, 1);
    wanted[i] = (Column){.kind = (i64)(how % 5), .position = columns ? (i64)(place % (u64)columns) : 0, .room = (i64)(place & 15)};
    kinds[wanted[i].position] = wanted[i].kind;
    less += how & 64 ? 1 : 0;
    if (how & 32) pattern[0] = 'T';
    if (how & 128) pattern_size = 2;
  }
  i64 size = 0, most = front + 70000 + columns * 70 + repeats * 70 * (in.end - in.at);
  uint8_t *const draft = room((size_t)most);
  if (front) { /* one row that moves the borders of slabs */
    memset(draft, '7', (size_t)front);
    size = front;
    for (i64 i = 1; i < columns; i++) draft[size++] = delimiter;
    draft[size++] = '\n';
  }
  Input rows = in;
  for (i64 k = 0; writes & 1 && columns && (rows.at < rows.end || k % columns);) {
    const u64 how = take(&rows, 1);
    const int is_quoted = (writes & 2) != 0 && how % 4;
    if (is_quoted) draft[size++] = '"';
    size = cell_of(kinds[k % columns], &rows, pattern, pattern_size, (char)decimal, draft + size) - draft;
    if (is_quoted ? how % 64 != 5 : how == 248) draft[size++] = '"';
    k++;
    if (k % columns == 0 && (writes & 4 ? how != 9 : how == 9)) draft[size++] = '\r';
    draft[size++] = how == 250 ? '\n' : how == 251 || k % columns ? delimiter : '\n';
    if (how > 252 || size > 60000) break;
  }
  for (i64 r = 0; r < repeats && size < 60000 && !(writes & 1); r++)
    for (const uint8_t *p = in.at; p < in.end; p++) {
      const char *const word = WORDS[(*p - 128) & 63];
      const size_t length = *p < 128 ? 1 : *p < 192 ? strlen(word) : 1;
      if (*p < 128) draft[size] = *p ? *p : ',';
      else if (*p < 192) memcpy(draft + size, word, length);
      else draft[size] = (uint8_t)(*p == 255 ? 0 : *p < 224 ? '0' + *p % 10 : ",\n.\""[*p % 4]);
      size += (i64)length;
    }
  for (i64 i = 0; i < size; i++)
    if (draft[i] == ',' && delimiter != ',' && i % 3) draft[i] = delimiter;
  uint8_t *const text = room((size_t)size + PAD);
  memcpy(text, draft, (size_t)size);
  for (i64 i = 0; i < PAD; i++) text[size + i] = (uint8_t)"9\"\n,\r0"[i % 6];
  free(draft);

  i64 lines = 0;
  for (i64 i = 0; i < size; i++) lines += text[i] == '\n';
  const i64 capacity = less > lines ? 0 : less ? lines + 1 - less : columns ? size / columns + 1 : 0;
  for (i64 i = 0; i < count; i++) {
    Column *const c = wanted + i;
    const size_t room_of = (size_t)capacity;
    if (c->kind == TEXT) {
      c->room = size / (1 + c->room % 3);
      c->values = room((size_t)c->room), c->ends = room(4 * room_of);
    } else if (c->kind == CODES) {
      c->room = 1LL << c->room % 9;
      c->values = room(4 * room_of), c->first = room(8 * (size_t)c->room), c->slots = room(16 * (size_t)c->room);
    } else {
      c->values = room(8 * room_of);
      if (c->kind == MOMENT) c->separator = pattern[0], c->suffix = pattern + 1, c->suffix_size = pattern_size - 1;
    }
  }
  Odd *const odd = room(sizeof(Odd) * (size_t)odd_room);
  const Wanted w = {columns, delimiter, decimal, capacity, wanted, count, odd, odd_room};
  const Scanned done = scan_csv(text, size, &w);
  Table t = table_of(text, size, delimiter);
  int high = 0, marks = 0;
  for (i64 i = 0; i < size; i++) high |= text[i] > 127, marks |= !text[i] || text[i] == '"' || text[i] == '\r';
  CHECK(done.reason != ODD_BYTE || marks);
  CHECK((done.rows < 0) == (done.reason != ACCEPTED));
  int is_whole = size > 0 && text[size - 1] == '\n' && columns > 1 && columns <= MOST_COLUMNS && !marks && t.count == t.rows * columns;
  for (i64 r = 0; r < t.rows; r++) is_whole &= t.widths[r] == columns;
  CHECK(done.reason != NOT_RECTANGULAR || !is_whole || size > LONGEST_ROW); /* no whole row is refused */
  if (done.rows >= 0) {
    CHECK(!t.is_broken && t.rows == done.rows && t.count == done.rows * columns);
    CHECK((done.not_ascii != 0) == high);
    for (i64 r = 0; r < t.rows; r++) CHECK(t.widths[r] == columns);
    i64 odds = 0;
    for (i64 i = 0; i < count; i++) {
      const Column *const c = wanted + i;
      i64 codes = 0, start = 0;
      for (i64 r = 0; r < t.rows; r++) {
        const Cell cell = t.cells[r * columns + c->position];
        if (c->kind == NUMBER) {
          const double value = ((double *)c->values)[r];
          double number = 0;
          i64 which = 0;
          while (which < done.odd && (odd[which].row != r || odd[which].wanted != i)) which++;
          if (which < done.odd) {
            odds++;
            CHECK(value != value && is_cell(text + odd[which].start, (i64)odd[which].end - odd[which].start, cell));
          } else {
            CHECK(number_of(cell, (char)decimal, &number) && same_double(number, value));
          }
        } else if (c->kind == MOMENT) {
          i64 time;
          CHECK(moment_of(cell, pattern, pattern_size, &time) && time == ((i64 *)c->values)[r]);
        } else if (c->kind == DIGITS) {
          i128 whole = 0;
          CHECK(cell.size > 0 && cell.size < 20 && cell.bytes[0] != '0');
          for (i64 k = 0; k < cell.size; k++) {
            CHECK(cell.bytes[k] >= '0' && cell.bytes[k] <= '9');
            whole = whole * 10 + cell.bytes[k] - '0';
          }
          CHECK(whole == ((i64 *)c->values)[r]);
        } else if (c->kind == TEXT) {
          CHECK(is_cell((uint8_t *)c->values + start, (i64)c->ends[r] - start, cell));
          start = c->ends[r];
        } else {
          const i64 code = ((int32_t *)c->values)[r];
          CHECK(code >= 0 && code <= codes && codes <= c->used);
          const Span first = c->first[code];
          CHECK(is_cell(text + first.start, (i64)first.end - first.start, cell));
          if (code == codes) { /* a new one: none of those before is the same */
            for (i64 k = 0; k < codes; k++) CHECK(!is_cell(text + c->first[k].start, (i64)c->first[k].end - c->first[k].start, cell));
            codes++;
          }
        }
      }
      if (c->kind == TEXT) CHECK(start == c->used);
      if (c->kind == CODES) CHECK(codes == c->used);
    }
    CHECK(odds == done.odd);
  }
  for (i64 i = 0; i < count; i++) free(wanted[i].values), free(wanted[i].ends), free(wanted[i].first), free(wanted[i].slots);
  free(odd), free(text), free(t.cells), free(t.widths), free(t.bytes);
}

/* Whether `mean` is p / q, of whole numbers, rounded once, ties to even. */
static int is_rounded(double mean, i128 p, i128 q) {
  int exponent;
  const i128 m = (i128)ldexp(frexp(mean, &exponent), 53);
  exponent -= 53;
  if (p == 0 || m == 0) return p == 0 && m == 0;
  if (exponent >= 0 || exponent < -110) return 0;
  const i128 far = m * q - p * ((i128)1 << -exponent), twice = 2 * (far < 0 ? -far : far);
  return twice < q || (twice == q && !(m & 1));
}

/* Closes to and fro by ticks; sometimes any double. */
static void exacts(Input in) {
  const i64 window = (i64)(take(&in, 2) % (WIDEST_WINDOW + 4)), scale = (i64)(take(&in, 1) % 10), wish = (i64)(take(&in, 2) % 1100);
  const i64 repeats = 1 + (i64)(take(&in, 1) % 40), unit = 1LL << take(&in, 1) % 34;
  const u64 how = take(&in, 1);
  const int is_odd = how == 7; /* the power */
  const double power = is_odd ? as_double(take(&in, 8)) : pow(10, (double)scale);
  i64 tick = (i64)take(&in, 6) >> how % 48, size = 0;
  if (how > 250 && window) tick = (1LL << 53) / window; /* sums near 2**53 */
  if (how & 128) tick = -tick;
  const i64 most = repeats * (in.end - in.at);
  double *const all = room(sizeof(double) * (size_t)most);
  for (i64 r = 0; r < repeats && size < 9000; r++)
    for (Input rest = in; rest.at < rest.end;) {
      const u64 step = take(&rest, 1);
      const int is_any = step == 128 && r == repeats - 1;
      tick += step == 128 ? 0 : (i64)(int8_t)step * (how > 250 || step % 8 ? 1 : unit);
      all[size++] = is_any ? as_double(take(&rest, 8)) : step == 129 ? -0.0 : (double)tick / power;
    }
  const i64 held = wish < size ? (wish < window ? wish : window) : 0, count = size - held;
  double *const before = room(sizeof(double) * (size_t)held), *const closes = room(sizeof(double) * (size_t)count);
  double *const means = room(sizeof(double) * (size_t)count);
  int8_t *const signals = room((size_t)count), *const alone = room((size_t)count);
  if (held) memcpy(before, all, sizeof(double) * (size_t)held);
  if (count) memcpy(closes, all + held, sizeof(double) * (size_t)count);
  const i64 done = exact_signals(before, held, closes, count, window, power, signals, means);
  const i64 without = exact_signals(before, held, closes, count, window, power, alone, NULL);
  CHECK(done >= 0 && done <= without && without <= count);
  i128 sum = 0, *const ticks = room(sizeof(i128) * (size_t)(size + 1));
  i128 low = 0, high = 0;
  int is_plain = !is_odd && window >= 1 && window <= WIDEST_WINDOW;
  for (i64 i = 0; i < size && (is_plain || i < held + without); i++) {
    const double whole = rint(all[i] * power);
    const int on_grid = fabs(whole) < 2e14 && whole / power == all[i];
    CHECK(on_grid || i >= (without ? held + without : 0));
    is_plain &= on_grid;
    if (!on_grid) break;
    ticks[i] = (i128)whole;
    low = i && low < ticks[i] ? low : ticks[i];
    high = i && high > ticks[i] ? high : ticks[i];
    sum += ticks[i] - (i >= window ? ticks[i - window] : 0);
    const i64 at = i - held;
    if (at < 0) continue;
    const int is_whole = i + 1 >= window;
    if (at < without) CHECK(alone[at] == (is_whole && ticks[i] * window > sum));
    if (at < done) CHECK(signals[at] == alone[at]);
    if (at < done && !is_whole) CHECK(means[at] != means[at]);
    if (at < done && is_whole && !is_odd) CHECK(is_rounded(means[at], sum, (i128)window * (i128)power));
  }
  /* Two means and a band: the same comparisons in 128 bits. */
  const i64 fast = window > 0 ? 1 + wish % window : 1, part = how % 3 ? (i64)(how * how) : 0, parts_in = 10000 * (1 + wish % 9);
  Crossing crossing = {fast, (double)part, (double)parts_in, how & 1};
  int8_t *const crossings = room((size_t)count), last = how & 1;
  const i64 crossed = exact_crossed(before, held, closes, count, window, power, &crossing, crossings);
  CHECK(crossed >= 0 && crossed <= without);
  i128 quick = 0, slow = 0;
  for (i64 i = 0; crossed && i < held + crossed; i++) {
    quick += ticks[i] - (i >= fast ? ticks[i - fast] : 0);
    slow += ticks[i] - (i >= window ? ticks[i - window] : 0);
    if (i < held) continue;
    const i128 left = quick * window * parts_in, right = slow * fast;
    last = i + 1 < window ? 0 : left > right * (parts_in + part) ? 1 : left <= right * (parts_in - part) ? 0 : last;
    CHECK(crossings[i - held] == last);
  }
  CHECK(!crossed || !part || crossing.last == last);
  free(crossings);
  const int is_near = high - low < 1 << 30 && (high - low) * window < 1LL << 31;
  if (is_plain && count && is_near) CHECK(without == count); /* nothing that it knows is refused */
  free(all), free(before), free(closes), free(means), free(signals), free(alone), free(ticks);
}

/* pandas' add_mean, remove_mean and calc_mean, apart. */
static void kahan(double value, double *total, double *lost) {
  const volatile double y = value - *lost, t = *total + y, up = t - *total;
  *lost = up - y;
  *total = t;
}
static void rolls(Input in) {
  static const double SOME[] = {0.1, 0.2, 0.7, -0.0, 0.0, 1e16, -3.5, 3e15, 1e-5, 1e300, -1e300, 5e-324, 100.25, 100.5, 1, 2};
  const i64 window = 1 + (i64)(take(&in, 1) % 40), cut = (i64)(take(&in, 1)), most = in.end - in.at;
  double *const all = room(sizeof(double) * (size_t)most);
  i64 size = 0;
  while (in.at < in.end) {
    const u64 b = take(&in, 1);
    const double any = b == 255 ? as_double(take(&in, 8)) : b == 254 ? NAN : b < 128 ? SOME[b % 16] : (double)b / 100;
    all[size++] = isinf(any) ? NAN : any;
  }
  double total = 0, lost_adding = 0, lost_removing = 0, last = NAN;
  i64 present = 0, negatives = 0, equals = 0;
  RollState s = {0, 0, 0, 0, 0, 0, NAN};
  for (i64 first = 0; first < size;) {
    const i64 end = first + cut + 1 < size ? first + cut + 1 : size, count = end - first;
    double *const entering = room(8 * (size_t)count), *const leaving = room(8 * (size_t)count), *const means = room(8 * (size_t)count);
    int8_t *const signals = room((size_t)count);
    for (i64 i = 0; i < count; i++) entering[i] = all[first + i], leaving[i] = first + i < window ? NAN : all[first + i - window];
    Rolled fast = {window, leaving, s}, slow = {window, leaving, s};
    roll(entering, leaving, count, window, &s, first % 3 ? means : NULL, signals);
    int8_t *const crossed = room((size_t)count);
    const double no_band[] = {1, 1};
    CHECK(roll_crossed(entering, count, &fast, &slow, no_band, 1, crossed) == 0); /* a mean is not above itself */
    for (i64 i = 0; i < count; i++) CHECK(crossed[i] == 0);
    CHECK(same_double(fast.state.total, s.total) && same_double(slow.state.total, s.total));
    slow = fast, slow.state = (RollState){0, 0, 0, 0, 0, 0, NAN}, fast.leaving = NULL;
    if (first == 0) {
      roll_crossed(entering, count, &fast, &slow, no_band, 1, crossed);
      for (i64 i = 0; i < count; i++) CHECK(crossed[i] == signals[i]);
    }
    free(crossed);
    for (i64 i = 0; i < count; i++) {
      const double old = leaving[i], new = entering[i];
      if (!isnan(old)) present--, negatives -= !!signbit(old), kahan(-old, &total, &lost_removing);
      double mean = NAN;
      if (!isnan(new)) {
        present++, negatives += !!signbit(new), kahan(new, &total, &lost_adding);
        equals = new == last ? equals + 1 : 1, last = new;
        mean = present == window ? total / (double)present : NAN;
        if (present == window && equals >= present) mean = last;
        else if ((negatives == 0 && mean < 0) || (negatives == present && mean > 0)) mean = 0;
      }
      CHECK(signals[i] == (new > mean));
      if (first % 3) CHECK(same_double(means[i], mean));
    }
    CHECK(s.present == present && s.negatives == negatives && s.equals == equals && same_double(s.total, total));
    free(entering), free(leaving), free(means), free(signals);
    first = end;
  }
  free(all);
}

static void steps(Input in) {
  const i64 step = (i64)take(&in, 8), count = (i64)(take(&in, 2) % 10000);
  i64 *const times = room(8 * (size_t)count), time = (i64)take(&in, 8);
  int is_steady = 1;
  for (i64 i = 0; i < count; i++, time = (i64)((u64)time + (u64)step)) times[i] = time;
  while (in.at < in.end && count) {
    const u64 at = take(&in, 2) % (u64)count;
    times[at] = (i64)((u64)times[at] + take(&in, 1));
  }
  for (i64 i = 1; i < count; i++) is_steady &= (u64)times[i] - (u64)times[i - 1] == (u64)step;
  CHECK(steady(times, count, step) == is_steady);
  free(times);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Input in = {data, data + size};
  const u64 kernel = take(&in, 1) % 8;
  if (kernel < 4) scans(in);
  else if (kernel < 6) exacts(in);
  else if (kernel < 7) rolls(in);
  else steps(in);
  return 0;
}

#ifdef STANDALONE
#include <time.h>
static u64 seed = 88172645463325252ULL;
static u64 any(void) {
  seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
  return seed;
}
/* For so many seconds: random inputs, each then changed a few times. */
int main(int argc, char **argv) {
  const time_t start = time(NULL), seconds = argc > 1 ? atoi(argv[1]) : 60;
  if (argc > 2) seed ^= strtoull(argv[2], NULL, 10) << 20;
  u64 runs = 0;
  while (time(NULL) - start < seconds) {
    const size_t size = any() % (any() % 4 ? 200 : 3000);
    uint8_t *const data = room(size + 1);
    const u64 tame = any() % 4; /* most bytes of one kind: whole rows come of few words */
    for (size_t i = 0; i < size; i++) data[i] = (uint8_t)(i < 12 || !tame ? any() : 128 + (any() >> 33) % (tame == 1 ? 64 : 6) + (tame == 3 ? 51 : 0));
    for (int i = 0; i < 20; i++, runs++) {
      LLVMFuzzerTestOneInput(data, size);
      if (size) data[any() % size] = (uint8_t)any();
    }
    free(data);
  }
  printf("%s: %llu executions in %lld s\n", VARIANT, (unsigned long long)runs, (long long)seconds);
  return 0;
}
#endif
