"""What docs/threats.md says is held has a test of that name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_threat_has_tests_that_exist() -> None:
    text = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 12
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
