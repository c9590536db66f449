#!/usr/bin/env python3
"""Prints the changelog's section about a release.

Usage: release_notes.py v1.2.3

Fails if the tag is not the version in Cargo.toml, or if the changelog has no entries for it.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def notes(tag, manifest, changelog):
    """Returns the changelog's section for a tag, without its heading.

    Raises ValueError with the mistake that must be corrected before the release.
    """
    version = re.search(r'^\[workspace\.package\]\nversion = "([^"]+)"', manifest, re.MULTILINE).group(1)
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, but the version in Cargo.toml is {version}")
    section = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    text = section.group(1).strip() if section else ""
    if not text:
        raise ValueError(f"CHANGELOG.md has no entries under [{version}]")
    return text


if __name__ == "__main__":
    try:
        print(notes(sys.argv[1], (ROOT / "Cargo.toml").read_text(), (ROOT / "CHANGELOG.md").read_text()))
    except ValueError as error:
        sys.exit(f"release_notes: {error}")
