"""An athlete's own data, from any number of providers, for AI assistants over MCP."""
