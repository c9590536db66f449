# The local service as a container: every function in one process, with an embedded table. A deployment on AWS does not need it.
#
#     docker build -t latchkey . && docker run -p 8000:8000 -v latchkey:/data latchkey

FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --package local && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/latchkey /usr/local/bin/latchkey
# The image's user is 65532. The folder holds the table, the outbox and the secret key, which have to outlive the container.
COPY --from=build --chown=65532:65532 /data /data
VOLUME /data
EXPOSE 8000
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/latchkey", "--listen", "0.0.0.0:8000", "--data", "/data"]
