#!/usr/bin/env python3
"""Runs the scenarios against a server and compares the transcripts with the recorded ones. See ../README.md."""
from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import threading
import time
import traceback
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import core  # noqa: E402
import profiles  # noqa: E402
import targets  # noqa: E402
from fake_oidc import FakeOIDC  # noqa: E402

RECORDED = HERE / "recorded"
# The suite does not compare its own requests, because they contain keys, codes and tokens.
HARD_IGNORE = {"client", "body", "form", "raw", "headers", "content_type_sent"}
_print = threading.Lock()


def say(*a):
    with _print:
        print(*a, file=sys.stderr, flush=True)


def run_one(sc, target, oidc) -> dict:
    ctx = core.Context(sc, target, oidc)
    error = None
    try:
        sc.fn(ctx, ctx.client())
    except core.ScenarioFailed as e:
        error = f"stopped: {e}"
    except Exception as e:  # an error of one target must not stop the whole run
        where = traceback.extract_tb(e.__traceback__)
        line = next((f"{Path(f.filename).name}:{f.lineno}" for f in reversed(where) if "scenarios" in f.filename), "?")
        error = f"crashed: {type(e).__name__}: {e} at {line}"
    return {
        "profile": sc.profile, "client": sc.kind, "error": error, "steps": ctx.steps, "soft": ctx.soft,
    }


def run_profile(name, scs, target_name, results, dead):
    oidc = FakeOIDC()
    target = targets.make(target_name)
    t0 = time.time()
    try:
        target.start(profiles.settings(name, oidc.url), profiles.probe(name))
    except Exception as e:
        for sc in scs:
            results[sc.name] = {
                "profile": name, "client": sc.kind, "error": f"target did not start: {e}"[:600],
                "steps": [], "soft": [],
            }
        dead.append(name)
        say(f"! profile {name}: target did not start: {str(e)[-400:]}")
        oidc.close()
        return
    try:
        for sc in scs:
            results[sc.name] = run_one(sc, target, oidc)
            if results[sc.name]["error"]:
                say(f"! {sc.name}: {results[sc.name]['error']}")
    finally:
        log = target.log_tail(6000)
        if "Traceback" in log:
            say(f"! profile {name}: the target's log has a traceback:\n{log[-2500:]}")
        target.stop()
        oidc.close()
    say(f"  profile {name}: {len(scs)} scenarios, {time.time() - t0:.1f}s")


def run_all(target_name, scs, jobs) -> dict:
    by_profile = defaultdict(list)
    for sc in scs:
        by_profile[sc.profile].append(sc)
    results: dict = {}
    dead: list = []
    if target_name == "django":  # migrate before threads use the database
        t = targets.DjangoTarget()
        t.dir = Path(targets.tempfile.mkdtemp(prefix="conf-warm-"))
        t.data, t.box = t.dir, t.dir
        t.command(1, {})
        targets.shutil.rmtree(t.dir)
    work = sorted(by_profile.items(), key=lambda kv: -len(kv[1]))
    with ThreadPoolExecutor(jobs) as pool:
        for f in [pool.submit(run_profile, p, s, target_name, results, dead) for p, s in work]:
            f.result()
    return {sc.name: results[sc.name] for sc in scs}


# -- comparing -----------------------------------------------------------------

def clip(v, n=160) -> str:
    s = json.dumps(v, sort_keys=True) if not isinstance(v, str) else v
    return s if len(s) <= n else s[: n - 1] + "…"


def diff(a, b, at="") -> list[str]:
    """Returns the differences of b (got) from a (expected)."""
    if isinstance(a, dict) and isinstance(b, dict):
        out = []
        for k in sorted(set(a) | set(b)):
            p = f"{at}.{k}" if at else k
            if k not in b:
                out.append(f"{p}: expected {clip(a[k])}, missing")
            elif k not in a:
                out.append(f"{p}: unexpected {clip(b[k])}")
            else:
                out += diff(a[k], b[k], p)
        return out
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [x for i, (p, q) in enumerate(zip(a, b)) for x in diff(p, q, f"{at}[{i}]")]
    return [] if a == b and type(a) is type(b) else [f"{at}: expected {clip(a)}, got {clip(b)}"]


def hard(step: dict) -> dict:
    return {k: v for k, v in step.items() if k not in HARD_IGNORE}


def compare(expected: dict, got: dict):
    """Returns (agreeing steps, total steps, [difference], {soft class: [difference]})."""
    gs, rs = expected["steps"], got["steps"]
    problems, soft, agree = [], defaultdict(list), 0
    for i in range(max(len(gs), len(rs))):
        if i >= len(rs):
            problems.append((i + 1, f"{gs[i]['method']} {gs[i]['path']}", ["not reached" + (f" ({got['error']})" if got["error"] else "")]))
            continue
        if i >= len(gs):
            problems.append((i + 1, f"{rs[i]['method']} {rs[i]['path']}", ["extra step"]))
            continue
        if gs[i].get("status") == 500 and rs[i].get("status") in (400, 401, 403, 404, 409, 500):
            d = []  # the reference crashes here, so any regular refusal is accepted
        else:
            a, b = hard(gs[i]), hard(rs[i])
            if "reply" in a and a["reply"] is None:  # HTML or an empty body in Django, so any body is accepted
                a.pop("reply"), b.pop("reply", None)
            d = diff(a, b)
        title = f"{gs[i]['method']} {gs[i]['path']}"
        if d:
            problems.append((i + 1, title, d))
        else:
            agree += 1
        ga, ra = expected["soft"][i], got["soft"][i]
        for cls, key in (("text", "texts"), ("cookies", "cookies"), ("cookie flags", "flags"),
                         ("content type", "content_type"), ("cache-control no-store", "no_store"),
                         ("is_authenticated null instead of false", "null_auth")):
            if ga.get(key) != ra.get(key):
                soft[cls].append(f"{title}: expected {clip(ga.get(key), 120)}, got {clip(ra.get(key), 120)}")
    return agree, max(len(gs), len(rs)), problems, soft


def report(recorded, results, args) -> bool:
    areas = defaultdict(lambda: [0, 0, 0, 0])
    lines, softs = [], defaultdict(list)
    for name, got in results.items():
        expected = recorded.get(name)
        a = areas[name.split("/")[0]]
        if expected is None:
            a[3] += 1
            a[1] += len(got["steps"])
            lines.append(f"{name}: not recorded")
            continue
        agree, total, problems, soft = compare(expected, got)
        a[0] += agree
        a[1] += total
        a[3] += 1
        ok = not problems and not got["error"] and agree == total
        a[2] += ok
        if not ok and not problems:
            lines.append(f"{name}: {got['error']}")
        for n, title, d in problems:
            lines.append(f"{name} step {n} {title}")
            lines += [f"      {x}" for x in d[: args.max_diffs]]
            if len(d) > args.max_diffs:
                lines.append(f"      … and {len(d) - args.max_diffs} more")
        for cls, xs in soft.items():
            softs[cls] += [f"{name}: {x}" for x in xs]
    w = max([len(x) for x in areas] + [5])
    print(f"{'area':<{w}}  {'steps':>11}  {'scenarios':>11}")
    tot = [0, 0, 0, 0]
    for area in sorted(areas):
        a = areas[area]
        tot = [x + y for x, y in zip(tot, a)]
        print(f"{area:<{w}}  {f'{a[0]}/{a[1]}':>11}  {f'{a[2]}/{a[3]}':>11}")
    if not args.summary:
        if lines:
            print("\ndifferences:")
            for x in lines:
                print("  " + x)
        for cls, xs in softs.items():
            print(f"\nsoft class \"{cls} differs\": {len(xs)} (not counted)")
            for x in xs[: args.max_soft]:
                print("  " + x)
            if len(xs) > args.max_soft:
                print(f"  … and {len(xs) - args.max_soft} more")
    elif softs:
        print("soft differences (not counted): " + ", ".join(f"{c} {len(x)}" for c, x in softs.items()))
    print(f"conformance: {tot[2]} of {tot[3]} scenarios agree ({tot[0]} of {tot[1]} steps)")
    return tot[2] == tot[3] and tot[0] == tot[1]


def load(folder: Path) -> dict:
    out = {}
    for f in sorted(folder.glob("*.json")):
        out.update(json.loads(f.read_text()))
    return out


def save(folder: Path, results: dict) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    by_area = defaultdict(dict)
    for name, r in results.items():
        by_area[name.split("/")[0]][name] = r
    for area, rs in by_area.items():
        (folder / f"{area}.json").write_text(json.dumps(dict(sorted(rs.items())), indent=1, sort_keys=True) + "\n")


def left_out() -> dict[str, str]:
    """Returns the scenarios in which Latchkey differs on purpose, each with the reason."""
    lines = [x for x in (HERE / "left_out.txt").read_text().splitlines() if x and not x.startswith("#")]
    return dict(x.split(maxsplit=1) for x in lines)


def plain(pattern: str) -> str:
    """Replaces the square brackets in a name, because they are special in patterns."""
    return pattern.replace("[", "(").replace("]", ")")


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--target", choices=["latchkey", "django"], default="latchkey")
    ap.add_argument("--record", action="store_true", help="replace the recorded transcripts (reference only)")
    ap.add_argument("--only", action="append", metavar="GLOB", help="scenario name (or profile:NAME); repeatable")
    ap.add_argument("--summary", action="store_true", help="no list of differences")
    ap.add_argument("--jobs", type=int, default=2, help="profiles at the same time")
    ap.add_argument("--max-diffs", type=int, default=4)
    ap.add_argument("--max-soft", type=int, default=12)
    ap.add_argument("--json", type=Path, help="write the raw transcripts here as well")
    ap.add_argument("--list", action="store_true")
    args = ap.parse_args()
    core.load_all()

    def wanted(sc):
        return not args.only or any(
            sc.profile == g[8:] if g.startswith("profile:") else fnmatch.fnmatchcase(plain(sc.name), plain(g))
            for g in args.only
        )

    scs = [s for s in core.SCENARIOS.values() if wanted(s)]
    if args.list:
        for s in scs:
            print(f"{s.name:<60} {s.profile}")
        print(len(scs), "scenarios")
        return 0
    if args.target == "latchkey":
        for name, why in left_out().items():
            if any(s.name == name for s in scs):
                say(f"left out: {name}: {why}")
        scs = [s for s in scs if s.name not in left_out()]
    results = run_all(args.target, scs, args.jobs)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1, sort_keys=True))
    recorded = load(RECORDED)
    lost = sorted(recorded.keys() - core.SCENARIOS.keys())
    if not args.record:
        if lost:
            sys.exit("recorded, but not a scenario: " + ", ".join(lost))
        return 0 if report(recorded, results, args) else 1
    if args.target != "django":
        sys.exit("only the reference is recorded: --target django")
    bad = {n: r["error"] for n, r in results.items() if r["error"]}
    for f in RECORDED.glob("*.json"):
        f.unlink()
    save(RECORDED, {n: r for n, r in {**recorded, **results}.items() if n not in lost})
    print(f"recorded {len(results)} scenarios, {sum(len(r['steps']) for r in results.values())} steps; {len(bad)} with errors")
    for n, e in bad.items():
        print(f"  {n}: {e}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
