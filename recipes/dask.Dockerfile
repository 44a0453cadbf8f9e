# barwise's image with Dask: docker build -t mlops-task . && docker build -t barwise-dask -f recipes/dask.Dockerfile recipes
# One image for the job, the scheduler and the workers, so that all have the same code.
FROM mlops-task
USER root
# For good, write the version that was tried, or install from a list with hashes.
RUN pip install --no-cache-dir 'distributed>=2025.1'
# Workers import barwise from wherever they are started; they write below /tmp alone.
ENV PYTHONPATH=/app DASK_TEMPORARY_DIRECTORY=/tmp/dask HOME=/tmp
USER 10001:10001
