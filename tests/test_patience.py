"""How patiently providers are asked, by pierre.toml, and that a fault in it stops the start."""

from dataclasses import replace
from pathlib import Path

import pytest
from connected import HARBOUR

from pierre_mcp.errors import ConfigurationError
from pierre_mcp.settings import load_settings
from pierre_mcp.spi import RetryConfig


def written(folder: Path, text: str) -> dict[str, str]:
    file = folder / "pierre.toml"
    file.write_text(text, encoding="utf-8")
    return {"PIERRE_CONFIG": str(file)}


def test_what_the_file_says_counts_over_the_descriptor(tmp_path: Path):
    environ = written(
        tmp_path,
        """
[providers.harbour]
max_retries = 1
base_delay_ms = 250
max_delay_ms = 1000.5
jitter_factor = 0
timeout_secs = 5
circuit_breaker_threshold = 7
""",
    )
    config = load_settings(environ).provider_config(HARBOUR)
    assert config.retry == RetryConfig(
        max_retries=1,
        base_delay_ms=250,
        max_delay_ms=1000.5,
        jitter_factor=0,
        timeout_secs=5,
        circuit_breaker_threshold=7,
    )


def test_without_a_word_the_descriptor_decides(tmp_path: Path):
    patient = RetryConfig(max_retries=9)
    descriptor = replace(HARBOUR, retry=patient)
    config = load_settings({"PIERRE_HOME": str(tmp_path)}).provider_config(descriptor)
    assert config.retry == patient
    assert RetryConfig() == RetryConfig(
        max_retries=3, base_delay_ms=100, max_delay_ms=5000, jitter_factor=0.1, timeout_secs=30,
        circuit_breaker_threshold=5, circuit_breaker_reset_secs=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("max_retries = -1", "must be a whole number from 0 to 10."),
        ("max_retries = 1.5", "must be a whole number from 0 to 10."),
        ("max_retries = true", "must be a whole number from 0 to 10."),
        ('timeout_secs = "30"', "must be a number from 1 to 600."),
        ("timeout_secs = nan", "must be a number from 1 to 600."),
        ("base_delay_ms = inf", "must be a number from 1 to 60000."),
        ("jitter_factor = 1.1", "must be a number from 0 to 1."),
        ("circuit_breaker_threshold = 0", "must be a whole number from 1 to 1000."),
        ("circuit_breaker_reset_secs = [60]", "must be a number from 1 to 86400."),
    ],
)
def test_a_value_that_cannot_be_meant_stops_the_start_and_names_its_line(
    tmp_path: Path, line: str, problem: str
):
    text = f'[providers.quay]\nmax_retries = 2\n\n[providers."harbour"]\n# patience\n{line}\n'
    with pytest.raises(ConfigurationError) as raised:
        load_settings(written(tmp_path, text))
    name = line.split(" ", maxsplit=1)[0]
    assert raised.value.message == (f"pierre.toml, line 6: [providers.harbour] {name} {problem}")


def test_a_fault_that_is_written_another_way_is_told_without_its_line(tmp_path: Path):
    with pytest.raises(
        ConfigurationError, match=r"^pierre.toml: \[providers.harbour\] max_retries"
    ):
        load_settings(written(tmp_path, "providers = {harbour = {max_retries = 99}}\n"))
