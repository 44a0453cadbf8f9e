# The job on the committed bars:  docker build -t mlops-task . && docker run --rm mlops-task
FROM python:3.13-slim

WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r requirements.txt

COPY run.py config.yaml data.csv LICENSE ./
COPY barwise ./barwise
# Compiled now: at run time the root file system may be read-only. /out takes results from whatever
# user the job is given with --user.
RUN python -m compileall -q /app $(python -c "import llvmlite, msgspec, numba, numpy, polars, tqdm, yaml; \
    print(*(module.__path__[0] for module in (llvmlite, msgspec, numba, numpy, polars, tqdm, yaml)))") \
    && mkdir /out && chmod 1777 /out

ENV PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /out

# In exec form Python is process 1, so that SIGTERM reaches the job.
ENTRYPOINT ["python", "/app/run.py"]
CMD ["--input", "/app/data.csv", "--config", "/app/config.yaml", \
     "--output", "/out/metrics.json", "--log-file", "/out/run.log"]
