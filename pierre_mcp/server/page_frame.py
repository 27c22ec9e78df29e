"""The one form of our pages: a column that fits a phone, light or dark as the reader has it.

It asks for nothing: no script, no font, no image, no other address. What stands in it is said in
``pages``.
"""

_STYLE = """\
:root {
  color-scheme: light dark;
  --page: #f3f4f1; --card: #fff; --ink: #1b1c1a; --quiet: #565953; --line: #c9ccc5;
  --strong: #14532d; --on-strong: #fff; --alarm: #9f1d1d; --field: #767a72; --focus: #1d4ed8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #151614; --card: #20221f; --ink: #eceee9; --quiet: #abafa6; --line: #42453f;
    --strong: #8bdcab; --on-strong: #0c2a17; --alarm: #ffb3a7; --field: #8b9087; --focus: #93c5fd;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 1.5rem 1rem; background: var(--page); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
main {
  max-width: 34rem; margin: 0 auto; padding: 1.25rem 1.5rem 1.5rem; background: var(--card);
  border: 1px solid var(--line); border-top: .375rem solid var(--line); border-radius: .5rem;
}
main.good { border-top-color: var(--strong); }
h1 { font-size: 1.625rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.0625rem; margin: 1.5rem 0 .25rem; }
p { margin: 0 0 .75rem; }
ul { margin: 0 0 .75rem; padding-left: 1.25rem; }
.whose, .quiet { color: var(--quiet); font-size: .9375rem; }
.whose { margin-bottom: .25rem; }
.problem { border-left: .25rem solid var(--alarm); padding-left: .75rem; color: var(--alarm); }
a { color: inherit; text-underline-offset: .15em; }
form { margin: 1.5rem 0; }
main > :last-child { margin-bottom: 0; }
label { display: block; font-weight: bold; }
input, select {
  width: 100%; margin: .25rem 0 1rem; padding: .625rem .75rem; font: inherit; color: inherit;
  background: var(--card); border: 2px solid var(--field); border-radius: .375rem;
}
button {
  width: 100%; padding: .75rem 1rem; font: inherit; font-weight: bold; cursor: pointer;
  color: var(--on-strong); background: var(--strong); border: 2px solid var(--strong);
  border-radius: .375rem;
}
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
"""


def framed(title: str, body: str, *, good: bool = False, alarm: bool = False) -> str:
    """A whole page; ``title`` and ``body`` are HTML.

    ``good`` marks a page whose news is good, ``alarm`` one that asks for something to be corrected.
    """
    mark = ' class="good"' if good else ""
    # What a screen reader says first.
    tab = f"Problem: {title}" if alarm else title
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{tab} - pierre-mcp</title><style>{_STYLE}</style></head>"
        f'<body><main{mark}><p class="whose">pierre-mcp, the server behind your assistant</p>'
        f"<h1>{title}</h1>{body}</main></body></html>"
    )
