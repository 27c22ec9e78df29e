"""What a person sees in the browser while connecting: plain pages, in words, without a script.

Pure: values in, HTML out, everything from outside escaped. No page shows a secret.
"""

from html import escape

from pierre_mcp.connections.outcomes import Outcome, Result
from pierre_mcp.models.text import clean_text
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.spi import Connection, ProviderDescriptor

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 1.125rem/1.6 system-ui, sans-serif; margin: 0; padding: 2rem 1rem; }
main { max-width: 34rem; margin: 0 auto; }
h1 { font-size: 1.5rem; line-height: 1.3; }
button, input { font: inherit; padding: .6rem 1rem; border-radius: .4rem; border: 2px solid; }
input { width: 100%; box-sizing: border-box; margin: .3rem 0 1rem; }
button { cursor: pointer; background: #14532d; border-color: #14532d; color: #fff; }
:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px; }
"""

_TITLES = {
    Result.CONNECTED: "{provider} is connected",
    Result.DENIED: "{provider} was not connected",
    Result.STATE_UNKNOWN: "This link cannot be used",
    Result.PROVIDER_FAILED: "{provider} did not finish",
    Result.NOT_ACCEPTED: "{provider} does not accept this server",
}
_TEXTS = {
    Result.CONNECTED: (
        "Your assistant can now read your data there.",
        "You can close this page and go back to it.",
    ),
    Result.DENIED: (
        "You chose not to allow it, so nothing was connected and nothing was kept.",
        "If that was a mistake, ask your assistant to connect {provider} again.",
    ),
    Result.STATE_UNKNOWN: (
        (
            "A link works once, for ten minutes, and only in the browser in which it was opened. "
            "Nothing was connected."
        ),
        "Ask your assistant to connect {provider} again, and use the new link.",
    ),
    Result.PROVIDER_FAILED: (
        "{provider} sent you back without completing the connection. Nothing was connected.",
        "Wait a few minutes, then ask your assistant to connect {provider} again.",
    ),
    Result.NOT_ACCEPTED: (
        (
            "Nothing was connected: the client id or secret with which this server presents "
            "itself is wrong or no longer valid."
        ),
        "Tell whoever runs this server; 'pierre-mcp doctor' names the settings.",
    ),
}
STATUSES = {
    Result.CONNECTED: 200,
    Result.DENIED: 200,
    Result.STATE_UNKNOWN: 400,
    Result.PROVIDER_FAILED: 502,
    Result.NOT_ACCEPTED: 500,
}
"""The HTTP status of the page for each result."""


def outcome_page(outcome: Outcome, display_name: str) -> str:
    """The page on which a person lands in the end."""
    name = _shown(display_name)
    paragraphs = [text.format(provider=name) for text in _TEXTS[outcome.result]]
    if outcome.lacking:
        left_out = "; ".join(_shown(need.gives) for need in outcome.lacking)
        paragraphs.insert(
            1, f"You left out the permission for: {left_out}. To add it, connect once more."
        )
    title = _TITLES[outcome.result].format(provider=name)
    return _page(title, "".join(f"<p>{text}</p>" for text in paragraphs))


def consent_page(descriptor: ProviderDescriptor, principal: Principal) -> str:
    """The page that says what will be connected to whom, before anything happens."""
    name = _shown(descriptor.display_name)
    body = [f"<p>{name} will be connected to {_account(principal)}.</p>"]
    body.append("<p>If that is not you, close this page: someone else sent you this link.</p>")
    if descriptor.connection is Connection.API_KEY and descriptor.api_key is not None:
        body.append(f"<p>{_shown(descriptor.api_key.where)}</p>")
        if url := descriptor.api_key.url:
            body.append(f'<p><a href="{escape(url)}" rel="noreferrer">{escape(url)}</a></p>')
        field = (
            '<label for="key">Your key</label>'
            '<input id="key" name="key" type="password" required autocomplete="off" '
            'spellcheck="false" maxlength="4096">'
        )
        button = "Connect"
    else:
        body.append(f"<p>You will be asked at {name} what you want to allow.</p>")
        field, button = "", f"Continue to {name}"
    body.append(f'<form method="post">{field}<button type="submit">{button}</button></form>')
    return _page(f"Connect {name}", "".join(body))


def _account(principal: Principal) -> str:
    if principal == LOCAL:
        return "the assistant on this computer"
    return f"the account <strong>{_shown(principal.user)}</strong> of {_shown(principal.tenant)}"


def _shown(text: str) -> str:
    return escape(clean_text(text) or "(unnamed)")


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{body}</main></body></html>"
    )
