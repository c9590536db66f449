"""Compares the responses that tests have seen with the described responses.

    contract.py SEEN

`CONTRACT_SEEN` names the file SEEN while the tests run. Each line of it is an operation and a status, or a fault: a response that
differs from the description. Fails if there is a fault, or if a response is described and no test has seen it.
"""

import json
import sys
from collections import Counter
from pathlib import Path

DESCRIPTION = Path(__file__).parent.parent / "functions/config/src/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


def described(description: dict) -> dict[str, str]:
    """Returns the operations and statuses of a description, with the API of each."""
    return {
        f"{item[method]['operationId']} {status}": item["x-latchkey-api"]
        for item in description["paths"].values()
        for method in METHODS
        if method in item
        for status in item[method]["responses"]
    }


def compare(known: dict[str, str], lines: set[str]) -> list[str]:
    """Returns the differences, one line each."""
    faults = {line for line in lines if line.startswith("fault: ")}
    # A status that is not described is a fault, with a line of its own.
    return sorted(f"not seen: {response}" for response in known.keys() - lines) + sorted(faults)


def main(seen: str) -> int:
    lines = set(Path(seen).read_text().splitlines())
    known = described(json.loads(DESCRIPTION.read_text()))
    problems = compare(known, lines)
    print(*problems, sep="\n")
    total, found = Counter(known.values()), Counter(api for response, api in known.items() if response in lines)
    for api in sorted(total):
        print(f"contract: {api}: {found[api]} of {total[api]} responses seen")
    print(f"contract: {found.total()} of {total.total()} responses seen, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
