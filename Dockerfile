# pierre-mcp in a container: the wheel and its pinned dependencies, run by a user without rights.
#
#   docker build --tag pierre-mcp .
#   docker run --rm --interactive --volume pierre:/data pierre-mcp
#
# The second line is what an MCP client runs: it speaks the protocol on standard input and output.

FROM python:3.13-slim AS build
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY pierre_mcp ./pierre_mcp
COPY providers ./providers
RUN python -m pip install --no-cache-dir --constraint constraints.txt build hatchling \
 && python -m build --wheel --no-isolation --outdir /wheels \
 && python -m venv /opt/pierre \
 && /opt/pierre/bin/python -m pip install --no-cache-dir --constraint constraints.txt "$(ls /wheels/*.whl)[postgres]"

FROM python:3.13-slim
LABEL io.modelcontextprotocol.server.name="io.github.pierre-mcp/pierre-mcp"
RUN groupadd --gid 10001 pierre \
 && useradd --uid 10001 --gid pierre --no-log-init --no-create-home --home-dir /data pierre \
 && install --directory --owner=pierre --group=pierre --mode=0700 /data
COPY --from=build /opt/pierre /opt/pierre
ENV PATH=/opt/pierre/bin:$PATH \
    PIERRE_HOME=/data
WORKDIR /data
VOLUME ["/data"]
USER 10001:10001
# Python answers SIGINT even as the first process of a container; SIGTERM it would not hear.
STOPSIGNAL SIGINT
# On standard input there is no port to ask: what can be told from beside the server is that it can
# start with the settings this container was given. One that serves HTTP is asked at /healthz, as
# deploy/compose.yaml does.
HEALTHCHECK --interval=5m --timeout=20s --start-period=10s \
    CMD ["pierre-mcp", "status", "--json"]
ENTRYPOINT ["pierre-mcp"]
CMD ["serve"]
