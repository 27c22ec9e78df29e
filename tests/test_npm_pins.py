import json
import re
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent
every_folder = pytest.mark.parametrize("folder", ["browser", "conformance"])


def wanted(folder: str) -> dict[str, str]:
    package = json.loads((TESTS / folder / "package.json").read_text(encoding="utf-8"))
    return dict(package["dependencies"])


def lock(folder: str) -> dict[str, Any]:
    locked = json.loads((TESTS / folder / "package-lock.json").read_text(encoding="utf-8"))
    return dict(locked["packages"])


@every_folder
def test_every_package_is_pinned_to_one_version(folder: str):
    versions = wanted(folder).values()
    assert versions
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version) for version in versions)


@every_folder
def test_the_lock_agrees_with_the_wanted_versions(folder: str):
    locked = lock(folder)
    names = wanted(folder)
    assert {name: locked[f"node_modules/{name}"]["version"] for name in names} == names


@every_folder
def test_the_lock_holds_checksums_and_no_address_to_fetch_from(folder: str):
    packages = [package for place, package in lock(folder).items() if place]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
