/* Exact signals of closes on a decimal grid, and their means. The twin is signals/decimals/counted.py.

   A close on the grid 10**-scale is a whole number of ticks, and it is above the mean of its window where the sum of t - t' is above 0, t
   being its ticks and t' those of the window. That sum is less than window times the spread of the ticks. Where this is below 2**31, u32 that
   wraps around gives it right, whatever overflows between. So are the two means of a crossing compared; its twin is
   signals/decimals/crossed.py. */
#include <math.h>
#include <string.h>
#include "kernels.h"

#define BLOCK 2048           /* closes; all of a block and of the widest window is 20 kB of stack */
#define LARGEST_TICK 2e14    /* as in ticks.py: up to it a tick is found by one rounding */
#define ROUNDING 0x1.8p52    /* added to a double below 2**51 it leaves the nearest whole number in the low bits, ties to even */
#define LARGEST_EXACT 0x1p53 /* what is below it when rounded to float64 was not rounded; 2**53 may have been 2**53 + 1 */

typedef struct {
  double power, base; /* ticks are counted from base: the same comparisons, and they fit whatever the price is */
  u32 base_bits;
  u64 wrong; /* not 0 where a close was off the grid, missing or far from base */
} Grid;

INLINE u32 tick(double close, Grid *grid) {
  const double shifted = close * grid->power + ROUNDING, whole = shifted - ROUNDING;
  u64 bits;
  memcpy(&bits, &shifted, 8); /* the low 32 bits are those of the whole number: nothing is converted that may not fit */
  grid->wrong |= !((whole / grid->power == close) & (fabs(whole - grid->base) < 0x1p30));
  return (u32)bits - grid->base_bits;
}

INLINE void widen(const u32 *ticks, i64 count, int32_t *low, int32_t *high) {
  for (i64 i = 0; i < count; i++) {
    const int32_t t = (int32_t)ticks[i];
    *low = t < *low ? t : *low;
    *high = t > *high ? t : *high;
  }
}

typedef struct {
  double base, divisor; /* of a window's sum and of its mean, in ticks */
  u64 wrong;            /* not 0 where one of them, or a sum, may be more than float64 holds exactly */
} Average;

/* A quotient of two exact doubles is rounded once. `above`: what window * tick is above the sum. */
INLINE double mean_of(i64 window, u32 tick, int32_t above, Average *average) {
  const double sum = average->base + ((double)window * (int32_t)tick - above); /* exact, < 2**41 */
  average->wrong |= !(fabs(sum) < LARGEST_EXACT);
  return sum / average->divisor;
}

/* Whether doubles hold both sides of every comparison with a band. */
INLINE int is_exact(const Crossing *c, i64 window, double base, int32_t low, int32_t high) {
  const double largest = fmax(fabs(base + low), fabs(base + high)), area = (double)(window * c->fast);
  return c->unit * area * ((double)high - low) + c->part * area * largest < LARGEST_EXACT / 2; /* base is beside */
}

/* 1 above the upper line, 0 not above the lower one, and between them the signal before. */
INLINE void within(Crossing *c, i64 window, double base, const u32 *ticks, const u32 *sums, const u32 *gaps, i64 first, i64 size,
                   int8_t *restrict signals) {
  const double of_base = (double)window * base, parts = c->part * (double)c->fast;
  int8_t last = c->last;
  for (i64 j = first; j < size; j++) {
    const double sum = of_base + ((double)window * (int32_t)ticks[j] - (int32_t)sums[j]);
    const double gap = c->unit * (int32_t)gaps[j], line = parts * sum;
    signals[j] = (int8_t)((gap > line) | (gap > -line) << 1);
  }
  for (i64 j = first; j < size; j++) signals[j] = last = (int8_t)((signals[j] & 1) | (last & signals[j] >> 1));
  c->last = last;
}

/* All closes until a block in which one is missing, off the grid or too far from others; gives how many. */
INLINE i64 signals_of(const double *restrict held, i64 held_count, const double *restrict closes, i64 count, i64 window, double power,
                      Crossing *crossing, int8_t *restrict signals, double *restrict means) {
  const i64 fast = crossing->fast;
  u32 all[WIDEST_WINDOW + BLOCK], sums[BLOCK]; /* ticks: those held, which end at WIDEST_WINDOW, and those of the block */
  u32 *const ticks = all + WIDEST_WINDOW;
  u32 sum = 0, fast_sum = 0;
  int32_t low = INT32_MAX, high = INT32_MIN; /* of the block before */
  const double first = held_count ? *held : *closes, base = first * power + ROUNDING - ROUNDING;
  if (!(power > 0 && fabs(base) < LARGEST_TICK)) return 0;
  Grid grid = {power, base, (u32)(i64)base, 0};
  Average average = {(double)window * base, (double)window * power, 0};
  average.wrong = !(fabs(average.base) < LARGEST_EXACT) | !(average.divisor < LARGEST_EXACT);
  for (i64 i = -held_count; i < 0; i++) {
    ticks[i] = tick(held[held_count + i], &grid);
    sum += ticks[i];
  }
  if (held_count < window) ticks[-held_count - 1] = 0; /* what the first whole window lost */
  widen(ticks - held_count, held_count, &low, &high);
  for (i64 at = 0; at < count; at += BLOCK) {
    const i64 size = count - at < BLOCK ? count - at : BLOCK;
    int32_t block_low = INT32_MAX, block_high = INT32_MIN;
    i64 i = 0;
    for (i64 j = 0; j < size; j++) ticks[j] = tick(closes[at + j], &grid);
    widen(ticks, size, &block_low, &block_high);
    low = block_low < low ? block_low : low; /* a window is within this block and the one before */
    high = block_high > high ? block_high : high;
    if (grid.wrong || ((i64)high - low) * window * fast >= 1LL << 31 || !(fabs(base + low) < LARGEST_TICK) || !(fabs(base + high) < LARGEST_TICK))
      return at;
    if (crossing->part > 0 && !is_exact(crossing, window, base, low, high)) return at;
    low = block_low;
    high = block_high;
    for (; i < size && held_count + at + i + 1 < window; i++) { /* the warm-up */
      sum += ticks[i];
      signals[at + i] = 0;
      if (means) means[at + i] = NAN;
      crossing->last = 0;
    }
    for (i64 k = 1; fast > 1 && at == 0 && i < size && k <= fast; k++) fast_sum += ticks[i - k];
    for (i64 j = i; j < size; j++) sums[j] = ticks[j] - ticks[j - window];
    for (i64 j = i; j < size; j++) sums[j] = sum += sums[j]; /* the one loop that is no vector */
    for (i64 j = i; j < size; j++) {
      sums[j] = (u32)window * ticks[j] - sums[j]; /* of t - t' */
      signals[at + j] = (int32_t)sums[j] > 0;
    }
    if (fast > 1) {
      u32 fast_sums[BLOCK];
      for (i64 j = i; j < size; j++) fast_sums[j] = ticks[j] - ticks[j - fast];
      for (i64 j = i; j < size; j++) fast_sums[j] = fast_sum += fast_sums[j];
      for (i64 j = i; j < size; j++) {
        const u32 gap = (u32)fast * sums[j] - (u32)window * ((u32)fast * ticks[j] - fast_sums[j]); /* window * F - fast * S */
        signals[at + j] = (int32_t)gap > 0;
        fast_sums[j] = gap;
      }
      if (crossing->part > 0) within(crossing, window, base, ticks, sums, fast_sums, i, size, signals + at);
    } else if (crossing->part > 0)
      within(crossing, window, base, ticks, sums, sums, i, size, signals + at);
    for (i64 j = i; means && j < size; j++)
      means[at + j] = mean_of(window, ticks[j], (int32_t)sums[j], &average);
    if (means && average.wrong) return at;
    memmove(ticks - window, ticks + size - window, (size_t)window * sizeof *ticks); /* what the next block looks back at */
  }
  return count;
}

#define ARGUMENTS_OF_EXACT                                                                                                   \
  const double *held, i64 held_count, const double *closes, i64 count, i64 window, double power, int8_t *signals, double *means
#define ARGUMENTS_OF_CROSSED                                                                                                 \
  const double *held, i64 held_count, const double *closes, i64 count, i64 window, double power, Crossing *crossing, int8_t *signals
typedef struct { i64 (*signals)(ARGUMENTS_OF_EXACT); i64 (*crossed)(ARGUMENTS_OF_CROSSED); const char *name; } Variant;
/* The same source for each processor, so the same bits; a close against a mean has a function in which nothing of a crossing is left. */
#define COMPILED(target, name)                                                                      \
  target static i64 exact_##name(ARGUMENTS_OF_EXACT) {                                              \
    Crossing none = {1, 0, 1, 0};                                                                   \
    return signals_of(held, held_count, closes, count, window, power, &none, signals, means);       \
  }                                                                                                 \
  target static i64 crossed_##name(ARGUMENTS_OF_CROSSED) {                                          \
    return signals_of(held, held_count, closes, count, window, power, crossing, signals, NULL);     \
  }
COMPILED(, base)
#if defined(__x86_64__) && !defined(BARWISE_PLAIN_C) /* ns a close: base 2.6, AVX2 1.6, AVX-512 1.2 */
COMPILED(__attribute__((target("avx2"))), avx2)
COMPILED(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl"))), avx512)
#endif

static Variant chosen(void) {
#if defined(__x86_64__) && !defined(BARWISE_PLAIN_C)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return (Variant){exact_avx512, crossed_avx512, "AVX-512"};
  if (__builtin_cpu_supports("avx2")) return (Variant){exact_avx2, crossed_avx2, "AVX2"};
#endif
  return (Variant){exact_base, crossed_base, ""};
}
const char *exact_variant(void) { return chosen().name; }

/* The signals of closes, int8, and their means where `means` is not NULL; NaN where there is none. `held` are the closes before them, at
   most `window`. Gives how many are computed: the block in which the twin must look begins there. */
i64 exact_signals(ARGUMENTS_OF_EXACT) {
  if (window < 1 || window > WIDEST_WINDOW || held_count < 0 || held_count > window || count < 1) return 0;
  return chosen().signals(held, held_count, closes, count, window, power, signals, means);
}

/* The same of two means and a band; where there is one, crossing->last is the signal before, and after what is computed. */
i64 exact_crossed(ARGUMENTS_OF_CROSSED) {
  if (window < 1 || window > WIDEST_WINDOW || held_count < 0 || held_count > window || count < 1) return 0;
  if (crossing->fast < 1 || crossing->fast > window || !(crossing->part >= 0) || !(crossing->unit >= 1)) return 0;
  return chosen().crossed(held, held_count, closes, count, window, power, crossing, signals);
}
