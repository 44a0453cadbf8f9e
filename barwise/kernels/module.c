/* The kernels as a Python module; _kernels.pyi says what each takes. Here every size is checked, buffers are held while a kernel works, and
   the interpreter's lock is not. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>
#include "kernels.h"

static int refused(const char *why) {
  PyErr_SetString(PyExc_ValueError, why);
  return 0;
}

typedef struct {
  Py_buffer all[2 + 2 * MOST_WANTED];
  int count;
} Views;

/* The memory of a buffer of elements of so many bytes, and how many those are; None has none. 0 with an exception where it cannot be had. */
static int view(Views *views, PyObject *object, int flags, i64 width, void *memory, i64 *count) {
  Py_buffer *const last = &views->all[views->count];
  memset(memory, 0, sizeof(void *));
  *count = 0;
  if (object == Py_None) return 1;
  if (PyObject_GetBuffer(object, last, flags)) return 0;
  views->count++;
  if (width > 1 && last->len && (uintptr_t)last->buf % 8) return refused("a buffer is not aligned");
  memcpy(memory, &last->buf, sizeof(void *));
  *count = last->len / width;
  return 1;
}
static PyObject *released(Views *views, PyObject *result) {
  while (views->count) PyBuffer_Release(&views->all[--views->count]);
  return result;
}

/* One column to read; 0 with an exception where it is not one. Lowers `capacity` to the rows that it has room for. */
static int column_of(PyObject *item, Column *column, Views *views, i64 *capacity) {
  static const i64 WIDTHS[] = {[NUMBER] = 8, [MOMENT] = 8, [DIGITS] = 8, [TEXT] = 1, [CODES] = 4};
  Py_ssize_t position, size;
  int kind;
  const char *pattern;
  PyObject *of_values, *of_more;
  void *values, *more;
  i64 room, others;
  if (!PyArg_ParseTuple(item, "niOOy#", &position, &kind, &of_values, &of_more, &pattern, &size)) return 0;
  if (kind < NUMBER || kind > CODES) return refused("a column is of no kind");
  if (!view(views, of_values, PyBUF_WRITABLE, WIDTHS[kind], &values, &room) || !view(views, of_more, PyBUF_WRITABLE, 4, &more, &others))
    return 0;
  *column = (Column){.position = position, .kind = kind, .values = values};
  if (kind == TEXT) {
    column->room = room;
    column->ends = more;
    room = others;
  } else if (kind == CODES) {
    column->room = others / 6; /* first cells of two u32, and four u32 of slots */
    column->first = more;
    column->slots = (u32 *)more + 2 * column->room;
  } else if (kind == MOMENT) {
    if (size < 1) return refused("a moment needs the separator of its day and its time");
    column->separator = (uint8_t)pattern[0];
    column->suffix = (const uint8_t *)pattern + 1; /* of an object that the caller's tuple holds */
    column->suffix_size = size - 1;
  }
  if (room < *capacity) *capacity = room;
  return 1;
}

static PyObject *of_scanned(const Scanned *done, const Wanted *wanted) {
  PyObject *used = PyTuple_New((Py_ssize_t)wanted->count);
  for (i64 i = 0; used && i < wanted->count; i++) {
    PyObject *number = PyLong_FromLongLong(wanted->wanted[i].used);
    if (!number || PyTuple_SetItem(used, (Py_ssize_t)i, number)) Py_CLEAR(used);
  }
  if (!used) return NULL;
  return Py_BuildValue("LLLLLN", (long long)done->rows, (long long)done->reason, (long long)done->wanted, (long long)done->odd,
                       (long long)done->not_ascii, used);
}

static PyObject *py_scan(PyObject *self, PyObject *args) {
  (void)self;
  Views views = {.count = 0};
  Column columns[MOST_WANTED];
  Wanted wanted = {.capacity = INT64_MAX, .wanted = columns};
  Py_ssize_t size, of_row, i = 0;
  PyObject *of_text, *of_odd, *items;
  const uint8_t *text;
  i64 length, cells;
  Scanned done;
  if (!PyArg_ParseTuple(args, "OnnccO!O", &of_text, &size, &of_row, &wanted.delimiter, &wanted.decimal, &PyTuple_Type, &items, &of_odd) ||
      !view(&views, of_text, PyBUF_SIMPLE, 1, &text, &length) || !view(&views, of_odd, PyBUF_WRITABLE, 4, &wanted.odd, &cells))
    return released(&views, NULL);
  wanted.columns = of_row;
  wanted.count = PyTuple_Size(items);
  wanted.odd_room = cells / 4;
  if ((size < 0 || length < PAD || size > length - PAD) && !refused("the text needs PAD more bytes behind it")) return released(&views, NULL);
  if (wanted.count > MOST_WANTED && !refused("too many columns to read")) return released(&views, NULL);
  while (i < wanted.count && column_of(PyTuple_GetItem(items, i), &columns[i], &views, &wanted.capacity)) i++;
  if (i < wanted.count) return released(&views, NULL);
  Py_BEGIN_ALLOW_THREADS
  done = scan_csv(text, size, &wanted);
  Py_END_ALLOW_THREADS
  return released(&views, of_scanned(&done, &wanted));
}

static PyObject *py_exact(PyObject *self, PyObject *args) {
  (void)self;
  Views views = {.count = 0};
  PyObject *of_held, *of_closes, *of_signals, *of_means;
  const double *held, *closes;
  double power, *means;
  int8_t *signals;
  i64 before, count, room, of_room;
  Py_ssize_t window;
  if (!PyArg_ParseTuple(args, "OOndOO", &of_held, &of_closes, &window, &power, &of_signals, &of_means) ||
      !view(&views, of_held, PyBUF_SIMPLE, 8, &held, &before) || !view(&views, of_closes, PyBUF_SIMPLE, 8, &closes, &count) ||
      !view(&views, of_signals, PyBUF_WRITABLE, 1, &signals, &room) || !view(&views, of_means, PyBUF_WRITABLE, 8, &means, &of_room))
    return released(&views, NULL);
  if ((room < count || (of_means != Py_None && of_room < count)) && !refused("a buffer is too short")) return released(&views, NULL);
  Py_BEGIN_ALLOW_THREADS
  count = exact_signals(held, before, closes, count, window, power, signals, means);
  Py_END_ALLOW_THREADS
  return released(&views, PyLong_FromLongLong(count));
}

static PyObject *py_roll(PyObject *self, PyObject *args) {
  (void)self;
  Views views = {.count = 0};
  PyObject *of_entering, *of_leaving, *of_signals, *of_means;
  const double *entering, *leaving;
  double *means;
  int8_t *signals;
  i64 count, others, room, of_room; /* a count is at most 2**60, so sums with those of a state do not overflow */
  Py_ssize_t window;
  long long present, negatives, equals;
  RollState s;
  if (!PyArg_ParseTuple(args, "OOn(LLdddLd)OO", &of_entering, &of_leaving, &window, &present, &negatives, &s.total, &s.lost_adding,
                        &s.lost_removing, &equals, &s.last, &of_signals, &of_means) ||
      !view(&views, of_entering, PyBUF_SIMPLE, 8, &entering, &count) || !view(&views, of_leaving, PyBUF_SIMPLE, 8, &leaving, &others) ||
      !view(&views, of_signals, PyBUF_WRITABLE, 1, &signals, &room) || !view(&views, of_means, PyBUF_WRITABLE, 8, &means, &of_room))
    return released(&views, NULL);
  const int is_short = others < count || room < count || (of_means != Py_None && of_room < count);
  if (is_short && !refused("a buffer is too short")) return released(&views, NULL);
  if ((present | negatives | equals) >> 62 && !refused("the state has a count that is not from 0 to 2**62")) return released(&views, NULL);
  s.present = present, s.negatives = negatives, s.equals = equals;
  Py_BEGIN_ALLOW_THREADS
  roll(entering, leaving, count, window, &s, means, signals);
  Py_END_ALLOW_THREADS
  return released(&views, Py_BuildValue("LLdddLd", (long long)s.present, (long long)s.negatives, s.total, s.lost_adding, s.lost_removing,
                                        (long long)s.equals, s.last));
}

static PyObject *py_steady(PyObject *self, PyObject *args) {
  (void)self;
  Views views = {.count = 0};
  PyObject *of_times;
  const i64 *times;
  i64 count;
  long long step;
  int is_steady;
  if (!PyArg_ParseTuple(args, "OL", &of_times, &step) || !view(&views, of_times, PyBUF_SIMPLE, 8, &times, &count))
    return released(&views, NULL);
  Py_BEGIN_ALLOW_THREADS
  is_steady = steady(times, count, step);
  Py_END_ALLOW_THREADS
  return released(&views, PyBool_FromLong(is_steady));
}

static int with_constants(PyObject *module) {
#define CONSTANT(name) PyModule_AddIntConstant(module, #name, (long)name)
  if (CONSTANT(PAD) || CONSTANT(LARGEST_TEXT) || CONSTANT(LONGEST_ROW) || CONSTANT(MOST_COLUMNS) || CONSTANT(MOST_WANTED) ||
      CONSTANT(WIDEST_WINDOW) || CONSTANT(NUMBER) || CONSTANT(MOMENT) || CONSTANT(DIGITS) || CONSTANT(TEXT) || CONSTANT(CODES) ||
      CONSTANT(ODD_BYTE) || CONSTANT(NOT_RECTANGULAR) || CONSTANT(ODD_NUMBERS) || CONSTANT(ODD_CELL) || CONSTANT(NO_ROOM) ||
      CONSTANT(ARGUMENTS))
    return -1;
  char variant[32] = "";
  strcat(variant, scan_variant());
  if (*exact_variant()) strcat(strcat(variant, " and "), exact_variant());
  return PyModule_AddStringConstant(module, "variant", variant);
}

static PyMethodDef METHODS[] = {{"scan", py_scan, METH_VARARGS, NULL},
                                {"exact", py_exact, METH_VARARGS, NULL},
                                {"roll", py_roll, METH_VARARGS, NULL},
                                {"steady", py_steady, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static PyModuleDef_Slot SLOTS[] = {{Py_mod_exec, (void *)with_constants}, {0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, .m_name = "_kernels", .m_methods = METHODS, .m_slots = SLOTS};
PyMODINIT_FUNC PyInit__kernels(void);
PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&MODULE); }
