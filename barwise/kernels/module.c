/* The kernels as a Python module. Here every size is checked, buffers are held while a kernel works, and the interpreter's lock is not. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>
#include "kernels.h"

#define MOST_BUFFERS (2 + 2 * MOST_WANTED)

/* Whether arrays of 8 bytes can begin there. */
static int aligned(const Py_buffer *view) { return view->len == 0 || (uintptr_t)view->buf % 8 == 0; }
static PyObject *refused(const char *why) {
  PyErr_SetString(PyExc_ValueError, why);
  return NULL;
}

/* ---- scan ---- */
PyDoc_STRVAR(SCAN_DOC,
             "scan(text, size, columns, delimiter, decimal, wanted, odd, /)\n--\n\n"
             "The rows of `size` bytes of CSV, behind which PAD more can be read: (rows, reason, wanted, odd, not_ascii, used).\n\n"
             "wanted: of each column to read (position, kind, values, more, pattern). values: a buffer of float64, int64 (MOMENT,\n"
             "DIGITS), int32 (CODES) or bytes (TEXT). more: of TEXT a buffer of uint32, where each cell ends; of CODES one of 24 bytes\n"
             "for each code there can be, a power of two: the starts and ends of their first cells as uint32, then scratch. pattern:\n"
             "of MOMENT the separator and the suffix. odd: a buffer of four uint32 for each cell that is no plain number: its row, the\n"
             "index of its column in `wanted`, start and end. used: of each column bytes of TEXT, or codes. Where rows is -1 the text\n"
             "is refused, reason says why, and what is in the buffers does not count.");

typedef struct {
  Py_buffer views[MOST_BUFFERS];
  int count;
} Views;

static void hold(Views *views, Py_buffer view) { views->views[views->count++] = view; }
static void release(Views *views) {
  while (views->count) PyBuffer_Release(&views->views[--views->count]);
}

/* One column to read; 0 with an exception where it is not one. Lowers `capacity` to the rows that it has room for. */
static int column_of(PyObject *item, Column *column, Views *views, i64 *capacity) {
  Py_ssize_t position, suffix_size;
  int kind;
  const char *pattern;
  Py_buffer values, more;
  if (!PyArg_ParseTuple(item, "niw*w*y#", &position, &kind, &values, &more, &pattern, &suffix_size)) return 0;
  hold(views, values);
  hold(views, more);
  if ((kind != TEXT && !aligned(&values)) || !aligned(&more)) return refused("a buffer is not aligned") != NULL;
  *column = (Column){.position = position, .kind = kind, .values = values.buf};
  i64 room = kind == CODES ? values.len / 4 : kind == TEXT ? more.len / 4 : values.len / 8;
  if (kind == TEXT) {
    column->room = values.len;
    column->ends = more.buf;
  } else if (kind == CODES) {
    column->room = more.len / 24;
    column->first = more.buf;
    column->slots = (u32 *)more.buf + 2 * column->room;
  } else if (kind == MOMENT) {
    if (suffix_size < 1) return refused("a moment needs the separator of its day and its time") != NULL;
    column->separator = (uint8_t)pattern[0];
    column->suffix = (const uint8_t *)pattern + 1; /* of an object that the caller's tuple holds */
    column->suffix_size = suffix_size - 1;
  }
  if (room < *capacity) *capacity = room;
  return 1;
}

static PyObject *of_scanned(const Scanned *done, const Wanted *wanted) {
  PyObject *used = PyTuple_New((Py_ssize_t)wanted->count);
  if (!used) return NULL;
  for (i64 i = 0; i < wanted->count; i++) {
    PyObject *number = PyLong_FromLongLong(wanted->wanted[i].used);
    if (!number || PyTuple_SetItem(used, (Py_ssize_t)i, number)) {
      Py_DECREF(used);
      return NULL;
    }
  }
  return Py_BuildValue("LLLLLN", (long long)done->rows, (long long)done->reason, (long long)done->wanted, (long long)done->odd,
                       (long long)done->not_ascii, used);
}

static PyObject *py_scan(PyObject *self, PyObject *args) {
  (void)self;
  Views views = {.count = 0};
  Column columns[MOST_WANTED];
  Py_buffer text, odd;
  Py_ssize_t size, of_row;
  char delimiter, decimal;
  PyObject *items, *result = NULL;
  if (!PyArg_ParseTuple(args, "y*nnccO!w*", &text, &size, &of_row, &delimiter, &decimal, &PyTuple_Type, &items, &odd)) return NULL;
  hold(&views, text);
  hold(&views, odd);
  const Py_ssize_t count = PyTuple_Size(items);
  Wanted wanted = {.columns = of_row,
                   .delimiter = (uint8_t)delimiter,
                   .decimal = (uint8_t)decimal,
                   .capacity = INT64_MAX,
                   .wanted = columns,
                   .count = count,
                   .odd = odd.buf,
                   .odd_room = odd.len / (Py_ssize_t)sizeof(Odd)};
  if (size < 0 || text.len < PAD || size > text.len - PAD) {
    refused("the text needs PAD more bytes behind it");
  } else if (!aligned(&odd)) {
    refused("a buffer is not aligned");
  } else if (count > MOST_WANTED) {
    refused("too many columns to read");
  } else {
    Py_ssize_t i = 0;
    while (i < count && column_of(PyTuple_GetItem(items, i), &columns[i], &views, &wanted.capacity)) i++;
    if (i == count) {
      Scanned done;
      Py_BEGIN_ALLOW_THREADS
      done = scan_csv(text.buf, size, &wanted);
      Py_END_ALLOW_THREADS
      result = of_scanned(&done, &wanted);
    }
  }
  release(&views);
  return result;
}

/* ---- exact, roll, steady ---- */
PyDoc_STRVAR(EXACT_DOC, "exact(held, closes, window, power, signals, means, /)\n--\n\n"
                        "Writes the int8 signals of float64 closes that follow those `held`, at most `window`, on the grid of 1 / power, and\n"
                        "their means, unless that is None. Gives how many bars are computed; the next must be looked at by the twin.");
static PyObject *py_exact(PyObject *self, PyObject *args) {
  (void)self;
  Py_buffer held, closes, signals, means = {.buf = NULL};
  Py_ssize_t window;
  double power;
  PyObject *of_means, *result = NULL;
  if (!PyArg_ParseTuple(args, "y*y*ndw*O", &held, &closes, &window, &power, &signals, &of_means)) return NULL;
  const i64 count = closes.len / 8;
  const int has_means = of_means != Py_None;
  if (has_means && PyObject_GetBuffer(of_means, &means, PyBUF_WRITABLE)) goto end;
  if (signals.len < count || (has_means && means.len / 8 < count)) {
    refused("a buffer is too short");
  } else if (!aligned(&held) || !aligned(&closes) || !aligned(&means)) {
    refused("a buffer is not aligned");
  } else {
    i64 done;
    Py_BEGIN_ALLOW_THREADS
    done = exact_signals(held.buf, held.len / 8, closes.buf, count, window, power, signals.buf, means.buf);
    Py_END_ALLOW_THREADS
    result = PyLong_FromLongLong(done);
  }
  if (has_means) PyBuffer_Release(&means);
end:
  PyBuffer_Release(&held);
  PyBuffer_Release(&closes);
  PyBuffer_Release(&signals);
  return result;
}

PyDoc_STRVAR(ROLL_DOC, "roll(entering, leaving, window, state, signals, means, /)\n--\n\n"
                       "Writes the int8 signals of float64 closes `entering` a window that those `leaving` leave, and their means, unless\n"
                       "that is None. `state` is a tuple as in float64.State; gives the one after them.");
static PyObject *py_roll(PyObject *self, PyObject *args) {
  (void)self;
  Py_buffer entering, leaving, signals, means = {.buf = NULL};
  Py_ssize_t window;
  long long present, negatives, equals;
  RollState s;
  PyObject *of_means, *result = NULL;
  if (!PyArg_ParseTuple(args, "y*y*n(LLdddLd)w*O", &entering, &leaving, &window, &present, &negatives, &s.total, &s.lost_adding,
                        &s.lost_removing, &equals, &s.last, &signals, &of_means))
    return NULL;
  s.present = present, s.negatives = negatives, s.equals = equals;
  const i64 count = entering.len / 8; /* at most 2**60, so sums with counts below 2**62 do not overflow */
  const int has_means = of_means != Py_None;
  if (has_means && PyObject_GetBuffer(of_means, &means, PyBUF_WRITABLE)) goto end;
  if (leaving.len / 8 < count || signals.len < count || (has_means && means.len / 8 < count)) {
    refused("a buffer is too short");
  } else if ((present | negatives | equals) >> 62) {
    refused("the state has a count that is not from 0 to 2**62");
  } else if (!aligned(&entering) || !aligned(&leaving) || !aligned(&means)) {
    refused("a buffer is not aligned");
  } else {
    Py_BEGIN_ALLOW_THREADS
    roll(entering.buf, leaving.buf, count, window, &s, means.buf, signals.buf);
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("LLdddLd", (long long)s.present, (long long)s.negatives, s.total, s.lost_adding, s.lost_removing,
                           (long long)s.equals, s.last);
  }
  if (has_means) PyBuffer_Release(&means);
end:
  PyBuffer_Release(&entering);
  PyBuffer_Release(&leaving);
  PyBuffer_Release(&signals);
  return result;
}

PyDoc_STRVAR(STEADY_DOC, "steady(times, step, /)\n--\n\nWhether each int64 time is `step` after the one before it.");
static PyObject *py_steady(PyObject *self, PyObject *args) {
  (void)self;
  Py_buffer times;
  long long step;
  int is_steady;
  if (!PyArg_ParseTuple(args, "y*L", &times, &step)) return NULL;
  if (!aligned(&times)) {
    PyBuffer_Release(&times);
    return refused("a buffer is not aligned");
  }
  Py_BEGIN_ALLOW_THREADS
  is_steady = steady(times.buf, times.len / 8, step);
  Py_END_ALLOW_THREADS
  PyBuffer_Release(&times);
  return PyBool_FromLong(is_steady);
}

static int with_constants(PyObject *module) {
  const struct { const char *name; long value; } numbers[] = {
      {"PAD", PAD}, {"LARGEST_TEXT", (long)LARGEST_TEXT}, {"LONGEST_ROW", LONGEST_ROW}, {"MOST_COLUMNS", MOST_COLUMNS},
      {"MOST_WANTED", MOST_WANTED}, {"WIDEST_WINDOW", WIDEST_WINDOW}, {"NUMBER", NUMBER}, {"MOMENT", MOMENT}, {"DIGITS", DIGITS},
      {"TEXT", TEXT}, {"CODES", CODES}, {"ODD_BYTE", ODD_BYTE}, {"NOT_RECTANGULAR", NOT_RECTANGULAR}, {"ODD_NUMBERS", ODD_NUMBERS},
      {"ODD_CELL", ODD_CELL}, {"NO_ROOM", NO_ROOM}, {"ARGUMENTS", ARGUMENTS}};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (PyModule_AddIntConstant(module, numbers[i].name, numbers[i].value)) return -1;
  char variant[32] = "";
  strcat(strcat(variant, scan_variant()), exact_uses_avx2() ? " and AVX2" : "");
  return PyModule_AddStringConstant(module, "variant", variant);
}

static PyMethodDef METHODS[] = {{"scan", py_scan, METH_VARARGS, SCAN_DOC},
                                {"exact", py_exact, METH_VARARGS, EXACT_DOC},
                                {"roll", py_roll, METH_VARARGS, ROLL_DOC},
                                {"steady", py_steady, METH_VARARGS, STEADY_DOC},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)with_constants}, {0, NULL}};
static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, .m_name = "_kernels", .m_doc = "See barwise/kernels/kernels.h.", .m_methods = METHODS, .m_slots = SLOTS};
PyMODINIT_FUNC PyInit__kernels(void);
PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&MODULE); }
