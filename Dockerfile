# The job on the committed bars:  docker build -t mlops-task . && docker run --rm mlops-task
FROM python:3.13-slim AS kernels

# Where the Python is Debian's own, its headers are a package of their own.
RUN headers="$(python -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" \
    && apt-get update -qq && apt-get install -qq --no-install-recommends \
        gcc libc6-dev $(test -e "$headers" || echo libpython3-dev) > /dev/null
WORKDIR /build
COPY requirements-build.txt ./
RUN pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r requirements-build.txt
COPY setup.py ./
COPY barwise/kernels ./barwise/kernels
RUN KERNELS_REQUIRED=1 python setup.py --quiet build_ext --inplace

FROM python:3.13-slim

WORKDIR /app

# requirements-extras.txt is what buckets and clusters need too: --build-arg REQUIREMENTS=requirements-extras.txt
# Left out are 75 of 170 MB of pyarrow and 20 of 73 MB of NumPy, which are imported only by who asks for them by
# name: tests, sources in C++ and Cython, f2py, Flight, S3, and two more copies of libarrow_python.
ARG REQUIREMENTS=requirements.txt
COPY requirements*.txt ./
RUN pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r $REQUIREMENTS \
    && cd "$(python -c 'import pyarrow; print(pyarrow.__path__[0])')" \
    && rm -r tests include includes src *.p[xy][dix] __pycache__ ../numpy/f2py libarrow_flight.so.* libarrow_python_flight.so* \
        _flight.*.so libarrow_s3.so.* _s3fs.*.so _pyarrow_cpp_tests.*.so \
        libarrow_python.so libarrow_python.so.*.*.* \
    && find ../numpy -type d -name tests -prune -exec rm -r {} +

COPY run.py config.yaml data.csv LICENSE ./
COPY barwise ./barwise
COPY --from=kernels /build/barwise/kernels/_kernels.abi3.so ./barwise/kernels/
# Compiled now: at run time the root file system may be read-only. /out takes results from whatever
# user the job is given with --user.
RUN python -m compileall -q /app $(python -c "from importlib.util import find_spec; \
    names = 'msgspec numpy pyarrow tqdm yaml obstore dask distributed'; \
    print(*(spec.submodule_search_locations[0] for spec in map(find_spec, names.split()) if spec))") \
    && mkdir /out && chmod 1777 /out

ENV PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /out

# In exec form Python is process 1, so that SIGTERM reaches the job.
ENTRYPOINT ["python", "/app/run.py"]
CMD ["--input", "/app/data.csv", "--config", "/app/config.yaml", \
     "--output", "/out/metrics.json", "--log-file", "/out/run.log"]
