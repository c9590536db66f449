#!/usr/bin/env python3
"""Runs the scenarios of the JWT API against a server and compares the records. See ../README.md."""
import argparse
import fnmatch
import json
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import harness  # noqa: E402
import normalise  # noqa: E402
import scenarios  # noqa: E402

RECORDED = Path(__file__).resolve().parent / "recorded"


def run_one(sc, target, keep):
    ctx, t = None, time.time()
    out = {"name": sc.name, "hard": [], "soft": []}
    try:
        ctx = harness.Ctx(target, sc.settings, sc.seed, sc.clock)
        sc.fn(ctx)
        out["record"] = {"name": sc.name, "doc": sc.doc, "settings": sc.settings, "seed_users": sc.seed or [],
                         "steps": ctx.steps, "checks": ctx.checks}
    except harness.Skip as e:
        out["skip"] = str(e)
    except Exception as e:
        out["error"] = "".join(traceback.format_exception_only(type(e), e)).strip()
        out["trace"] = traceback.format_exc()[-1500:]
        if ctx:
            out["log"] = ctx.tail()
            out["record"] = {"name": sc.name, "steps": ctx.steps, "checks": ctx.checks}
    finally:
        if ctx:
            ctx.stop(keep)
    out["seconds"] = round(time.time() - t, 2)
    return out


def compare(out, expected):
    rec = json.loads(json.dumps(out["record"]))
    for cls, path, a, b in normalise.diff({"steps": expected["steps"], "checks": expected["checks"]},
                                          {"steps": rec["steps"], "checks": rec["checks"]}):
        out[cls].append({"at": path.lstrip("."), "expected": a, "got": b})


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--target", choices=["latchkey", "django"], default="latchkey")
    ap.add_argument("--record", action="store_true", help="replace the recorded answers (reference only)")
    ap.add_argument("--only", action="append", default=[])
    ap.add_argument("--prefix", default="/jwt-allauth")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--clock", choices=["faketime", "none"])
    ap.add_argument("--json", help="write the full result here")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--keep", action="store_true")
    a = ap.parse_args()
    if a.record and a.target != "django":
        sys.exit("only the reference is recorded: --target django")
    todo = [s for s in scenarios.ALL if not a.only or any(fnmatch.fnmatch(s.name, g) for g in a.only)]
    lost = {f.stem for f in RECORDED.glob("*.json")} - {s.name for s in scenarios.ALL}
    if lost:
        sys.exit("recorded, but not a scenario: " + ", ".join(sorted(lost)))
    if a.list:
        for s in todo:
            print(f"{s.name:45} {s.doc}")
        print(len(todo), "scenarios")
        return 0
    prefix = "/" + a.prefix.strip("/") if a.prefix.strip("/") else ""
    target = harness.Target(a.target, prefix, a.clock)
    results, t0 = [], time.time()
    with tempfile.TemporaryDirectory() as tmp:
        target.prepare(tmp)
        with ThreadPoolExecutor(a.jobs) as ex:
            for s, o in zip(todo, ex.map(lambda s: run_one(s, target, a.keep), todo)):
                g = RECORDED / (s.name + ".json")
                if a.record and "error" not in o and "skip" not in o:
                    g.write_text(json.dumps(o["record"], indent=1, sort_keys=False) + "\n")
                    o["verdict"] = "RECORDED"
                elif "skip" in o:
                    o["verdict"] = "SKIP"
                elif "error" in o:
                    o["verdict"] = "ERROR"
                elif not g.exists():
                    o["verdict"] = "UNKNOWN"
                else:
                    compare(o, json.loads(g.read_text()))
                    o["verdict"] = "FAIL" if o["hard"] else "PASS"
                results.append(o)
                line = f"{o['verdict']:8} {s.name:45} {o['seconds']:6.2f}s"
                if o["verdict"] in ("PASS", "FAIL"):
                    line += f"  hard={len(o['hard'])} soft={len(o['soft'])}"
                print(line, flush=True)
                for d in o["hard"][:6]:
                    print("    HARD", d["at"], "| expected", json.dumps(d["expected"])[:140], "| got",
                          json.dumps(d["got"])[:140])
                if "error" in o:
                    print("    ", o["error"], "\n", o.get("log", "")[-600:])
                    print(o.get("trace", ""))
    n = len(results)
    v = {k: sum(r["verdict"] == k for r in results) for k in ("PASS", "FAIL", "ERROR", "SKIP", "UNKNOWN", "RECORDED")}
    soft = sum(1 for r in results if r["verdict"] == "PASS" and not r["soft"])
    steps = sum(len(r.get("record", {}).get("steps", [])) for r in results)
    print(f"TOTAL {a.target}: {n} scenarios, {steps} steps, {v}, hard conformance "
          f"{100 * (v['PASS'] + v['RECORDED']) / max(1, n - v['SKIP']):.1f}% of those run, of which texts identical too: {soft}, "
          f"{time.time() - t0:.0f}s")
    if a.json:
        Path(a.json).write_text(json.dumps({"target": a.target, "counts": v, "results": [
            {k: x for k, x in r.items() if k != "record"} for r in results]}, indent=1))
    return 0 if v["PASS"] + v["RECORDED"] + v["SKIP"] == n else 1


if __name__ == "__main__":
    sys.exit(main())
