"""Compares the responses that tests have seen with the described responses.

    contract.py SEEN

`CONTRACT_SEEN` names the file SEEN while tests run. Each line of it is an operation and a status, or a fault.
Prints the described responses that were not seen, and fails if there are faults.
"""

import json
import sys
from pathlib import Path

DESCRIPTION = Path(__file__).parent.parent / "functions/config/src/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete")


def described(description: dict) -> set[str]:
    """Returns the operations and statuses of a description."""
    operations = (item[method] for item in description["paths"].values() for method in METHODS if method in item)
    return {f"{operation['operationId']} {status}" for operation in operations for status in operation["responses"]}


def main(seen: str) -> int:
    lines = set(Path(seen).read_text().splitlines())
    faults = sorted(line for line in lines if line.startswith("fault: "))
    known = described(json.loads(DESCRIPTION.read_text()))
    unseen = sorted(known - lines)
    print("\n".join(unseen))
    print(*faults, sep="\n")
    print(f"contract: {len(known) - len(unseen)} of {len(known)} responses seen, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
