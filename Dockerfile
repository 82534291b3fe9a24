# Curt's image: the one-file release with its database of places, the C library it wants, and nothing else. No shell, no package manager.
#   docker build -t curt .
#   docker run -d --name curt -p 5000:5000 -v curt:/data --read-only --tmpfs /tmp curt
#   docker logs curt        prints the admin key at the first start
FROM docker.io/library/node:22-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error
COPY . .
RUN node_modules/bun/bin/bun.exe deploy/release/build.ts --out /out/usr/local/bin/curt
# The loader and the libraries that the executable names, at the paths where it looks for them; a user; empty folders.
RUN set -eu; \
    ldd /out/usr/local/bin/curt | grep -o '/[^ ]*' | sort -u | xargs -I{} cp -L --parents {} /out; \
    mkdir -p /out/etc /out/data /out/tmp; \
    echo 'curt:x:10001:10001::/data:/sbin/nologin' > /out/etc/passwd; \
    echo 'curt:x:10001:' > /out/etc/group; \
    chmod 1777 /out/tmp; chown 10001:10001 /out/data; chmod 700 /out/data

FROM scratch
COPY --from=build /out/ /
LABEL org.opencontainers.image.title="Curt" \
      org.opencontainers.image.description="A URL shortener: fast redirects, durable links, exact counts." \
      org.opencontainers.image.licenses="MIT AND CC-BY-4.0"
ENV CURT_HOST=0.0.0.0 CURT_DATA=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 5000
# A drain takes up to 8.5 s.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["/usr/local/bin/curt", "doctor", "--ready"]
ENTRYPOINT ["/usr/local/bin/curt"]
CMD ["serve"]
