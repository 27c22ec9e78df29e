"""How the site is built from the pages: `make docs`, strictly, and without a network."""

from importlib.metadata import version as version_of

project = "pierre-mcp"
author = "The pierre-mcp authors"
release = version_of("pierre-mcp")
version = release
extensions = ["myst_parser"]
root_doc = "docs/index"
# Pages stand where they read well without the site; what they link to comes along.
include_patterns = ["docs/**.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
exclude_patterns = ["docs/conf.py"]
myst_heading_anchors = 4
myst_enable_extensions = ["tasklist"]
html_theme = "furo"
html_title = f"pierre-mcp {release}"
html_copy_source = False
html_show_sourcelink = False
html_static_path: list[str] = []
language = "en"
nitpicky = True
