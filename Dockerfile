# The bot with everything it can use. Built with: docker build -t medianest-bot .
# deno solves the puzzles YouTube sets; yt-dlp needs 2.3 or newer.
FROM denoland/deno:bin-2.9.7 AS deno

FROM python:3.11-slim-bookworm AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/medianest
WORKDIR /build
# The lock alone first: a change of ours does not install the world again.
COPY requirements.lock ./
RUN /opt/medianest/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY web ./web
RUN /opt/medianest/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
# ffmpeg joins picture and sound; tini passes signals on and buries dead children.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg tini \
    && rm -rf /var/lib/apt/lists/*
COPY --from=deno /deno /usr/local/bin/deno
COPY --from=builder /opt/medianest /opt/medianest
RUN groupadd --gid 1000 medianest \
    && useradd --uid 1000 --gid 1000 --no-create-home --home-dir /data medianest \
    && install -d -o 1000 -g 1000 -m 0700 /data \
    && install -d -o 1000 -g 1000 -m 0755 /downloads
ENV PATH=/opt/medianest/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    DOWNLOADS_DIR=/downloads
USER 1000:1000
WORKDIR /data
# The only two places that are written to, besides /tmp.
VOLUME ["/data", "/downloads"]
# Asks the bot itself; "unhealthy" means that one of its chats is not there, and
# doctor says why: docker compose run --rm bot doctor
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, http.client as h; c = h.HTTPConnection('127.0.0.1', int(os.environ.get('WEB_PORT') or 8080), timeout=5); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["tini", "--", "medianest-bot"]
CMD ["run"]
