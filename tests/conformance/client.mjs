// A small client on the TypeScript SDK: lists the tools, pages through the activities, and prints
// what it got as one JSON document. It judges nothing but its own calls; who started it compares.
//
//   node client.mjs v1|v2-legacy|v2-auto PAGE PAGES stdio COMMAND ARGUMENT...
//   node client.mjs v1|v2-legacy|v2-auto PAGE PAGES http ADDRESS

const [kind, page, pages, door, ...target] = process.argv.slice(2);

const sdk =
  kind === "v1"
    ? {
        ...(await import("@modelcontextprotocol/sdk/client/index.js")),
        ...(await import("@modelcontextprotocol/sdk/client/stdio.js")),
        ...(await import("@modelcontextprotocol/sdk/client/streamableHttp.js")),
      }
    : {
        ...(await import("@modelcontextprotocol/client")),
        ...(await import("@modelcontextprotocol/client/stdio")),
      };

const settings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith("PIERRE_")),
);
const transport =
  door === "stdio"
    ? new sdk.StdioClientTransport({
        command: target[0],
        args: target.slice(1),
        env: { ...sdk.getDefaultEnvironment(), ...settings },
      })
    : new sdk.StreamableHTTPClientTransport(new URL(target[0]));

const options = kind === "v1" ? {} : { versionNegotiation: { mode: kind.slice("v2-".length) } };
const client = new sdk.Client({ name: "pierre-conformance", version: "1.0.0" }, options);
await client.connect(transport);
try {
  const { tools } = await client.listTools();
  const answers = [];
  let cursor;
  while (answers.length < Number(pages)) {
    const asked = { limit: Number(page), ...(cursor && { cursor }) };
    const result = await client.callTool({ name: "get_activities", arguments: asked });
    if (result.isError || !result.structuredContent || !result.content[0]?.text) {
      throw new Error(`get_activities: ${JSON.stringify(result)}`);
    }
    answers.push(result.structuredContent);
    cursor = result.structuredContent.meta.next_cursor;
  }
  const version = client.getNegotiatedProtocolVersion?.() ?? null;
  console.log(JSON.stringify({ version, tools: tools.map((tool) => tool.name), pages: answers }));
} finally {
  await client.close();
}
