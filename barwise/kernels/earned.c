/* What a signal's position earns, and what holding earns, a row of bars at a time. The twin is in stages/evaluation/chunk.py. */
#include "kernels.h"

typedef struct { i64 sum; __int128 squares, below; i64 path[4]; } Track; /* path: its end, its highest and lowest, its largest drop */

/* A return, and a step of log equity; with returns below 2**51 no sum of 1,024 of them overflows. */
INLINE void earn(Track *track, i64 units, i64 step, int with_below) {
  const __int128 square = (__int128)units * units;
  track->sum += units;
  track->squares += square;
  if (with_below) track->below += units < 0 ? square : 0;
  i64 *const path = track->path;
  *path += step;
  if (*path > path[1]) path[1] = *path;
  if (*path < path[2]) path[2] = *path;
  if (path[1] - *path > path[3]) path[3] = path[1] - *path;
}

INLINE i64 *put(i64 *out, __int128 sum) { /* in 192 bits */
  for (int i = 0; i < 3; i++, sum >>= 64) *out++ = (i64)sum;
  return out;
}

i64 earned_rows(const Moves *moves, const Fills *fills, i64 late, i64 first_end, i64 length, i64 *out, Rises *rises) {
  const double units_of_one = 0x1p48, to_whole = 0x1.8p52; /* adding it rounds what is below 2**51 half to even */
  i64 fill = 0;
  *rises = (Rises){0};
  for (i64 i = 0, end = first_end; i < moves->count; end += length) {
    Track net = {0}, hold = {0};
    i64 in_bars = 0, in_sum = 0;
    for (end = end < moves->count ? end : moves->count; i < end; i++) {
      const int8_t *const signal = moves->signals + i; /* that of two bars before */
      const int before = signal[1 - late], after = signal[2 - late];
      const double last = moves->closes[i], now = moves->closes[i + 1], rho = (now / last - 1.0) * units_of_one;
      const i64 step = (moves->logarithms[i + 1] - moves->logarithms[i]) * (1 << FINER);
      if (!(rho < 0x1p51) || step <= -LARGEST_STEP) return -2;
      const i64 units = (i64)((rho + to_whole) - to_whole);
      earn(&hold, units, step, 0);
      in_bars += signal[1];
      in_sum += signal[1] ? units : 0;
      rises->up += now > last;
      rises->same += now == last;
      rises->in_up += signal[1] & (now > last);
      rises->in_same += signal[1] & (now == last);
      rises->zero += units == 0;
      if (before != after) {
        if (fill == fills->count) return -1;
        earn(&net, (i64)fills->units[fill], fills->steps[fill], 1);
        fill++;
      } else if (before) {
        earn(&net, units, step, 1);
      }
    }
    out = put(put(put(out, net.sum), net.squares), net.below);
    out = put(put(out, hold.sum), hold.squares);
    out = put(put(out, in_sum), hold.sum - in_sum);
    for (int path = 0; path < 4; path++) *out++ = net.path[path];
    for (int path = 0; path < 4; path++) *out++ = hold.path[path];
    *out++ = in_bars;
  }
  return fill;
}
