/* What a signal's position earns, and what holding earns, a row of bars at a time. The twin is in stages/evaluation/chunk.py. */
#include "kernels.h"

typedef struct { i64 sum; __int128 squares, below; i64 path, high, low, drop; } Track;

/* A return, and a step of log equity; with returns below 2**53 no sum of 1,024 of them overflows. */
INLINE void earn(Track *track, i64 units, i64 step) {
  const __int128 square = (__int128)units * units;
  track->sum += units;
  track->squares += square;
  if (units < 0) track->below += square;
  const i64 path = track->path += step;
  if (path > track->high) track->high = path;
  if (path < track->low) track->low = path;
  if (track->high - path > track->drop) track->drop = track->high - path;
}

INLINE i64 *put(const Track *track, i64 *out) {
  const i64 fields[] = {track->sum, (i64)track->squares, (i64)(track->squares >> 64), (i64)track->below, (i64)(track->below >> 64),
                        track->path, track->high, track->low, track->drop};
  for (int i = 0; i < TRACK_FIELDS; i++) *out++ = fields[i];
  return out;
}

i64 earned_rows(const Moves *moves, const Fills *fills, i64 late, i64 first_end, i64 length, i64 *out) {
  i64 fill = 0;
  for (i64 i = 0, end = first_end; i < moves->count; end += length) {
    Track net = {0}, hold = {0};
    i64 in_bars = 0, in_sum = 0;
    for (end = end < moves->count ? end : moves->count; i < end; i++) {
      const int8_t *const signal = moves->signals + i; /* that of two bars before */
      const int before = signal[1 - late], after = signal[2 - late];
      const i64 units = (i64)moves->units[i], step = moves->steps[i];
      earn(&hold, units, step);
      in_bars += signal[1];
      in_sum += signal[1] ? units : 0;
      if (before != after) {
        if (fill == fills->count) return -1;
        earn(&net, (i64)fills->units[fill], fills->steps[fill]);
        fill++;
      } else if (before) {
        earn(&net, units, step);
      }
    }
    *out++ = in_bars;
    *out++ = in_sum;
    out = put(&hold, put(&net, out));
  }
  return fill;
}
