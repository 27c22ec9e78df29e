"""What a person reads in the browser while connecting: what is asked, what happened, what to do.

Pure: values in, HTML out, everything from outside escaped. No page shows a secret. How a page looks
is ``page_frame``'s.
"""

from enum import Enum
from html import escape
from urllib.parse import urlsplit

from pierre_mcp.connections.outcomes import CONSENT_LIFE, Outcome, Result
from pierre_mcp.connections.records import PendingAuthorization
from pierre_mcp.models.text import clean_text
from pierre_mcp.principal import LOCAL, Principal
from pierre_mcp.server.accounts import terms_sentences
from pierre_mcp.server.page_frame import framed
from pierre_mcp.spi import ApiKey, ProviderCapabilities, ProviderDescriptor, ScopeNeed

_MINUTES = int(CONSENT_LIFE.total_seconds() // 60)
_TITLES = {
    Result.CONNECTED: "{provider} is connected",
    Result.DENIED: "{provider} was not connected",
    Result.STATE_UNKNOWN: "This link cannot be used",
    Result.PROVIDER_FAILED: "{provider} did not finish",
    Result.NOT_ACCEPTED: "{provider} does not accept this server",
    Result.KEY_REFUSED: "{provider} did not accept the key",
}
_TEXTS = {
    Result.CONNECTED: (
        "{account}Your assistant can now read your data at {provider}.",
        "You can close this page and go back to your assistant.",
    ),
    Result.DENIED: (
        "You chose not to allow it, so nothing was connected and nothing was kept.",
        "If that was a mistake, go back to your assistant and ask it to connect {provider} again.",
    ),
    Result.STATE_UNKNOWN: (
        (
            f"A link works once, for {_MINUTES} minutes, and only in the browser in which it was "
            "opened. Opening it now has changed nothing: what was connected still is."
        ),
        (
            "If you are not connected, go back to your assistant, ask it to connect {provider} "
            "again, and open the new link."
        ),
    ),
    Result.PROVIDER_FAILED: (
        "{provider} sent you back without completing the connection. Nothing was connected.",
        (
            "Wait a few minutes, then go back to your assistant and ask it to connect {provider} "
            "again."
        ),
    ),
    Result.NOT_ACCEPTED: (
        (
            "Nothing was connected: the client id or secret with which this server presents "
            "itself is wrong or no longer valid."
        ),
        "Tell whoever runs this server; 'pierre-mcp doctor' names the settings.",
    ),
    Result.KEY_REFUSED: (
        "Nothing was connected.",
        "Open the link again and paste the key in full, or make a new one at {provider}.",
    ),
}
STATUSES = {
    Result.CONNECTED: 200,
    Result.DENIED: 200,
    Result.STATE_UNKNOWN: 400,
    Result.PROVIDER_FAILED: 502,
    Result.NOT_ACCEPTED: 500,
    Result.KEY_REFUSED: 400,
}
"""The HTTP status of the page for each result."""

_KINDS_OF_DATA = {
    ProviderCapabilities.ACTIVITIES: "your activities",
    ProviderCapabilities.SLEEP_TRACKING: "your sleep",
    ProviderCapabilities.RECOVERY_METRICS: "your recovery",
    ProviderCapabilities.HEALTH_METRICS: "your body measurements",
}


class KeyProblem(Enum):
    """Why a pasted key was not taken; the value is the sentence for the person."""

    EMPTY = "The field was empty. Paste your key, then press the button."
    UNUSABLE = (
        "That cannot be a key: it is too long, or has something in it that no key has. Copy the "
        "key again, and nothing around it."
    )
    REFUSED = (
        "{provider} did not accept this key. Copy it again in full, or make a new one there; "
        "nothing was connected yet."
    )


def outcome_page(outcome: Outcome, display_name: str) -> str:
    """The page on which a person lands in the end."""
    name = _shown(display_name)
    account = ""
    if outcome.principal not in (None, LOCAL):
        account = f"It is connected to {_account(outcome.principal)}. "
    texts = [text.format(provider=name, account=account) for text in _TEXTS[outcome.result]]
    paragraphs = [f"<p>{text}</p>" for text in texts]
    if outcome.lacking:
        paragraphs.append(
            f"<h2>What you left out</h2>{_list(outcome.lacking)}<p>To add it, ask your assistant "
            f"to connect {name} once more, and leave every box ticked there.</p>"
        )
    title = _TITLES[outcome.result].format(provider=name)
    return framed(title, "".join(paragraphs), good=outcome.result is Result.CONNECTED)


def unavailable_page() -> str:
    """The page where this server, and not the person or the provider, is what failed."""
    return framed(
        "This server cannot do that now",
        "<p>It cannot use what it needs to connect anything. That is no fault of yours, and "
        "nothing was connected.</p><p>Wait a minute, then load this page again. If it says that "
        "the link cannot be used, ask your assistant for a new one. If it stays like this, tell "
        "whoever runs this server: 'pierre-mcp doctor' names the cause.</p>",
    )


def consent_page(
    descriptor: ProviderDescriptor,
    pending: PendingAuthorization,
    problem: KeyProblem | None = None,
) -> str:
    """The page that says what will be connected to whom, before anything happens.

    ``problem`` is why the key that was pasted on it was not taken.
    """
    name = _shown(descriptor.display_name)
    by_key = descriptor.api_key
    body = (
        f"{_told(problem, name)}"
        f"<p>{name} will be connected to {_account(pending.principal)}. If that is not you, close "
        "this page: someone else sent you this link.</p>"
        f"<h2>What your assistant can then read</h2>{_asked(descriptor, pending)}"
        "<p>It can only read: nothing there is changed.</p>"
        f"{_before_continuing(name) if by_key is None else _key_help(by_key)}"
        f"{_terms(descriptor)}"
        f'<form method="post">{"" if by_key is None else _key_field(name, by_key, problem)}'
        f'<button type="submit">{_button(descriptor, name)}</button></form>'
        f'<p class="quiet">This link works once, for {_MINUTES} minutes.</p>'
    )
    return framed(f"Connect {name}", body, alarm=problem is not None)


def _button(descriptor: ProviderDescriptor, name: str) -> str:
    return f"Connect {name}" if descriptor.api_key is not None else f"Continue to {name}"


def _before_continuing(name: str) -> str:
    return (
        f"<p>Next, {name} asks you what you want to allow, and sends you back here. You can still "
        "say no there.</p>"
    )


def _key_help(key: ApiKey) -> str:
    link = ""
    if key.url is not None and (host := urlsplit(key.url).hostname):
        link = (
            f'<p><a href="{escape(key.url)}" target="_blank" rel="noreferrer">Open '
            f"{_shown(host)} in a new tab</a></p>"
        )
    return f"<h2>Where to get your key</h2><p>{_shown(key.where, limit=500)}</p>{link}"


def _told(problem: KeyProblem | None, name: str) -> str:
    if problem is None:
        return ""
    text = problem.value.format(provider=name)
    return f'<p class="problem" id="problem" role="alert">{text}</p>'


def _terms(descriptor: ProviderDescriptor) -> str:
    """What the provider's terms say that a person should know before they connect."""
    told = terms_sentences(descriptor)
    if not told:
        return ""
    paragraphs = "".join(f"<p>{_shown(text, limit=500)}</p>" for text in told)
    return f"<h2>On what terms</h2>{paragraphs}"


def _key_field(name: str, by_key: ApiKey, problem: KeyProblem | None) -> str:
    marks = 'aria-describedby="hint"'
    if problem is not None:
        marks = 'aria-describedby="problem hint" aria-invalid="true"'
    return (
        '<label for="key">Your key</label>'
        '<input id="key" name="key" type="password" required autocomplete="off" '
        f'spellcheck="false" maxlength="4096" {marks}>'
        f'<p class="quiet" id="hint">It is kept encrypted on this server, sent to {name} alone, '
        "and never shown again. Do not paste it into a chat.</p>"
        f"{_lives(by_key.lives_days)}"
    )


def _lives(lives_days: tuple[int, ...]) -> str:
    """The choice of the life that the key was given there; none where it has none."""
    if not lives_days:
        return ""
    options = "".join(f'<option value="{days}">{days} days</option>' for days in lives_days)
    return (
        '<label for="lives_days">How long it is valid there</label>'
        f'<select id="lives_days" name="lives_days"><option value="">I do not know</option>'
        f"{options}</select>"
        '<p class="quiet">So that you are told a week before it ends.</p>'
    )


def _asked(descriptor: ProviderDescriptor, pending: PendingAuthorization) -> str:
    """What is asked for, in the words of the provider's declaration where it has some."""
    asked = tuple(
        need
        for need in descriptor.scope_needs
        if pending.requested_scopes & {need.scope, *need.alternatives}
    )
    if asked:
        return _list(asked)
    kinds = [words for kind, words in _KINDS_OF_DATA.items() if kind in descriptor.capabilities]
    return _items(kinds or ["your profile"])


def _list(needs: tuple[ScopeNeed, ...]) -> str:
    return _items([need.gives for need in needs])


def _items(texts: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{_shown(text)}</li>' for text in texts)}</ul>"


def _account(principal: Principal | None) -> str:
    if principal is None or principal == LOCAL:
        return "the assistant on this computer"
    # Set apart, so that a name that is written from right to left moves no word around it.
    return (
        f"the account <strong><bdi>{_shown(principal.user)}</bdi></strong> of "
        f"<bdi>{_shown(principal.tenant)}</bdi>"
    )


def _shown(text: str, *, limit: int = 200) -> str:
    return escape(clean_text(text, limit) or "(unnamed)")
