import json
import re
from pathlib import Path

HERE = Path(__file__).parent / "conformance"


def test_every_package_is_pinned_to_one_version():
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version) for version in wanted.values())


def test_the_lock_agrees_with_the_wanted_versions():
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_lock_holds_checksums_and_no_address_to_fetch_from():
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    packages = [package for place, package in lock.items() if place]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert not any("resolved" in package for package in packages)
