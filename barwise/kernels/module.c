/* The kernels as a Python module; _kernels.pyi says what each takes. Here every size is checked, buffers are held while a kernel works, and
   the interpreter's lock is not. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "separators.h" /* VARIANT; and kernels.h */

static int refused(const char *why) {
  PyErr_SetString(PyExc_ValueError, why);
  return 0;
}

typedef struct {
  Py_buffer all[2 + 2 * MOST_WANTED];
  int count;
} Views;
static void release(Views *views) {
  while (views->count) PyBuffer_Release(&views->all[--views->count]);
}
#define HELD __attribute__((cleanup(release))) /* until the function returns, wherever it does */

typedef struct { PyObject *object; void *memory; i64 count; } Array; /* an argument's elements */

/* The elements, of so many bytes; None has none. 0 with an exception where they cannot be had. */
static int view(Views *views, Array *array, int flags, i64 width) {
  Py_buffer *const last = &views->all[views->count];
  *array = (Array){.object = array->object};
  if (array->object == Py_None) return 1;
  if (PyObject_GetBuffer(array->object, last, flags)) return 0;
  views->count++;
  if (width > 1 && last->len && (uintptr_t)last->buf % 8) return refused("a buffer is not aligned");
  array->memory = last->buf;
  array->count = last->len / width;
  return 1;
}

/* One column to read; 0 with an exception where it is not one. Lowers `capacity` to the rows that it has room for. */
static int column_of(PyObject *item, Column *column, Views *views, i64 *capacity) {
  static const i64 WIDTHS[] = {[NUMBER] = 8, [MOMENT] = 8, [DIGITS] = 8, [TEXT] = 1, [CODES] = 4};
  Py_ssize_t position, size;
  int kind;
  const char *pattern;
  Array values, more;
  if (!PyArg_ParseTuple(item, "niOOy#", &position, &kind, &values.object, &more.object,
                        &pattern, &size))
    return 0;
  if (kind < NUMBER || kind > CODES) return refused("a column is of no kind");
  if (!view(views, &values, PyBUF_WRITABLE, WIDTHS[kind]) || !view(views, &more, PyBUF_WRITABLE, 4)) return 0;
  if (kind == MOMENT && size < 1)
    return refused("a moment needs the separator of its day and its time");
  const i64 rows = kind == TEXT ? more.count : values.count;
  const i64 codes = more.count / 6; /* first cells of two u32, and four u32 of slots */
  /* Each kind reads its own of these. The suffix is of an object that the caller's tuple holds. */
  *column = (Column){.position = position, .kind = kind, .values = values.memory, .ends = more.memory,
                     .first = more.memory, .slots = (u32 *)more.memory + 2 * codes,
                     .room = kind == CODES ? codes : values.count, .separator = (uint8_t)pattern[0],
                     .suffix = (const uint8_t *)pattern + 1, .suffix_size = kind == MOMENT ? size - 1 : 0};
  if (rows < *capacity) *capacity = rows;
  return 1;
}

static PyObject *of_scanned(const Scanned *done, const Wanted *wanted) {
  PyObject *used = PyTuple_New((Py_ssize_t)wanted->count);
  for (i64 i = 0; used && i < wanted->count; i++) {
    PyObject *number = PyLong_FromLongLong(wanted->wanted[i].used);
    if (!number || PyTuple_SetItem(used, (Py_ssize_t)i, number)) Py_CLEAR(used);
  }
  return Py_BuildValue("LLLLLN", done->rows, done->reason, done->wanted, done->odd, done->not_ascii, used);
}

static PyObject *py_scan(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Column columns[MOST_WANTED];
  Wanted wanted = {.capacity = INT64_MAX, .wanted = columns};
  Py_ssize_t size, of_row, i = 0;
  PyObject *items;
  Array text, odd;
  Scanned done;
  if (!PyArg_ParseTuple(args, "OnnccO!O", &text.object, &size, &of_row, &wanted.delimiter,
                        &wanted.decimal, &PyTuple_Type, &items, &odd.object) ||
      !view(&views, &text, PyBUF_SIMPLE, 1) || !view(&views, &odd, PyBUF_WRITABLE, sizeof(Odd)))
    return NULL;
  wanted.columns = of_row;
  wanted.count = PyTuple_Size(items);
  wanted.odd = odd.memory;
  wanted.odd_room = odd.count;
  if ((size < 0 || text.count < PAD || size > text.count - PAD) && !refused("the text needs PAD more bytes behind it")) return NULL;
  if (wanted.count > MOST_WANTED && !refused("too many columns to read")) return NULL;
  while (i < wanted.count && column_of(PyTuple_GetItem(items, i), &columns[i], &views, &wanted.capacity)) i++;
  if (i < wanted.count) return NULL;
  Py_BEGIN_ALLOW_THREADS
  done = scan_csv(text.memory, size, &wanted);
  Py_END_ALLOW_THREADS
  return of_scanned(&done, &wanted);
}

static PyObject *py_exact(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array held, closes, signals, means;
  double power;
  Py_ssize_t window;
  if (!PyArg_ParseTuple(args, "OOndOO", &held.object, &closes.object, &window, &power,
                        &signals.object, &means.object) ||
      !view(&views, &held, PyBUF_SIMPLE, 8) || !view(&views, &closes, PyBUF_SIMPLE, 8) ||
      !view(&views, &signals, PyBUF_WRITABLE, 1) || !view(&views, &means, PyBUF_WRITABLE, 8))
    return NULL;
  i64 count = closes.count;
  const int is_short = signals.count < count || (means.object != Py_None && means.count < count);
  if (is_short && !refused("a buffer is too short")) return NULL;
  Py_BEGIN_ALLOW_THREADS
  count = exact_signals(held.memory, held.count, closes.memory, count, window, power,
                        signals.memory, means.memory);
  Py_END_ALLOW_THREADS
  return PyLong_FromLongLong(count);
}

static PyObject *py_roll(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array entering, leaving, signals, means;
  Py_ssize_t window;
  RollState s;
  if (!PyArg_ParseTuple(args, "OOn(LLdddLd)OO", &entering.object, &leaving.object, &window, &s.present, &s.negatives,
                        &s.total, &s.lost_adding, &s.lost_removing, &s.equals, &s.last, &signals.object, &means.object) ||
      !view(&views, &entering, PyBUF_SIMPLE, 8) || !view(&views, &leaving, PyBUF_SIMPLE, 8) ||
      !view(&views, &signals, PyBUF_WRITABLE, 1) || !view(&views, &means, PyBUF_WRITABLE, 8))
    return NULL;
  const i64 count = entering.count; /* at most 2**60, so sums with those of a state do not overflow */
  const int is_short = leaving.count < count || signals.count < count ||
                       (means.object != Py_None && means.count < count);
  if (is_short && !refused("a buffer is too short")) return NULL;
  if ((s.present | s.negatives | s.equals) >> 62 && !refused("the state has a count that is not from 0 to 2**62")) return NULL;
  Py_BEGIN_ALLOW_THREADS
  roll(entering.memory, leaving.memory, count, window, &s, means.memory, signals.memory);
  Py_END_ALLOW_THREADS
  return Py_BuildValue("LLdddLd", s.present, s.negatives, s.total, s.lost_adding, s.lost_removing, s.equals, s.last);
}

static PyObject *py_exact_crossed(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array held, closes, signals;
  double power;
  Py_ssize_t window;
  Crossing crossing;
  int last;
  if (!PyArg_ParseTuple(args, "OOnd(Lddi)O", &held.object, &closes.object, &window, &power, &crossing.fast, &crossing.part,
                        &crossing.unit, &last, &signals.object) ||
      !view(&views, &held, PyBUF_SIMPLE, 8) || !view(&views, &closes, PyBUF_SIMPLE, 8) ||
      !view(&views, &signals, PyBUF_WRITABLE, 1))
    return NULL;
  i64 count = closes.count;
  if (signals.count < count && !refused("a buffer is too short")) return NULL;
  crossing.last = last != 0;
  Py_BEGIN_ALLOW_THREADS
  count = exact_crossed(held.memory, held.count, closes.memory, count, window, power, &crossing, signals.memory);
  Py_END_ALLOW_THREADS
  return Py_BuildValue("Li", count, (int)crossing.last);
}

static PyObject *py_roll_crossed(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array entering, signals, leaving[2];
  Rolled rolled[2]; /* the fast one, and that of the window */
  RollState *const f = &rolled[0].state, *const s = &rolled[1].state;
  double lines[2];
  int last;
  if (!PyArg_ParseTuple(args, "OOL(LLdddLd)OL(LLdddLd)(dd)iO", &entering.object, &leaving[0].object, &rolled[0].window, &f->present,
                        &f->negatives, &f->total, &f->lost_adding, &f->lost_removing, &f->equals, &f->last, &leaving[1].object,
                        &rolled[1].window, &s->present, &s->negatives, &s->total, &s->lost_adding, &s->lost_removing, &s->equals,
                        &s->last, &lines[0], &lines[1], &last, &signals.object) ||
      !view(&views, &entering, PyBUF_SIMPLE, 8) || !view(&views, &leaving[0], PyBUF_SIMPLE, 8) ||
      !view(&views, &leaving[1], PyBUF_SIMPLE, 8) || !view(&views, &signals, PyBUF_WRITABLE, 1))
    return NULL;
  const i64 count = entering.count;
  const int is_short = leaving[1].count < count || signals.count < count || (leaving[0].object != Py_None && leaving[0].count < count);
  if (is_short && !refused("a buffer is too short")) return NULL;
  const i64 counts = f->present | f->negatives | f->equals | s->present | s->negatives | s->equals;
  if (counts >> 62 && !refused("a state has a count that is not from 0 to 2**62")) return NULL;
  for (int i = 0; i < 2; i++) rolled[i].leaving = leaving[i].memory;
  Py_BEGIN_ALLOW_THREADS
  last = roll_crossed(entering.memory, count, &rolled[0], &rolled[1], lines, last != 0, signals.memory);
  Py_END_ALLOW_THREADS
  return Py_BuildValue("(LLdddLd)(LLdddLd)i", f->present, f->negatives, f->total, f->lost_adding, f->lost_removing, f->equals, f->last,
                       s->present, s->negatives, s->total, s->lost_adding, s->lost_removing, s->equals, s->last, last);
}

static PyObject *py_steady(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array times;
  i64 step;
  int is_steady;
  if (!PyArg_ParseTuple(args, "OL", &times.object, &step) || !view(&views, &times, PyBUF_SIMPLE, 8)) return NULL;
  Py_BEGIN_ALLOW_THREADS
  is_steady = steady(times.memory, times.count, step);
  Py_END_ALLOW_THREADS
  return PyBool_FromLong(is_steady);
}

static PyObject *py_earned(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array closes, logarithms, signals, units, steps, out;
  i64 late, first_end, length, used;
  Rises rises;
  if (!PyArg_ParseTuple(args, "OOOOOLLLO", &closes.object, &logarithms.object, &signals.object, &units.object, &steps.object, &late,
                        &first_end, &length, &out.object) ||
      !view(&views, &closes, PyBUF_SIMPLE, 8) || !view(&views, &logarithms, PyBUF_SIMPLE, 8) || !view(&views, &signals, PyBUF_SIMPLE, 1) ||
      !view(&views, &units, PyBUF_SIMPLE, 8) || !view(&views, &steps, PyBUF_SIMPLE, 8) || !view(&views, &out, PyBUF_WRITABLE, 8))
    return NULL;
  const i64 count = closes.count - 1;
  if ((late >> 1 || length < 1 || first_end < 1 || first_end > length) && !refused("rows are cut nowhere")) return NULL;
  const i64 rows = count > first_end ? 1 + (count - first_end - 1) / length + 1 : 1;
  if ((count < 1 || logarithms.count <= count || signals.count < count + 2 || steps.count < units.count || out.count / ROW_FIELDS < rows) &&
      !refused("a buffer is too short")) return NULL;
  Py_BEGIN_ALLOW_THREADS
  used = earned_rows(&(Moves){count, closes.memory, logarithms.memory, signals.memory}, &(Fills){units.count, units.memory, steps.memory},
                     late, first_end, length, out.memory, &rises);
  Py_END_ALLOW_THREADS
  return Py_BuildValue("L(LLLLL)", used, rises.up, rises.same, rises.in_up, rises.in_same, rises.zero);
}

/* Whether windows fall, blocks rise and sizes agree. */
static int fits(const Sweep *sweep, const Array *closes, const Array *out) {
  const i64 closes_held = closes[0].count, bars = sweep->bars;
  if (closes[1].count <= closes_held || closes[2].count < closes_held || sweep->first < 0 || bars < 1 || bars > SWEEP_MOST_BARS ||
      bars != closes_held - sweep->first || closes[4].count / 12 < bars || sweep->late >> 1)
    return 0;
  if (sweep->width < 1 || sweep->width > SWEEP_TILE || sweep->blocks < 1 || out->count / sweep->width < sweep->blocks + SWEEP_ROWS) return 0;
  for (i64 j = 0; j < sweep->width; j++)
    if (sweep->windows[j] < 1 || (j && sweep->windows[j] >= sweep->windows[j - 1])) return 0;
  for (i64 i = 0; i < sweep->blocks; i++)
    if (sweep->ends[i] < (i ? sweep->ends[i - 1] : 0)) return 0;
  return sweep->ends[sweep->blocks - 1] == bars;
}

static PyObject *py_sweep(PyObject *Py_UNUSED(self), PyObject *args) {
  HELD Views views = {.count = 0};
  Array arrays[7], out; /* quick, sums, runs, rises, columns, ends, windows */
  Sweep sweep;
  if (!PyArg_ParseTuple(args, "OOOOOOOLLO", &arrays[0].object, &arrays[1].object, &arrays[2].object, &arrays[3].object,
                        &arrays[4].object, &arrays[5].object, &arrays[6].object, &sweep.first, &sweep.late, &out.object))
    return NULL;
  for (int i = 0; i < 7; i++)
    if (!view(&views, &arrays[i], PyBUF_SIMPLE, 8)) return NULL;
  if (!view(&views, &out, PyBUF_WRITABLE, 8)) return NULL;
  sweep.quick = arrays[0].memory, sweep.sums = arrays[1].memory, sweep.runs = arrays[2].memory, sweep.rises = arrays[3].memory;
  sweep.columns = arrays[4].memory, sweep.ends = arrays[5].memory, sweep.windows = arrays[6].memory;
  sweep.bars = arrays[3].count, sweep.blocks = arrays[5].count, sweep.width = arrays[6].count;
  if (!fits(&sweep, arrays, &out) && !refused("windows, blocks and buffers do not fit together")) return NULL;
  Py_BEGIN_ALLOW_THREADS
  sweep_tile(&sweep, out.memory);
  Py_END_ALLOW_THREADS
  Py_RETURN_NONE;
}

static int with_constants(PyObject *module) {
#define CONSTANT(name) PyModule_AddIntConstant(module, #name, (long)name)
  if (CONSTANT(PAD) || CONSTANT(LARGEST_TEXT) || CONSTANT(LONGEST_ROW) || CONSTANT(MOST_COLUMNS) || CONSTANT(MOST_WANTED) ||
      CONSTANT(WIDEST_WINDOW) || CONSTANT(NUMBER) || CONSTANT(MOMENT) || CONSTANT(DIGITS) || CONSTANT(TEXT) || CONSTANT(CODES) ||
      CONSTANT(ODD_BYTE) || CONSTANT(NOT_RECTANGULAR) || CONSTANT(ODD_NUMBERS) || CONSTANT(ODD_CELL) || CONSTANT(NO_ROOM) ||
      CONSTANT(ARGUMENTS) || CONSTANT(ROW_FIELDS) || CONSTANT(SWEEP_TILE) || CONSTANT(SWEEP_ROWS) || CONSTANT(SWEEP_MOST_BARS))
    return -1;
  const char *const exact = exact_variant();
  char variant[32];
  PyOS_snprintf(variant, sizeof variant, "%s%s%s", VARIANT, *exact ? " and " : "", exact);
  return PyModule_AddStringConstant(module, "variant", variant);
}

static PyMethodDef METHODS[] = {{"scan", py_scan, METH_VARARGS, NULL},
                                {"exact", py_exact, METH_VARARGS, NULL},
                                {"roll", py_roll, METH_VARARGS, NULL},
                                {"exact_crossed", py_exact_crossed, METH_VARARGS, NULL},
                                {"roll_crossed", py_roll_crossed, METH_VARARGS, NULL},
                                {"steady", py_steady, METH_VARARGS, NULL},
                                {"earned", py_earned, METH_VARARGS, NULL},
                                {"sweep", py_sweep, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)with_constants}, {0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, .m_name = "_kernels", .m_methods = METHODS, .m_slots = SLOTS};
PyMODINIT_FUNC PyInit__kernels(void);
PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&MODULE); }
