/* Times. The twin is in stages/checks/times.py. */
#include "kernels.h"

#define BLOCK 4096 /* times between looks at the result, so that the loop has no branch and an odd step ends it soon */

int steady(const i64 *times, i64 count, i64 step) {
  for (i64 at = 1; at < count; at += BLOCK) {
    const i64 end = at + BLOCK < count ? at + BLOCK : count;
    u64 wrong = 0;
    for (i64 i = at; i < end; i++) wrong |= ((u64)times[i] - (u64)times[i - 1]) ^ (u64)step;
    if (wrong) return 0;
  }
  return 1;
}
