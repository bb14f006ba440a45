# One image for every part of a fleet: docker run IMAGE api, docker run IMAGE worker, …
# Two targets, because only the API has something to ask for its health.

# The manifests alone, so that a change of the source doesn't install everything anew.
FROM node:24-slim AS manifests
WORKDIR /source
COPY . .
RUN mkdir /manifests \
  && cp --parents package.json package-lock.json .npmrc packages/*/package.json apps/*/package.json /manifests

FROM node:24-slim AS packages
WORKDIR /exhibit
COPY --from=manifests /manifests ./
# Without the optional ones: they bring a Node 24 of their own, which is here already.
RUN npm ci --omit=dev --omit=optional --loglevel=error --no-audit --no-fund

FROM node:24-slim AS exhibit
ENV NODE_ENV=production MALLOC_ARENA_MAX=2
WORKDIR /exhibit
COPY --from=packages /exhibit ./
COPY package.json LICENSE ./
COPY packages ./packages
COPY apps ./apps
# Nothing of it may be written by the one who runs it; a data folder is needed by `up` only.
RUN install -d -o node -g node /data
ENV EXHIBIT_DATA_DIR=/data
# Node keeps what it has compiled: a start without strips the types of every module, and takes 20 MB more. Filled by the sample
# case, with the flags of the command's first line, as the one who runs the image. Node makes these files for that one alone;
# then nobody can write them, and all can read.
RUN install -d -o node -g node node_modules/.cache
USER node
RUN EXHIBIT_DATA_DIR=/tmp/first apps/cli/bin/exhibit.mjs up --once && rm -r /tmp/first
USER root
RUN chown -R root:root node_modules/.cache && chmod -R a+rX node_modules/.cache
USER node
# It hears SIGTERM itself; zombies are reaped by the init that docker-compose.yml asks for (`docker run --init`).
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--min-semi-space-size=8", "--max-semi-space-size=8", "apps/cli/bin/exhibit.mjs"]

FROM exhibit AS worker
CMD ["worker"]

FROM exhibit AS api
ENV EXHIBIT_API_HOST=0.0.0.0
EXPOSE 7400
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.EXHIBIT_API_PORT ?? 7400}/healthz`).then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"]
CMD ["api"]
