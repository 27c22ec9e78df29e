"""Where providers keep what they derive of a person, and that it goes when the person does.

Each provider has a folder below the server's home. What is the operator's alone lies in it as it
is; everybody who connects has a folder of their own in there.
"""

import hashlib
import shutil
from pathlib import Path, PurePath

from pierre_mcp.errors import StoreError
from pierre_mcp.principal import LOCAL, Principal

_PEOPLE = "people"


def own_folder(data_dir: str, principal: Principal) -> str:
    """The person's part of a provider's folder."""
    return str(PurePath(data_dir, _PEOPLE, _name(principal)))


def remove_own(home: Path, principal: Principal, provider: str | None = None) -> None:
    """Remove the person's part of a provider's folder, or of all; raises ``StoreError``.

    All of the local person's is also what was derived from data that nobody has to connect.
    """
    folders = home / "providers"
    try:
        for folder in folders.iterdir() if provider is None else [folders / provider]:
            _remove(folder / _PEOPLE / _name(principal))
            if provider is None and principal == LOCAL:
                for derived in folder.iterdir():
                    if derived.name != _PEOPLE:
                        _remove(derived)
    except FileNotFoundError:
        return  # nobody ever kept anything
    except OSError as failure:
        raise StoreError(
            f"What a provider kept of the person in its folder could not be removed: "
            f"{failure.strerror}. Make the folder writable and do it again."
        ) from failure


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _name(principal: Principal) -> str:
    # Hashed, because a person's name may hold what no path may.
    return hashlib.sha256(principal.key.encode()).hexdigest()[:32]
