"""``pierre-mcp new-provider NAME``: a package for a provider, that passes its own tests at once.

The skeleton lies in ``provider-skeleton`` beside this file and is a whole package under names that
occur nowhere else; here those names are replaced, in files and in their paths.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.registry import RESERVED_NAMES, ProviderRegistry
from pierre_mcp.settings import environment_name, load_settings

_SKELETON = Path(__file__).with_name("provider-skeleton")
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProvider:
    """What was written, and what to do next."""

    folder: Path
    files: tuple[str, ...]
    next_steps: str


def new_provider(name: str, folder: Path | None, today: Callable[[], date]) -> NewProvider:
    """Write the package below ``folder`` (by default one of its name, here).

    Raises ``ConfigurationError`` for a name that cannot be one, or a folder that is not empty.
    """
    if not _NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise ConfigurationError(
            f"'{name}' cannot be a provider's name: small letters, digits, - and _ make one, and "
            "a letter comes first."
        )
    if ProviderRegistry(load_settings()).is_supported(name):
        raise ConfigurationError(f"There is a provider '{name}' already. Choose another name.")
    package = name.replace("-", "_")
    target = folder or Path(f"{name}-provider")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigurationError(f"{target} is there already and is not empty.")
    day = today()
    replaced = {
        "skeleton_package": package,
        "skeleton-name": name,
        "SKELETON_ENV": environment_name(name),
        "Skeleton Title": re.sub(r"[-_]+", " ", name).title(),
        "SkeletonProvider": f"{_camel(package)}Provider",
        "date(2000, 1, 1)": f"date({day.year}, {day.month}, {day.day})",
    }
    written = []
    for source in sorted(path for path in _SKELETON.rglob("*") if path.is_file()):
        if source.suffix not in {".py", ".toml", ".md"}:
            continue
        path = _replace(source.relative_to(_SKELETON).as_posix(), replaced)
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_replace(source.read_text(encoding="utf-8"), replaced), encoding="utf-8")
        written.append(path)
    steps = f"cd {target} && pip install --editable '.[test]' && pytest"
    return NewProvider(folder=target, files=tuple(written), next_steps=steps)


def _camel(package: str) -> str:
    return "".join(part.capitalize() for part in package.split("_"))


def _replace(text: str, replaced: dict[str, str]) -> str:
    for word, other in replaced.items():
        text = text.replace(word, other)
    return text
