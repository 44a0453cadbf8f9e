/* What the positions of many windows earn in one pass over bars, the loop over windows innermost. The twin is stages/sweep/tile.py.

   A close is above the mean of its window where window * quick - (sums after the bar - sums before the window) is positive. Sums may
   overflow and wrap around: the difference fits, which the caller has seen to. A signal is a mask, 0 or -1 (all bits), so a bar's return is
   chosen without a branch, and vectors hold as many windows as they can. */
#include <string.h>
#include "kernels.h"

#define LANES 8 /* windows are computed in multiples of it: the widest vector of 64-bit numbers */
#define COUNT_BITS 21
#define COUNT_MASK ((1LL << COUNT_BITS) - 1)

typedef struct { /* of a tile, a column a window */
  i64 masks[3][SWEEP_TILE]; /* signals of this bar and the two before, by turns */
  i64 counts[SWEEP_TILE];   /* ones, hits and switches, COUNT_BITS each */
  i64 sum[SWEEP_TILE], low[SWEEP_TILE], high[SWEEP_TILE];
  i64 path[4][SWEEP_TILE];
} Tile;

/* The signals at bar `at`; `follow`: each window is one shorter than that before it. */
INLINE void signals_at(const Sweep *sweep, i64 at, int follow, i64 *restrict masks) {
  const i64 *const restrict windows = sweep->windows, *const restrict sums = sweep->sums;
  const i64 width = sweep->width;
  const i64 run = at < 0 ? 0 : sweep->runs[at] <= at ? sweep->runs[at] : at + 1; /* known closes up to here without a gap */
  i64 first = 0;
  while (first < width && windows[first] > run) masks[first++] = 0;
  if (first == width) return;
  const u64 quick = (u64)sweep->quick[at], after = (u64)sums[at + 1];
  if (follow) { /* the sums before their windows are in a row */
    const i64 before = at + 1 - windows[0];
    for (i64 j = first; j < width; j++) masks[j] = -(i64)((i64)((u64)windows[j] * quick - after + (u64)sums[before + j]) > 0);
  } else {
    for (i64 j = first; j < width; j++)
      masks[j] = -(i64)((i64)((u64)windows[j] * quick - after + (u64)sums[at + 1 - windows[j]]) > 0);
  }
}

typedef struct { i64 held, left, entered; } Choice; /* of a bar, by what the position does in it */

INLINE i64 chosen(Choice of, i64 both, i64 leaves, i64 enters) {
  return (both & of.held) | (leaves & of.left) | (enters & of.entered);
}

INLINE void earn(Tile *restrict tile, i64 lanes, i64 hit, const Choice *of, const i64 *restrict now, const i64 *restrict was,
                 const i64 *restrict before, const i64 *restrict after) {
  const Choice sum = of[0], low = of[1], high = of[2], step = of[3];
  for (i64 j = 0; j < lanes; j++) {
    const i64 both = before[j] & after[j], leaves = before[j] & ~after[j], enters = after[j] & ~before[j];
    tile->counts[j] += (now[j] & 1) + (was[j] & hit) + ((now[j] ^ was[j]) & (1LL << 2 * COUNT_BITS));
    tile->sum[j] += chosen(sum, both, leaves, enters);
    tile->low[j] += chosen(low, both, leaves, enters);
    tile->high[j] += chosen(high, both, leaves, enters);
    const i64 level = tile->path[0][j] + chosen(step, both, leaves, enters);
    const i64 peak = level > tile->path[1][j] ? level : tile->path[1][j];
    tile->path[0][j] = level;
    tile->path[1][j] = peak;
    tile->path[2][j] = level < tile->path[2][j] ? level : tile->path[2][j];
    tile->path[3][j] = peak - level > tile->path[3][j] ? peak - level : tile->path[3][j];
  }
}

INLINE void sweep_of(const Sweep *sweep, i64 *out) {
  const i64 width = sweep->width, lanes = (width + LANES - 1) / LANES * LANES, bars = sweep->bars;
  Tile tile;
  memset(&tile, 0, sizeof tile);
  int follow = 1;
  for (i64 j = 1; j < width; j++) follow &= sweep->windows[j] == sweep->windows[0] - j;
  i64 *now = tile.masks[0], *was = tile.masks[1], *earlier = tile.masks[2];
  signals_at(sweep, sweep->first - 1, follow, was);
  signals_at(sweep, sweep->first - 2, follow, earlier);
  for (i64 block = 0, bar = 0; block < sweep->blocks; block++, out += width) {
    for (; bar < sweep->ends[block]; bar++) {
      Choice of[4];
      for (int i = 0; i < 4; i++)
        of[i] = (Choice){sweep->columns[i * bars + bar], sweep->columns[(4 + i) * bars + bar], sweep->columns[(8 + i) * bars + bar]};
      signals_at(sweep, sweep->first + bar, follow, now);
      const i64 hit = sweep->rises[bar] ? 1LL << COUNT_BITS : 0;
      if (sweep->late)
        earn(&tile, lanes, hit, of, now, was, earlier, was);
      else
        earn(&tile, lanes, hit, of, now, was, was, now);
      i64 *const last = earlier;
      earlier = was;
      was = now;
      now = last;
    }
    memcpy(out, tile.sum, (size_t)width * sizeof *out);
    memset(tile.sum, 0, sizeof tile.sum);
  }
  for (int i = 0; i < 3; i++, out += width)
    for (i64 j = 0; j < width; j++) out[j] = tile.counts[j] >> i * COUNT_BITS & COUNT_MASK;
  const i64 *const rows[] = {tile.low, tile.high, tile.path[0], tile.path[1], tile.path[2], tile.path[3]};
  for (int i = 0; i < 6; i++, out += width) memcpy(out, rows[i], (size_t)width * sizeof *out);
}

#define COMPILED(name) \
  static void name(const Sweep *sweep, i64 *out) { sweep_of(sweep, out); } /* the same source, so the same integers */
COMPILED(sweep_base)
#if defined(__x86_64__) && !defined(BARWISE_PLAIN_C)
__attribute__((target("avx2"))) COMPILED(sweep_avx2)
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"))) COMPILED(sweep_avx512)
#endif

/* What windows earn in the bars from `first` on: a row of sums of returns a block, then 9 rows of what is counted of all. */
void sweep_tile(const Sweep *sweep, i64 *out) {
#if defined(__x86_64__) && !defined(BARWISE_PLAIN_C)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    sweep_avx512(sweep, out);
    return;
  }
  if (__builtin_cpu_supports("avx2")) {
    sweep_avx2(sweep, out);
    return;
  }
#endif
  sweep_base(sweep, out);
}
