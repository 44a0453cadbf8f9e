/* pandas' own running mean and `close > mean`. The twin is signals/float64.py, line by line: the order of its additions is the result. */
#include <math.h>
#include "kernels.h"

/* The mean after one close enters the window of a state and another leaves it; NaN: none does, or none is there. */
INLINE double slide(RollState *s, double old, double new, i64 window) {
  double mean = NAN;
  if (old == old) {
    s->present--;
    s->negatives -= signbit(old) != 0;
    const double change = -old - s->lost_removing, changed = s->total + change;
    s->lost_removing = changed - s->total - change;
    s->total = changed;
  }
  if (new == new) {
    s->present++;
    s->negatives += signbit(new) != 0;
    const double change = new - s->lost_adding, changed = s->total + change;
    s->lost_adding = changed - s->total - change;
    s->total = changed;
    s->equals = new == s->last ? s->equals + 1 : 1;
    s->last = new;
    if (s->present == window) {
      mean = s->total / (double)s->present;
      if (s->equals >= s->present)
        mean = s->last;
      else if ((s->negatives == 0 && mean < 0) || (s->negatives == s->present && mean > 0))
        mean = 0;
    }
  }
  return mean;
}

/* `leaving` has the close that each of `entering` pushes out of the window, NaN for none. `means` may be NULL. */
void roll(const double *entering, const double *leaving, i64 count, i64 window, RollState *state, double *means, int8_t *signals) {
  RollState s = *state;
  for (i64 i = 0; i < count; i++) {
    const double mean = slide(&s, leaving[i], entering[i], window);
    if (means) means[i] = mean;
    signals[i] = entering[i] > mean;
  }
  *state = s;
}

/* Where one running mean is above another and a band; the two chains of additions run side by side. */
int8_t roll_crossed(const double *entering, i64 count, Rolled *fast, Rolled *slow, const double *lines, int8_t last, int8_t *signals) {
  RollState f = fast->state, s = slow->state;
  const double upper = lines[0], lower = lines[1];
  for (i64 i = 0; i < count; i++) {
    const double close = entering[i], mean = slide(&s, slow->leaving[i], close, slow->window);
    const double quick = fast->leaving ? slide(&f, fast->leaving[i], close, fast->window) : close;
    last = (quick > mean * upper) | (last & (quick > mean * lower));
    signals[i] = last;
  }
  fast->state = f;
  slow->state = s;
  return last;
}
