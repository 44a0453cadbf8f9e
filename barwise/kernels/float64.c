/* pandas' own running mean and `close > mean`. The twin is signals/float64.py, line by line: the order of its additions is the result. */
#include <math.h>
#include "kernels.h"

/* `leaving` has the close that each of `entering` pushes out of the window, NaN for none. `means` may be NULL. */
void roll(const double *entering, const double *leaving, i64 count, i64 window, RollState *state, double *means, int8_t *signals) {
  RollState s = *state;
  for (i64 i = 0; i < count; i++) {
    const double old = leaving[i], new = entering[i];
    double mean = NAN;
    if (old == old) {
      s.present--;
      s.negatives -= signbit(old) != 0;
      const double change = -old - s.lost_removing, changed = s.total + change;
      s.lost_removing = changed - s.total - change;
      s.total = changed;
    }
    if (new == new) {
      s.present++;
      s.negatives += signbit(new) != 0;
      const double change = new - s.lost_adding, changed = s.total + change;
      s.lost_adding = changed - s.total - change;
      s.total = changed;
      s.equals = new == s.last ? s.equals + 1 : 1;
      s.last = new;
      if (s.present == window) {
        mean = s.total / (double)s.present;
        if (s.equals >= s.present)
          mean = s.last;
        else if ((s.negatives == 0 && mean < 0) || (s.negatives == s.present && mean > 0))
          mean = 0;
      }
    }
    if (means) means[i] = mean;
    signals[i] = new > mean;
  }
  *state = s;
}
