# syntax=docker/dockerfile:1
# One image for every process; what it runs is the command (see docker-compose.yml).

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt ./
RUN /app/.venv/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY jinguo jinguo
COPY libs libs
COPY services services
RUN /app/.venv/bin/pip install --no-deps --no-build-isolation --editable . \
    && /app/.venv/bin/python -m compileall -q /app/.venv/lib jinguo libs services

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="jinguo" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/app/.venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 JINGUO_DATA=/data
RUN groupadd --gid 10001 jinguo \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin jinguo \
    && install -d -o 10001 -g 10001 -m 0700 /data
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m"]
CMD ["services.registry", "api"]
