"""The page that shows a view inside a client that renders MCP Apps.

It calls nobody but its host: the drawing comes by an app-only call, so that it never enters a
model's context. Style and script stand in the page, and its policy allows nothing else.
"""

from mcp.server.apps import Apps, ResourceCsp
from mcp.types import Tool

from pierre_mcp.server.charts.drawing import DARK, LIGHT, Theme

VIEWS = {
    "training": "Training calendar and weekly load",
    "activity": "One activity: heart rate, pace, power, elevation, laps, route",
    "recovery": "Sleep, HRV and resting heart rate by day",
}
"""The views there are, and what each shows."""

DRAWING_TOOL = "chart_drawing"


def is_for_pages(tool: Tool) -> bool:
    """Whether hosts keep the tool from models, for a page of ours to call."""
    ui = (tool.meta or {}).get("ui", {})
    return bool(ui.get("visibility") == ["app"])


def address_of(view: str) -> str:
    """Where a host finds the page of a view."""
    return f"ui://pierre/{view}.html"


def pages() -> Apps:
    """The pages of all views, as the protocol's extension for them offers them."""
    offered = Apps()
    for view, what in VIEWS.items():
        offered.add_html_resource(
            address_of(view),
            page_of(view),
            name=view,
            title=f"Chart: {view}",
            description=what,
            csp=ResourceCsp(connect_domains=[], resource_domains=[]),
            prefers_border=True,
        )
    return offered


def page_of(view: str) -> str:
    """The page, whole."""
    return (
        _PAGE.replace("@title@", VIEWS[view])
        .replace("@view@", view)
        .replace("@tool@", DRAWING_TOOL)
        .replace("@light@", _variables(LIGHT))
        .replace("@dark@", _variables(DARK))
    )


def _variables(theme: Theme) -> str:
    """The theme's colors; the host's own come first where it has them."""
    told = {
        "--paper": f"var(--color-background-primary, {theme.paper})",
        "--ink": f"var(--color-text-primary, {theme.ink})",
        "--faint": f"var(--color-text-secondary, {theme.faint})",
        "--grid": f"var(--color-border-secondary, {theme.grid})",
    }
    told |= {f"--series-{number}": color for number, color in enumerate(theme.series, 1)}
    return "".join(f"{name}:{value};" for name, value in told.items())


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>@title@</title>
<style>
:root { color-scheme: light; @light@ }
:root[data-theme="dark"] { color-scheme: dark; @dark@ }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 14px/1.4 var(--font-sans, system-ui, sans-serif); }
svg { display: block; max-width: 100%; }
.place { cursor: default; outline: none; }
.place:focus { stroke: var(--ink); stroke-width: 2; }
output { display: block; min-height: 1.4em; padding: 0 12px 8px; }
.bar { display: flex; gap: 8px; padding: 8px 12px 0; }
button { font: inherit; min-height: 32px; padding: 2px 12px; border-radius: 6px; cursor: pointer;
  color: inherit; background: transparent; border: 1px solid var(--faint); }
button[aria-pressed="true"] { background: var(--ink); color: var(--paper); }
button:focus-visible, summary:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
details { padding: 0 12px 12px; }
.numbers { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 12px; }
th, td { padding: 2px 10px 2px 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
[hidden] { display: none; }
</style>
</head>
<body>
<div class="bar" id="along" role="group" aria-label="Along" hidden>
<button type="button" data-over="time" aria-pressed="true">Time</button>
<button type="button" data-over="distance" aria-pressed="false">Distance</button>
</div>
<main id="drawing" aria-busy="true"></main>
<output id="told" aria-live="polite">Loading.</output>
<details id="numbers" hidden><summary>Numbers</summary><div class="numbers"><table></table></div>
</details>
<script>
"use strict";
const view = "@view@";
const byId = (id) => document.getElementById(id);
const waiting = new Map();
let asked = null, over = "time", width = 0, turn = 0, number = 0;

const send = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
const request = (method, params) => new Promise((resolve, reject) => {
  waiting.set(++number, { resolve, reject });
  send({ id: number, method, params });
});

function dress(context) {
  if (!context) return;
  const root = document.documentElement;
  if (context.theme) root.dataset.theme = context.theme;
  for (const [name, value] of Object.entries(context.styles?.variables ?? {}))
    if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, value);
}

const day = (value) =>
  typeof value === "string" && /^\\d{4}-\\d{2}-\\d{2}$/.test(value) ? value : undefined;

function question() {
  const found = { view, width_px: width, over };
  for (const name of ["provider", "activity_id"])
    if (typeof asked[name] === "string") found[name] = asked[name];
  const start = day(asked.start_date ?? asked.after), end = day(asked.end_date);
  if (view !== "activity" && start) found.start_date = start;
  if (view !== "activity" && end) found.end_date = end;
  return found;
}

async function draw() {
  if (!asked || !width) return;
  const mine = ++turn;
  byId("drawing").setAttribute("aria-busy", "true");
  try {
    const result = await request("tools/call", { name: "@tool@", arguments: question() });
    if (mine !== turn) return;
    const told = result.structuredContent;
    if (result.isError || !told?.success)
      throw new Error(told?.error?.message ?? "It could not be drawn.");
    show(told.result);
  } catch (problem) {
    if (mine === turn) say(problem.message ?? String(problem));
  } finally {
    if (mine === turn) byId("drawing").removeAttribute("aria-busy");
    tellSize();
  }
}

const say = (text) => { byId("told").textContent = text; };

function show(drawn) {
  const parsed = new DOMParser().parseFromString(drawn.svg, "image/svg+xml").documentElement;
  byId("drawing").replaceChildren(document.importNode(parsed, true));
  byId("along").hidden = view !== "activity";
  const places = [...document.querySelectorAll(".place")];
  places.forEach((place, index) => {
    place.tabIndex = index === 0 ? 0 : -1;
    const read = () => say(place.getAttribute("aria-label"));
    place.addEventListener("focus", read);
    place.addEventListener("pointerenter", read);
    place.addEventListener("pointerdown", () => step(places, place));
    place.addEventListener("keydown", (event) => {
      const next = neighbour(places, index, event.key);
      if (!next) return;
      event.preventDefault();
      step(places, next);
    });
  });
  say(drawn.title);
  tabulate(drawn);
}

function step(places, next) {
  for (const place of places) place.tabIndex = place === next ? 0 : -1;
  next.focus({ preventScroll: false });
}

function neighbour(places, index, key) {
  if (key === "ArrowRight") return places[index + 1];
  if (key === "ArrowLeft") return places[index - 1];
  if (key === "Home") return places[0];
  if (key === "End") return places[places.length - 1];
  const down = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
  if (!down) return undefined;
  const middle = (place) => {
    const box = place.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middle(places[index]);
  let best, least = Infinity;
  for (const place of places) {
    const [otherX, otherY] = middle(place);
    const apart = (otherY - y) * down;
    if (apart < 4) continue;
    const far = apart * 4 + Math.abs(otherX - x);
    if (far < least) [best, least] = [place, far];
  }
  return best;
}

function tabulate(drawn) {
  const row = (values, cell) => {
    const line = document.createElement("tr");
    for (const value of values) {
      const made = document.createElement(cell);
      made.textContent = value ?? "";
      line.append(made);
    }
    return line;
  };
  document.querySelector("table").replaceChildren(
    row(drawn.columns.map((name) => name.replaceAll("_", " ")), "th"),
    ...drawn.rows.map((values) => row(values, "td")));
  byId("numbers").hidden = drawn.rows.length === 0;
}

function tellSize() {
  send({ method: "ui/notifications/size-changed", params: {
    width: document.documentElement.clientWidth,
    height: Math.ceil(document.body.getBoundingClientRect().height) } });
}

const heard = {
  "ui/notifications/tool-input": (params) => { asked = params.arguments ?? {}; draw(); },
  "ui/notifications/host-context-changed": dress,
  "ui/notifications/tool-cancelled": () => say("It was cancelled."),
};

addEventListener("message", (event) => {
  const message = event.data;
  if (event.source !== parent || message?.jsonrpc !== "2.0") return;
  if (message.method === undefined) {
    const { resolve, reject } = waiting.get(message.id) ?? {};
    waiting.delete(message.id);
    if (message.error) reject?.(new Error(message.error.message));
    else resolve?.(message.result);
  } else if (message.id === undefined) heard[message.method]?.(message.params ?? {});
  else if (["ui/resource-teardown", "ping"].includes(message.method))
    send({ id: message.id, result: {} });
  else send({ id: message.id, error: { code: -32601, message: "There is no such method." } });
});

for (const button of document.querySelectorAll("[data-over]"))
  button.addEventListener("click", () => {
    over = button.dataset.over;
    for (const other of document.querySelectorAll("[data-over]"))
      other.setAttribute("aria-pressed", String(other === button));
    draw();
  });
byId("numbers").addEventListener("toggle", tellSize);

new ResizeObserver(() => {
  const now = Math.min(1200, Math.max(280, Math.floor(document.documentElement.clientWidth)));
  if (now === width) return;
  width = now;
  draw();
}).observe(document.documentElement);

request("ui/initialize", {
  appInfo: { name: "pierre-" + view, version: "1" },
  appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  protocolVersion: "2026-01-26",
}).then((answer) => {
  dress(answer.hostContext);
  send({ method: "ui/notifications/initialized", params: {} });
}).catch((problem) => say(problem.message));
</script>
</body>
</html>
"""
