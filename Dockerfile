# The operator alone on an empty base: one static binary and a CA bundle, no shell, no package manager.
# Alpine builds against musl, so that nothing has to be found at run time.
FROM rust:1.95.0-alpine AS build
RUN apk add --no-cache build-base cmake linux-headers perl ca-certificates
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --release --package sealbridge-operator --bin sealbridge-operator && \
    cp target/release/sealbridge-operator /sealbridge-operator

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /sealbridge-operator /sealbridge-operator
# The same as in deploy/base, for whoever runs the image without it.
ENV _RJEM_MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0,narenas:2
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/sealbridge-operator"]
