"""The MCP side: identity, tools and the envelope of their answers. Knows no provider."""
