/* Rows of CSV: the proof that each has the same number of cells, and the cells of the columns to read.

   It works on a slab of text at a time, so that all of it stays in the L1 cache: where cells end in it, whether its rows are whole, then
   column by column. What it accepts is UTF-8 or not (see not_ascii), has no NUL, ends with LF, has CR before LF alone, quotes around whole
   cells alone, and `columns` cells in each row of at most LONGEST_ROW bytes. */
#include "cells.h"

#define SLAB 4096 /* bytes */
#define MOST_PROBES 64

/* The ends of cells of the rows at hand: ends[1 + row * columns + position]; ends[0] is that of the row before them. So a cell begins one
   behind the end before it. Room for a slab, for less than one row that is not whole yet, and for 8 that are written too many. */
typedef struct {
  const uint8_t *text;
  u32 ends[1 + SLAB + MOST_COLUMNS + 8];
  i64 count; /* without ends[0] */
  i64 quotes, returns; /* bytes of these so far */
  i64 around, before_end; /* those around whole cells, and before ends of rows */
} Rows;

/* Adds where cells end in the bytes from `at` to `end`. */
static void find_ends(Rows *rows, i64 at, i64 end, uint8_t delimiter, Marks *marks) {
  for (; at < end; at += 64) {
    u64 mask;
    if (at + 64 <= end) {
      mask = separators(rows->text + at, delimiter, marks);
    } else { /* bytes behind the end do not count; 1 is no delimiter */
      uint8_t last[64];
      memset(last, 1, sizeof last);
      memcpy(last, rows->text + at, (size_t)(end - at));
      mask = separators(last, delimiter, marks);
    }
    u32 *const next = rows->ends + 1 + rows->count;
    const i64 found = count_bits(mask);
    for (i64 i = 0; i < found; i += 8)
      for (i64 j = i; j < i + 8; j++) { /* without a branch for each; up to 7 too many */
        next[j] = (u32)at + (u32)__builtin_ctzll(mask | 1ULL << 63);
        mask &= mask - 1;
      }
    rows->count += found;
  }
}

INLINE i64 count_byte(const uint8_t *text, i64 size, uint8_t byte) {
  uint8_t lanes[64] = {0}; /* a slab has 64 bytes for each */
  i64 count = 0, i = 0;
  for (; i + 64 <= size; i += 64)
    for (int j = 0; j < 64; j++) lanes[j] += text[i + j] == byte;
  for (; i < size; i++) count += text[i] == byte;
  for (int j = 0; j < 64; j++) count += lanes[j];
  return count;
}

/* Counts the bytes that only some files have. 0 where there is a NUL. */
static int count_odd(Rows *rows, i64 at, i64 end) {
  rows->quotes += count_byte(rows->text + at, end - at, '"');
  rows->returns += count_byte(rows->text + at, end - at, '\r');
  return !memchr(rows->text + at, 0, (size_t)(end - at));
}

/* Where a cell is, without its quotes and without the CR behind it. `marked`: whether there are any. */
INLINE Span cell(const Rows *rows, const u32 *ends, i64 position, int is_last, int marked) {
  Span s = {ends[position] + 1, ends[position + 1]};
  if (marked) {
    if (is_last && s.end > s.start && rows->text[s.end - 1] == '\r') s.end--;
    if (s.end > s.start + 1 && rows->text[s.start] == '"') s = (Span){s.start + 1, s.end - 1};
  }
  return s;
}

/* Whether the row of these ends is one. Counts its CR and the quotes around its cells. */
INLINE int is_row(Rows *rows, const u32 *ends, i64 columns) {
  const uint8_t *const text = rows->text;
  u32 end = ends[columns];
  int wrong = (text[end] != '\n') | (end - ends[0] > LONGEST_ROW);
  for (i64 k = 1; k < columns; k++) wrong |= text[ends[k]] == '\n';
  if (columns == 1) wrong |= end == ends[0] + 1 || text[ends[0] + 1] <= ' ' || text[ends[0] + 1] == '"'; /* may be a blank line */
  if (rows->returns && end > ends[columns - 1] + 1 && text[end - 1] == '\r') {
    rows->before_end++;
    end--;
  }
  if (rows->quotes)
    for (i64 k = 0; k < columns; k++) {
      const u32 start = ends[k] + 1, stop = k == columns - 1 ? end : ends[k + 1];
      if (stop <= start) continue;
      const int before = text[start] == '"', behind = text[stop - 1] == '"';
      wrong |= before != behind || (before && stop - start < 2);
      rows->around += before + behind;
    }
  return !wrong;
}

/* ---- columns ---- */
INLINE int read_numbers(const Rows *rows, i64 count, i64 columns, Column *c, int marked, const Wanted *w, i64 which, Scanned *at) {
  double *const out = (double *)c->values + at->rows;
  for (i64 r = 0; r < count; r++) {
    const Span s = cell(rows, rows->ends + r * columns, c->position, c->position == columns - 1, marked);
    if (plain_number(rows->text + s.start, (i64)s.end - s.start, w->decimal, out + r)) continue;
    if (any_number(rows->text + s.start, rows->text + s.end, w->decimal, out + r)) continue;
    if (at->odd >= w->odd_room) return ODD_NUMBERS;
    out[r] = NAN;
    w->odd[at->odd++] = (Odd){(u32)(at->rows + r), (u32)which, s.start, s.end};
  }
  return ACCEPTED;
}
INLINE int read_times(const Rows *rows, i64 count, i64 columns, Column *c, int marked, Day *day, Scanned *at) {
  i64 *const out = (i64 *)c->values + at->rows;
  for (i64 r = 0; r < count; r++) {
    const Span s = cell(rows, rows->ends + r * columns, c->position, c->position == columns - 1, marked);
    const uint8_t *const first = rows->text + s.start;
    const i64 size = (i64)s.end - s.start;
    const int good = c->kind == DIGITS ? whole_number(first, size, out + r)
                                       : size == 19 + c->suffix_size && !memcmp(first + 19, c->suffix, (size_t)c->suffix_size) &&
                                             moment(first, c->separator, day, out + r);
    if (!good) return ODD_CELL;
  }
  return ACCEPTED;
}
static int read_text(const Rows *rows, i64 count, i64 columns, Column *c, Scanned *at) {
  for (i64 r = 0; r < count; r++) {
    const Span s = cell(rows, rows->ends + r * columns, c->position, c->position == columns - 1, 1);
    const i64 size = (i64)s.end - s.start;
    if (size > c->room - c->used) return NO_ROOM;
    memcpy((uint8_t *)c->values + c->used, rows->text + s.start, (size_t)size);
    c->ends[at->rows + r] = (u32)(c->used += size);
  }
  return ACCEPTED;
}

INLINE u64 mixed(u64 h, u64 word) { /* all bits of both decide the upper half */
  h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
  return h ^ h >> 32;
}
static u64 hash(const uint8_t *s, i64 size) {
  u64 h = (u64)size;
  for (; size > 8; s += 8, size -= 8) h = mixed(h, load8(s));
  return mixed(mixed(h, size ? load8(s) << (8 * (8 - size)) : 0), 0);
}
INLINE int same(const uint8_t *text, Span a, Span b) {
  return a.end - a.start == b.end - b.start && !memcmp(text + a.start, text + b.start, a.end - a.start);
}
/* The code of a cell, a new one if need be; -1 where there is no room, where too many cells share a place, or where another wrote to `slots`
   or `first`, as the caller gave a buffer twice: a first cell is never behind this one. */
static i64 code_of(const uint8_t *text, Span s, Column *c) {
  const u64 mask = 4 * (u64)c->room - 1;
  u64 place = hash(text + s.start, (i64)s.end - s.start) & mask;
  for (int probe = 0; probe < MOST_PROBES; probe++, place = (place + 1) & mask) {
    const u32 code = c->slots[place];
    if (!code) {
      if (c->used >= c->room) return -1;
      c->first[c->used++] = s;
      c->slots[place] = (u32)c->used; /* 0 is an empty slot */
      return c->used - 1;
    }
    if (code > c->used || c->first[code - 1].start > s.start) return -1;
    if (same(text, s, c->first[code - 1])) return code - 1;
  }
  return -1;
}
static int read_codes(const Rows *rows, i64 count, i64 columns, Column *c, Scanned *at) {
  int32_t *const out = (int32_t *)c->values + at->rows;
  Span before = {0, 0};
  i64 code = -1;
  for (i64 r = 0; r < count; r++) {
    const Span s = cell(rows, rows->ends + r * columns, c->position, c->position == columns - 1, 1);
    if (code < 0 || !same(rows->text, s, before)) code = code_of(rows->text, s, c);
    if (code < 0) return NO_ROOM;
    out[r] = (int32_t)code;
    before = s;
  }
  return ACCEPTED;
}

/* The columns of so many rows, up to one that is refused; none where the rows are refused. */
INLINE void read_columns(const Rows *rows, i64 count, const Wanted *w, int marked, Day *days, Scanned *at) {
  for (i64 which = 0; which < w->count && !at->reason; which++) {
    Column *const c = w->wanted + which;
    if (c->kind == TEXT) at->reason = read_text(rows, count, w->columns, c, at);
    else if (c->kind == CODES) at->reason = read_codes(rows, count, w->columns, c, at);
    else if (c->kind == NUMBER) at->reason = read_numbers(rows, count, w->columns, c, marked, w, which, at);
    else at->reason = read_times(rows, count, w->columns, c, marked, days + which, at);
    if (at->reason) at->wanted = which;
  }
}

static int are_arguments(i64 size, const Wanted *w) {
  if (size < 1 || size > LARGEST_TEXT || w->columns < 1 || w->columns > MOST_COLUMNS || w->capacity < 0 || w->odd_room < 0 || w->count < 0 ||
      w->count > MOST_WANTED || w->delimiter > 127 || w->delimiter == '"' || (w->delimiter < ' ' && w->delimiter != '\t') ||
      (w->decimal != '.' && w->decimal != ','))
    return 0;
  for (i64 i = 0; i < w->count; i++) {
    const Column *const c = w->wanted + i;
    if (c->position < 0 || c->position >= w->columns || c->kind < NUMBER || c->kind > CODES || c->room < 0 || c->suffix_size < 0) return 0;
    if (c->suffix_size > PAD / 2 || (c->kind == CODES && (c->room < 1 || c->room & (c->room - 1)))) return 0;
  }
  return 1;
}

Scanned scan_csv(const uint8_t *text, i64 size, const Wanted *w) {
  Rows rows = {.text = text, .ends = {UINT32_MAX}}; /* one before the first byte */
  Day days[MOST_WANTED] = {{0, 0, 0}};
  Scanned at = {.reason = ACCEPTED, .wanted = -1};
  if (!are_arguments(size, w)) return (Scanned){-1, ARGUMENTS, -1, 0, 0};
  for (i64 i = 0; i < w->count; i++) {
    w->wanted[i].used = 0;
    if (w->wanted[i].kind == CODES) memset(w->wanted[i].slots, 0, 16 * (size_t)w->wanted[i].room);
  }
  for (i64 first = 0; first < size && !at.reason; first += SLAB) {
    const i64 end = first + SLAB < size ? first + SLAB : size;
    Marks marks = {0, 0};
    find_ends(&rows, first, end, w->delimiter, &marks);
    at.not_ascii |= marks.high != 0;
    if (marks.odd && !count_odd(&rows, first, end)) at.reason = ODD_BYTE;
    const i64 whole = rows.count / w->columns;
    for (i64 r = 0; r < whole && !at.reason; r++)
      if (!is_row(&rows, rows.ends + r * w->columns, w->columns)) at.reason = NOT_RECTANGULAR;
    if (!at.reason && at.rows + whole > w->capacity) at.reason = NO_ROOM;
    if (rows.quotes || rows.returns) read_columns(&rows, whole, w, 1, days, &at);
    else read_columns(&rows, whole, w, 0, days, &at);
    at.rows += whole;
    rows.count -= whole * w->columns; /* now less than a row */
    memmove(rows.ends, rows.ends + whole * w->columns, (size_t)(rows.count + 1) * sizeof *rows.ends);
  }
  if (!at.reason && (rows.count || (i64)rows.ends[0] != size - 1)) at.reason = NOT_RECTANGULAR;
  if (!at.reason && (rows.quotes != rows.around || rows.returns != rows.before_end)) at.reason = ODD_BYTE;
  if (at.reason) at.rows = -1;
  return at;
}
