/* The kernels: arrays and plain values in, arrays out. They open no file, allocate nothing, keep no state and have no messages, so any
   number of threads may call them. Each gives what its twin in Python gives, bit for bit, or refuses, and then the twin decides. */
#pragma once
#include <float.h>
#include <stdint.h>

#if defined(__FAST_MATH__) || !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0
#error "the bits depend on it: no fast-math, and doubles that are rounded to doubles (no x87)"
#endif
#if !defined(__GNUC__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "GCC or Clang, little endian"
#endif
#define INLINE static inline __attribute__((always_inline))

typedef long long i64; /* the "L" of Python's formats, for module.c */
typedef uint64_t u64;
typedef uint32_t u32;

/* ---- scan.c: rows of CSV ---- */
#define PAD 64                  /* bytes behind a text that can be read; what is in them does not count */
#define LARGEST_TEXT (1LL << 30) /* bytes: places are u32 */
#define LONGEST_ROW 65535       /* bytes: below the limit of Python's csv for a field */
#define MOST_COLUMNS 512        /* of a row: places of their ends are on the stack */
#define MOST_WANTED 16          /* columns to read */

/* What the cells of a column are. */
enum {
  NUMBER, /* a double, NaN for a word that means missing, or odd */
  MOMENT, /* YYYY-MM-DD, a separator, HH:MM:SS and the same suffix in each row: microseconds since 1970, without the suffix */
  DIGITS, /* a whole number without a sign */
  TEXT,   /* bytes, end to end, and where each cell ends */
  CODES,  /* the number of the cell among those that differ */
};

typedef struct { u32 row, wanted, start, end; } Odd; /* a cell that is no plain number: where its bytes are in the text */
typedef struct { u32 start, end; } Span;

/* A column to read; what its buffers hold is said in _kernels.pyi. */
typedef struct {
  i64 position, kind, room, used, suffix_size; /* room and used: bytes of TEXT, or codes */
  void *values;
  u32 *ends, *slots; /* slots: the scratch of CODES, four times as many as codes that have room */
  Span *first;
  uint8_t separator;
  const uint8_t *suffix;
} Column;

typedef struct {
  i64 columns;   /* of each row */
  uint8_t delimiter, decimal;
  i64 capacity;  /* rows that every column to read has room for */
  Column *wanted;
  i64 count;     /* of columns to read */
  Odd *odd;
  i64 odd_room;
} Wanted;

enum { ACCEPTED, ODD_BYTE, NOT_RECTANGULAR, ODD_NUMBERS, ODD_CELL, NO_ROOM, ARGUMENTS }; /* why a text is refused */
/* wanted: the column with which ODD_NUMBERS, ODD_CELL or NO_ROOM is about. not_ascii: the caller must look whether the text is UTF-8. */
typedef struct { i64 rows, reason, wanted, odd, not_ascii; } Scanned;

Scanned scan_csv(const uint8_t *text, i64 size, const Wanted *wanted);

/* ---- exact.c: signals of closes on a decimal grid ---- */
#define WIDEST_WINDOW 1024
i64 exact_signals(const double *held, i64 held_count, const double *closes, i64 count, i64 window, double power, int8_t *signals,
                  double *means);
/* Of `fast` last closes the mean, and a band of part / unit of the mean of the window; the signal before it. */
typedef struct { i64 fast; double part, unit; int8_t last; } Crossing;
i64 exact_crossed(const double *held, i64 held_count, const double *closes, i64 count, i64 window, double power, Crossing *crossing,
                  int8_t *signals);
const char *exact_variant(void); /* "": nothing that each processor of its kind does not have */

/* ---- float64.c: pandas' running mean ---- */
typedef struct { i64 present, negatives; double total, lost_adding, lost_removing; i64 equals; double last; } RollState;
void roll(const double *entering, const double *leaving, i64 count, i64 window, RollState *state, double *means, int8_t *signals);
/* Of each state how many closes the mean is of, and the close that each of `entering` pushes out of it. */
typedef struct { i64 window; const double *leaving; RollState state; } Rolled;
/* fast: its leaving closes are NULL where the close itself is compared. lines: 1 + band, 1 - band. Gives the last signal. */
int8_t roll_crossed(const double *entering, i64 count, Rolled *fast, Rolled *slow, const double *lines, int8_t last, int8_t *signals);

/* ---- steps.c: times ---- */
int steady(const i64 *times, i64 count, i64 step);

/* ---- earned.c: returns of a position ---- */
#define ROW_FIELDS 30 /* 7 sums of 192 bits, 2 paths of 4, and a count */
#define FINER 14             /* bits by which steps are finer than logarithms */
#define LARGEST_STEP (16LL << 48)
typedef struct { i64 count; const double *closes; const i64 *logarithms; const int8_t *signals; } Moves; /* from one and two bars before */
typedef struct { i64 count; const double *units; const i64 *steps; } Fills;
typedef struct { i64 up, same, in_up, in_same, zero; } Rises; /* bars; zero: whose return rounds to 0 */
i64 earned_rows(const Moves *moves, const Fills *fills, i64 late, i64 first_end, i64 length, i64 *out, Rises *rises);

/* ---- sweep.c: returns of the positions of many windows ---- */
#define SWEEP_TILE 128            /* windows at a time: what is kept of them stays in the nearest cache */
#define SWEEP_ROWS 9              /* of a tile, after a row a block: ones, hits, switches, squares' low and high parts, a path of 4 */
#define SWEEP_MOST_BARS (1 << 20) /* of a call: counts have 21 bits */
typedef struct {
  const i64 *quick, *sums, *runs;    /* of each close held, and sums of one more */
  const i64 *rises, *columns;        /* of each bar to sum: held, left and entered, four rows each */
  const i64 *ends, *windows;         /* where blocks end, counted from `first`; windows from the widest on */
  i64 first, bars, blocks, width, late;
} Sweep;
void sweep_tile(const Sweep *sweep, i64 *out);
