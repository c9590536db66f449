"""Tests of the prose linter: `python3 .ci/prose_test.py`."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import prose


def found(name, source):
    """The line and rule of each finding in a file of this name."""
    return [(line, rule.name) for line, rule, _ in prose.findings(Path(name), source)]


class Rules(unittest.TestCase):
    def test_each_rule_finds_its_bad_sentence_and_leaves_its_good_one(self):
        for rule in prose.RULES:
            with self.subTest(rule.name):
                self.assertIn((1, rule.name), found("a.md", rule.bad))
                self.assertEqual([], found("a.md", rule.good))

    def test_rule_names_are_unique(self):
        names = [rule.name for rule in prose.RULES]
        self.assertEqual(len(names), len(set(names)))

    def test_sentences_of_the_second_half_of_a_paragraph_are_checked(self):
        self.assertEqual([(1, "what-subject")], found("a.md", "This is fine. What fails is tried again."))


class Markdown(unittest.TestCase):
    def test_a_phrase_is_found_across_a_line_break_at_its_first_line(self):
        self.assertEqual([(2, "is-no")], found("a.md", "Text.\nThe document is\nno JSON."))

    def test_code_is_skipped(self):
        self.assertEqual([], found("a.md", "```sh\nthis is no text\n```\n"))
        self.assertEqual([], found("a.md", "Text:\n\n    this is no text\n\nText.\n"))
        self.assertEqual([], found("a.md", "The value `is no` text."))
        self.assertEqual([(5, "is-no")], found("a.md", "```\ncode\n```\n\nThis is no code.\n"))

    def test_link_targets_are_skipped_and_link_texts_are_not(self):
        self.assertEqual([], found("a.md", "See [the page](whoever.md)."))
        self.assertEqual([(1, "whoever")], found("a.md", "See [whoever reads](page.md)."))

    def test_cells_items_and_emphasis_are_read(self):
        self.assertEqual([(3, "is-no")], found("a.md", "| a | b |\n|---|---|\n| x | it is no y |\n"))
        self.assertEqual([(1, "is-no"), (2, "gone")], found("a.md", "- it is no y\n- it is gone\n"))
        self.assertEqual([(1, "is-no")], found("a.md", "It **is no** y."))
        self.assertEqual([(1, "is-no")], found("a.md", "It *is* no y."))

    def test_headings_may_start_with_a_question_word(self):
        self.assertEqual([], found("a.md", "# What it costs per month"))
        self.assertEqual([(1, "whoever")], found("a.md", "# Whoever calls"))


class Rust(unittest.TestCase):
    def test_doc_comments_are_read_and_code_is_not(self):
        source = '//! This is no crate.\n\n/// This is\n/// no item.\nfn f() { let text = "it is no text"; } // is no comment\n'
        self.assertEqual([(1, "is-no"), (3, "is-no")], found("a.rs", source))

    def test_comments_of_different_items_are_not_joined(self):
        self.assertEqual([], found("a.rs", "/// The first is\nfn f() {}\n/// no second\nfn g() {}\n"))

    def test_examples_are_skipped(self):
        self.assertEqual([], found("a.rs", "/// Text.\n///\n/// ```\n/// // this is no text\n/// ```\nfn f() {}\n"))


class Command(unittest.TestCase):
    def run_on(self, text, *options):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as printed:
            path = Path(folder) / "page.md"
            path.write_text(text, encoding="utf-8")
            return prose.main([*options, str(path)]), printed.getvalue()

    def test_findings_fail_and_name_file_line_and_rule(self):
        status, printed = self.run_on("Text.\n\nIt is no y.\n")
        self.assertEqual(1, status)
        self.assertIn("page.md:3: is-no:", printed)

    def test_plain_text_passes(self):
        self.assertEqual((0, "prose: 0 findings, in no file\n"), self.run_on("It is not a y.\n"))

    def test_a_path_may_be_a_folder_and_is_read_once(self):
        folder = prose.ROOT / "docs" / "decisions"
        names = [path.name for path in prose.files_at([folder, folder / "3-generations.md"])]
        self.assertEqual(1, names.count("3-generations.md"))
        self.assertNotIn("README.md", names)
        self.assertGreater(len(names), 5)

    def test_a_path_that_does_not_exist_is_an_error(self):
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            self.assertEqual(2, prose.main(["no-such-folder"]))
        self.assertIn("no-such-folder", printed.getvalue())

    def test_counting_prints_each_rule(self):
        status, printed = self.run_on("It is no y. It is no z.\n", "--count")
        self.assertEqual(1, status)
        self.assertRegex(printed, r"is-no +2\n")

    def test_the_repository_has_files_to_read(self):
        names = {path.name for path in prose.files()}
        self.assertLessEqual({"README.md", "architecture.md", "lib.rs"}, names)


if __name__ == "__main__":
    unittest.main()
