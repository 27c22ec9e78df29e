"""Steps of the run: each says what it does and how it went; a failed one stops no other.

It knows how to run a command to its end and nothing about what is run.
"""

import subprocess
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

SHOWN_LINES = 60
LONGEST_COMMAND_SECONDS = 600


class StepFailed(Exception):
    """A step did not hold; the message says why, for a person."""


class Steps:
    """The steps so far, numbered, with the titles of those that failed."""

    def __init__(self) -> None:
        self.count = 0
        self.failed: list[str] = []

    def run(self, title: str, work: Callable[[], str]) -> bool:
        """Do the work and say how it went; false when it failed."""
        self.count += 1
        say(f"\n{self.count}. {title}")
        started = time.monotonic()
        try:
            outcome = work()
        except Exception as failure:  # noqa: BLE001 - whatever it is, the next step is run
            self.failed.append(title)
            for reason in _reasons(failure):
                say(f"   FAILED: {reason}")
            return False
        say(f"   ok: {outcome} ({time.monotonic() - started:.1f} s)")
        return True

    def conclude(self) -> int:
        """Say how it went as a whole; the exit code."""
        passed = self.count - len(self.failed)
        say(f"\nconformance: {passed} of {self.count} steps held.")
        for title in self.failed:
            say(f"   failed: {title}")
        return 1 if self.failed else 0


def say(line: str) -> None:
    """Show a person one line, at once."""
    print(line, flush=True)  # noqa: T201 - this is what the person watches


def expect(holds: object, otherwise: str) -> None:
    """Fail the step with that sentence unless the claim holds."""
    if not holds:
        raise StepFailed(otherwise)


def _reasons(failure: BaseException) -> list[str]:
    """Why a step failed: its own sentences, and of anything unexpected where it happened."""
    if isinstance(failure, BaseExceptionGroup):
        return [reason for cause in failure.exceptions for reason in _reasons(cause)]
    notes = getattr(failure, "__notes__", [])
    if isinstance(failure, StepFailed):
        return ["\n".join([str(failure), *notes])]
    return ["".join(traceback.format_exception(failure))]


def run_command(
    command: list[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    seconds: float = LONGEST_COMMAND_SECONDS,
) -> str:
    """What the command wrote on stdout; the step fails with its last lines if the command does."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(  # noqa: S603 - Node and the clients that this run installed
            words, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors="replace", timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise StepFailed(f"{words[0]} did not end within {seconds:g} s") from None
    if done.returncode:
        last = (done.stdout + done.stderr).splitlines()[-SHOWN_LINES:]
        raise StepFailed("\n     ".join([f"exit code {done.returncode}: {' '.join(words)}", *last]))
    return done.stdout
