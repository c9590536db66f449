"""Prints the scenarios that agree, for `.ci/conformance.txt`.

    run.py --target rust --json transcripts.json; conformance_list.py SUITE transcripts.json > .ci/conformance.txt
"""
import json
import sys
from pathlib import Path

suite, transcripts = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
sys.path.insert(0, str(suite))
sys.dont_write_bytecode = True
import run  # noqa: E402

goldens = run.load_goldens(suite / "golden")
print("# Scenarios of the conformance suite that agree, and must go on agreeing. Made by conformance_list.py.")
for name, got in sorted(json.loads(transcripts.read_text()).items()):
    agree, total, problems, _ = run.compare(goldens[name], got) if name in goldens else (0, 1, [name], None)
    if agree == total and not problems and not got["error"]:
        print(name)
