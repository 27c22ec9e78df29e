"""A client that shows pages of a server, as small as can be: the host's half of MCP Apps.

It serves one page on loopback, puts the server's page into a frame, and hands calls on to a real
MCP client. What the page told its host is kept in ``window.told``.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import uvicorn
from mcp import Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pierre_mcp.server.listening import listen

_HOST = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A host</title>
<style>body{margin:0}iframe{border:0;width:100%;height:900px;display:block}</style>
<body><iframe id="app" title="app"></iframe><script>
const query = new URLSearchParams(location.search);
const told = window.told = { sizes: [], calls: [], initialized: false };
const frame = document.getElementById("app");
const post = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
window.change = (context) =>
  post({ method: "ui/notifications/host-context-changed", params: context });
addEventListener("message", async ({ data, source }) => {
  if (source !== frame.contentWindow) return;
  const { id, method, params } = data;
  if (method === "ui/initialize") post({ id, result: {
    protocolVersion: params.protocolVersion, hostInfo: { name: "test", version: "1" },
    hostCapabilities: { serverTools: {} }, hostContext: { theme: query.get("theme") } } });
  else if (method === "ui/notifications/initialized") {
    told.initialized = true;
    post({ method: "ui/notifications/tool-input",
      params: { arguments: JSON.parse(query.get("arguments")) } });
  } else if (method === "ui/notifications/size-changed") told.sizes.push(params);
  else if (method === "tools/call") {
    told.calls.push(params);
    const answer = await fetch("/call", { method: "POST", body: JSON.stringify(params) });
    post({ id, result: await answer.json() });
  }
});
fetch("/app?view=" + query.get("view"))
  .then((answer) => answer.text()).then((html) => { frame.srcdoc = html; });
</script></body></html>"""


@dataclass
class AppHost:
    """Where it is, and what it handed on."""

    url: str
    answers: list[dict[str, Any]] = field(default_factory=list)

    def page(self, view: str, *, theme: str = "light", **arguments: Any) -> str:
        """The address at which a view is shown, as after a model's call with those arguments."""
        from urllib.parse import urlencode

        asked = {"view": view, "theme": theme, "arguments": json.dumps(arguments)}
        return f"{self.url}/?{urlencode(asked)}"


@asynccontextmanager
async def app_host(client: Client) -> AsyncIterator[AppHost]:
    """Show the pages of the server behind ``client``."""
    listener = listen("127.0.0.1", 0)
    host = AppHost(url=f"http://127.0.0.1:{listener.getsockname()[1]}")

    async def index(_: Request) -> Response:
        return HTMLResponse(_HOST)

    async def app(request: Request) -> Response:
        read = await client.read_resource(f"ui://pierre/{request.query_params['view']}.html")
        return HTMLResponse(read.contents[0].text)

    async def call(request: Request) -> Response:
        asked = json.loads(await request.body())
        result = await client.call_tool(asked["name"], asked["arguments"])
        answer = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        host.answers.append(answer)
        return JSONResponse(answer)

    routes = [
        Route("/", index),
        Route("/app", app),
        Route("/call", call, methods=["POST"]),
        Route("/favicon.ico", lambda _: Response(status_code=204)),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: server.serve(sockets=[listener]))
        try:
            yield host
        finally:
            server.should_exit = True
