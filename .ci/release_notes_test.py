"""Tests of the release notes."""

import unittest

from release_notes import ROOT, notes

MANIFEST = '[workspace.package]\nversion = "1.2.3"\n'
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n- Later.\n\n## [1.2.3] - 2026-01-02\n\n### Added\n\n- A thing.\n\n## [1.2.2]\n\n- Old.\n"


class Notes(unittest.TestCase):
    def test_the_section_of_the_version_is_printed(self):
        self.assertEqual("### Added\n\n- A thing.", notes("v1.2.3", MANIFEST, CHANGELOG))

    def test_a_tag_of_another_version_is_refused(self):
        with self.assertRaisesRegex(ValueError, "v1.2.2, but the version in Cargo.toml is 1.2.3"):
            notes("v1.2.2", MANIFEST, CHANGELOG)

    def test_a_version_without_entries_is_refused(self):
        for changelog in ["# Changelog\n", "## [1.2.3]\n\n## [1.2.2]\n\n- Old.\n"]:
            with self.assertRaisesRegex(ValueError, "no entries"):
                notes("v1.2.3", MANIFEST, changelog)

    def test_the_version_is_found_in_the_manifest_of_the_repository(self):
        with self.assertRaisesRegex(ValueError, r"the version in Cargo.toml is \d+\.\d+\.\d+"):
            notes("none", (ROOT / "Cargo.toml").read_text(), "")


if __name__ == "__main__":
    unittest.main()
