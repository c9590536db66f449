#!/usr/bin/env python3
"""Prose linter: fails on turns of phrase that make the documentation hard to read.

Usage: prose.py [--count] [PATH...]

Reads the Markdown files and the Rust files at these paths. A folder stands for all such files below it that Git does not
ignore. Without a path it reads the whole repository. The text of Markdown is checked, and the doc comments of Rust. Code
blocks, inline code and link targets are skipped. `--count` prints the number of findings per rule instead of the
findings. Exits with 1 if there are findings, and with 2 if a path does not exist.
"""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The texts of licenses are fixed.
SKIPPED = ("LICENSE", "node_modules/", "target/")
INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# The start of a sentence: the start of the text, or the position after a full stop or a colon.
START = r"(?:^|(?<=[.:;!?] ))"
# The rest of a sentence that is not a question.
STATEMENT = r"(?=[^.?!]*(?:[.:;!](?:\s|$)|$))"


@dataclass(frozen=True)
class Rule:
    """A phrase to avoid, the advice for it, and a sentence of each kind for the linter's own test."""

    name: str
    pattern: str
    advice: str
    bad: str
    good: str
    flags: int = re.IGNORECASE
    headings: bool = True


RULES = [
    Rule(
        "is-no",
        r"(?<!\bthere )(?<!\bthat )\b(?:is|are|was|were|be|been) no\b(?! (?:longer|more|less|later|fewer|greater|larger)\b)",
        'write "is not a ..."',
        "The document is no JSON.",
        "There is no such document, and it is no longer read.",
    ),
    Rule(
        "nobody",
        r"\b(?:of|for|to|by|is|names|tells|lets|logs|reaches) nobody\b|\bnobody who\b|\bnobody's\b",
        'name the thing: "anonymous", "no account", "the request is refused"',
        "A session of nobody is kept.",
        "The service costs little while nobody uses it.",
    ),
    Rule(
        "whose",
        r"\bwhat is whose\b|\bwhose (?:it|they|this|that) (?:is|are|was|were)\b|\bwhose(?=[.,;:])|\bsays whose\b",
        "name the owner",
        "The key tells whose it is.",
        "A session whose user was deleted is refused.",
    ),
    Rule(
        "who-subject",
        START + r"Who\b(?! (?:is|are|can|may|should) (?:this|it|responsible)\b)" + STATEMENT,
        'start with the person or thing: "A client that sends ..."',
        "Who brings a deprecated setting is told what to use.",
        "Who calls this? A client that knows the key.",
        flags=0,
        headings=False,
    ),
    Rule(
        "what-subject",
        START + r"What\b(?! it (?:does|is)\b)" + STATEMENT,
        "start with what the item is or does",
        "What fails for now is tried again.",
        "What does it cost? The table explains what each request does.",
        flags=0,
        headings=False,
    ),
    Rule(
        "whoever",
        r"\b(?:whoever|whomever|whosoever)\b|" + START + r"(?:Whatever|Whichever)\b",
        'write "anyone who", "a client that", "any"',
        "Whoever may read the configuration can read the key.",
        "Anyone with permission to read the configuration can read the key.",
    ),
    Rule(
        "none-where",
        r"\b(?:none|nothing|empty|false|true|zero|null) where\b",
        'write "`None` if ..."',
        "Reads an event; none where it has no body.",
        "Returns `None` if the event has no body.",
    ),
    Rule(
        "where-for-if",
        START + r"Where (?!to\b)[^.?!]*,",
        'write "if" or "when", or start with what the item is',
        "Where a login has to stop, the API decides.",
        "If a login stops, the API decides where it continues.",
        flags=0,
        headings=False,
    ),
    Rule(
        "is-over",
        r"\b(?:is|are|was|were|be|been|being) over\b(?! (?:a|an|the|its|\d|HTTP|TLS)\b)",
        'write "has expired" or "has ended"',
        "A session that was over is told once.",
        "The request is over the limit.",
    ),
    Rule(
        "gone",
        r"\b(?:is|are|was|were|be) gone\b",
        'write "is deleted", "no longer exists"',
        "What was read before is gone.",
        "The link has gone to the mailbox.",
    ),
    Rule(
        "believes",
        r"\bbeliev(?:e|es|ed|ing)\b",
        'write "accepts" or "trusts", and say what is accepted',
        "It believes everybody.",
        "It accepts every header.",
    ),
    Rule(
        "good",
        r"\b(?:no|not|is|are|was|were) good\b|\bgood (?:until|for nothing|now)\b",
        'write "valid" or "invalid"',
        "A token that is no good is refused.",
        "This is a good place to start.",
    ),
    Rule(
        "worth-nothing",
        r"\bworth (?:nothing|something)\b|\bgood for nothing\b",
        'write "is invalid" or "is valid"',
        "After that the token is worth nothing.",
        "It is worth a note.",
    ),
    Rule(
        "told",
        r"\b(?:is|are|was|were|be|been) told\b|\btells? (?:no|any|every)(?:body|one)\b",
        "say who reports what to whom",
        "A session that ended is told once as ended.",
        "The first request with an expired session gets 410.",
    ),
    Rule(
        "somewhere",
        r"\b(?:leads?|goes|stands?|comes?) (?:somewhere|nowhere)\b|\bin the way of\b",
        "say where",
        "The link is followed while that leads somewhere.",
        "The link is followed if the page exists.",
    ),
    Rule(
        "someone",
        r"\b(?:becoming|being|stands? for|stood for) (?:some|any|no)(?:one|body)\b|\bone's own\b|\bof one's\b",
        'write "user" or "account"',
        "The functions for becoming someone.",
        "The functions for signing up.",
    ),
    Rule(
        "but-for",
        r"\bbut for\b|\bsave for\b",
        'write "except"',
        "All of them, but for a short list.",
        "All of them, except for a short list.",
    ),
    Rule(
        "besides",
        r"\bbesides[.,;)]",
        'write "also"',
        "It needs Python 3 besides.",
        "It also needs Python 3.",
    ),
    Rule(
        "of-ours",
        r"\bof (?:ours|theirs)\b|\bours to\b|\((?:ours)\)|\b(?:is|are) ours\b",
        "name the owner",
        "An error of ours has a code.",
        "Each error of Latchkey has a code.",
    ),
    Rule(
        "may-what",
        r"\b(?:who|what) may (?:do )?what\b|\bthose who may\b|\bnobody who may\b",
        'name the permission: "clients with permission to ..."',
        "It says who may what.",
        "It lists the permissions of each role.",
    ),
    Rule(
        "somebody",
        r"\b(?:somebody|anybody|everybody)\b",
        'name the person: "the user", "a client", "an attacker", "every caller"',
        "A code that somebody types has dashes.",
        "A code that a user types has dashes.",
    ),
    Rule(
        "way-in",
        r"\bways? in(?:to (?:the|an|its|their) account)?\b(?! (?:which|the|a|an|this|that)\b)",
        'write "login method" or "credential"',
        "An account keeps one way in.",
        "The way in which it fails is documented.",
    ),
    Rule(
        "is-in",
        r"\b(?:who|user|person|people|caller|they|login) (?:is|are|was|were|gets?) in(?=[.,;:)]| (?:already|may|can|has|have)\b)|"
        r"\blet(?:s|ting)? (?:nobody|people|them|users|strangers|callers) in\b",
        'write "is logged in" or "the request is accepted"',
        "A user who is in may log out.",
        "The folder that the file is in. A user who is in the list.",
    ),
    Rule(
        "word-of",
        r"\b(?:by|at) (?:the|its|their|his|her) word\b|\b(?:provider|client|caller)(?:'s|s') word\b",
        'write "through an identity provider", "as the provider reports"',
        "People log in by the word of a provider.",
        "The word of the day is in the list.",
    ),
    Rule(
        "for-good",
        r"\bfor good\b(?! (?:reasons?|measure|luck)\b)",
        'write "permanently"',
        "SES refuses the message for good.",
        "It is there for good reasons.",
    ),
    Rule(
        "so-many",
        r"\bso (?:many|much|long|often) (?:seconds|minutes|hours|days|bits|bytes|times|requests|items|attempts)\b",
        'write "this number of ..." or name the number',
        "The clock moves by so many seconds.",
        "It has as many bits as the key, so that many keys fit.",
    ),
    Rule(
        "wanted",
        r"\b(?:is|are) wanted\b|\bwanted (?:is|are)\b",
        'write "must be"',
        "A private key is wanted.",
        "The page is the one that the user wanted.",
    ),
    Rule(
        "lies",
        r"\b(?:lies|lie|lay) (?:in|at|on|under|beside|below|before|behind|without|where)\b",
        'write "is" or "is stored"',
        "The key lies in the table.",
        "The key is stored in the table.",
    ),
    Rule(
        "travels",
        r"\btravel(?:s|ed|led|ing|ling)?\b",
        'write "is sent"',
        "The token travels in a header.",
        "The token is sent in a header.",
    ),
    Rule(
        "that-subject",
        START + r"That (?:this|the|a|an|no|it|they|people|every|each|somebody|nobody)\b",
        'start with the item or with "Records that", "Checks that"',
        "That a key exists once is the table's promise.",
        "That page exists.",
        flags=0,
        headings=False,
    ),
    Rule(
        "participle-first",
        START + r"(?:Known|Told|Kept|Left|Shown|Found|Given|Counted|Wanted|Allowed|Needed) (?:is|are|was|were)\b",
        "start with the subject",
        "Known are Google and GitHub.",
        "Google and GitHub are supported.",
        flags=0,
        headings=False,
    ),
    Rule(
        "all-the-same",
        r"\ball the same\b(?=[.,;:])",
        'write "still" or "anyway"',
        "The password is checked all the same.",
        "All the same files are read.",
    ),
    Rule(
        "archaic",
        r"\b(?:hereby|herein|thereof|therein|thereby|thereto|thereafter|whence|whereof|wherein|whereby|lest|albeit|ere|"
        r"needs must|anew|afresh|for ever|at birth|nought|naught|oneself|one another's|henceforth|forthwith|likewise|as yet|"
        r"till|works? no more|no more than that)\b",
        "use a word of today",
        "The session is read anew.",
        "The session is read again.",
    ),
]


@dataclass(frozen=True)
class Text:
    """A paragraph, a list item, a table cell or a heading, and the line of each of its characters."""

    text: str
    lines: tuple
    heading: bool = False


def blocks(numbered):
    """Splits numbered Markdown lines into texts, without code."""
    fence, paragraph, heading, after_blank, in_list = None, [], False, True, False

    def flush():
        nonlocal paragraph, heading
        found = text_of(paragraph, heading)
        paragraph, heading = [], False
        return [found] if found else []

    for number, line in numbered:
        stripped = line.strip()
        if fence:
            if stripped.startswith(fence):
                fence = None
            continue
        opening = re.match(r"(`{3,}|~{3,})", stripped)
        if opening:
            yield from flush()
            fence = opening.group(1)
        elif not stripped or stripped.startswith("<!--"):
            yield from flush()
            after_blank = True
            continue
        elif re.match(r"( {4,}|\t)", line) and after_blank and not in_list:
            # An indented code block goes on until a line that is indented less.
            continue
        elif stripped.startswith("|"):
            yield from flush()
            for cell in re.split(r"(?<!\\)\|", stripped):
                yield from [found for found in [text_of([(number, cell)], False)] if found]
        elif stripped.startswith("#"):
            yield from flush()
            paragraph, heading = [(number, stripped.lstrip("#"))], True
            yield from flush()
        else:
            item = re.match(r"\s*([-*+]|\d+[.)])\s+", line)
            if item:
                yield from flush()
                line = line[item.end():]
            in_list = bool(item) or (in_list and line.startswith(" "))
            paragraph.append((number, line))
        after_blank = False
    yield from flush()


def text_of(paragraph, heading):
    """Joins lines into one text with single spaces, without code and link targets. Returns `None` if nothing is left."""
    joined, lines = "", []
    for number, line in paragraph:
        line = line.strip() + " "
        joined += line
        lines += [number] * len(line)
    for pattern, keep in [(INLINE_CODE, lambda found: "CODE"), (LINK, lambda found: found.group(1))]:
        at = 0
        text, kept = "", []
        for found in pattern.finditer(joined):
            new = keep(found)
            text += joined[at : found.start()] + new
            kept += lines[at : found.start()] + [lines[found.start()]] * len(new)
            at = found.end()
        joined, lines = text + joined[at:], kept + lines[at:]
    joined = re.sub(r"[*_]{2}|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)", lambda found: "\0" * len(found.group()), joined)
    pairs = [(letter, line) for letter, line in zip(joined, lines) if letter != "\0"]
    text = "".join(letter for letter, _ in pairs).rstrip()
    return Text(text, tuple(line for _, line in pairs), heading) if text.strip() else None


def doc_comments(source):
    """Returns the numbered lines of a Rust file's doc comments. Other lines are blank, so they end a paragraph."""
    for number, line in enumerate(source.splitlines(), 1):
        found = re.match(r"\s*//[/!](?!/) ?(.*)", line)
        yield number, found.group(1) if found else ""


def findings(path, source):
    """Yields (line, rule, words) for each phrase to avoid in a file."""
    numbered = doc_comments(source) if path.suffix == ".rs" else enumerate(source.splitlines(), 1)
    for text in blocks(numbered):
        for rule in RULES:
            if text.heading and not rule.headings:
                continue
            for found in re.finditer(rule.pattern, text.text, rule.flags):
                words = text.text[max(found.start() - 20, 0) : found.start() + 50].strip()
                yield text.lines[found.start()], rule, words


def files(folder=ROOT):
    """Returns the Markdown and Rust files below a folder, including those that are not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md", "*.rs"],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout.split("\0")
    for name in sorted(set(filter(None, listed))):
        if not any(skipped in name for skipped in SKIPPED) and (folder / name).is_file():
            yield folder / name


def files_at(paths):
    """Returns the files at these paths, each once. A folder stands for its files."""
    found = {}
    for path in paths:
        found.update(dict.fromkeys(files(path.resolve()) if path.is_dir() else [path.resolve()]))
    return list(found)


def main(arguments):
    count = "--count" in arguments
    paths = [Path(argument) for argument in arguments if argument != "--count"]
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        print(f"prose: there is no {', no '.join(missing)}", file=sys.stderr)
        return 2
    by_rule, by_kind = Counter(), Counter()
    for path in files_at(paths or [ROOT]):
        for line, rule, words in findings(path, path.read_text(encoding="utf-8")):
            by_rule[rule.name] += 1
            by_kind["doc comments" if path.suffix == ".rs" else "Markdown"] += 1
            if not count:
                shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
                print(f"{shown}:{line}: {rule.name}: \"{words}\": {rule.advice}")
    if count:
        for rule in RULES:
            print(f"{rule.name:16} {by_rule[rule.name]:5}")
    kinds = ", ".join(f"{found} in {kind}" for kind, found in sorted(by_kind.items())) or "in no file"
    print(f"prose: {sum(by_rule.values())} findings, {kinds}")
    return 1 if by_rule else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
