"""How the kernels are compiled; pyproject.toml says everything else.

They are built against Python's stable ABI, so that one file serves Python 3.11 and every later one.
Without a compiler barwise is installed without them; KERNELS_REQUIRED=1 makes that an error.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("barwise/kernels")
# -O3: GCC's -O2 makes no vectors of the exact signals, which then take 4.2 ns a close, not 2.0. The
# rest keeps each rounding of a double where the source has it. No -march: the file is for every
# processor of its kind. Debian's Python would add its own -g.
FLAGS = [
    *("-O3", "-std=gnu11", "-g0", "-fvisibility=hidden"),
    *("-ffp-contract=off", "-fno-fast-math", "-fno-math-errno", "-fno-trapping-math"),
]
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))  # it has no stable ABI yet

kernels = Extension(
    "barwise.kernels._kernels",
    sources=sorted(map(str, FOLDER.glob("*.c"))),
    depends=sorted(map(str, FOLDER.glob("*.h"))),
    define_macros=[] if FREE_THREADED else [("Py_LIMITED_API", "0x030B0000")],
    extra_compile_args=FLAGS,
    py_limited_api=not FREE_THREADED,
    optional=os.environ.get("KERNELS_REQUIRED") != "1",
)
setup(
    ext_modules=[kernels],
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
