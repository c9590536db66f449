"""Turns answers into records that can be compared, and compares two of them.

Two classes of difference: HARD (status, body shape, field names, value types, codes, cookies,
JWT claims, redirects, recorded checks) and SOFT (human texts, header niceties, incidental cookies)."""
import base64
import json
import re
import urllib.parse

JWT_RE = re.compile(r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$")
DT_RE = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
OPAQUE_KEYS = {"challenge_id", "setup_challenge_id"}
TEXT_KEYS = {"detail", "message", "messages", "title", "subject"}
EXACT_CLAIMS = {"token_type", "role", "email_verified", "one_time_permission"}
INCIDENTAL_COOKIES = {"sessionid", "messages"}     # of Django's sessions and messages: not required
SOFT_KEYS = {"$text", "www_authenticate", "allow", "incidental_cookies", "title"}
LIFETIME_TOLERANCE = 5


def b64d(s):
    return base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))


def jwt_parts(s):
    if not isinstance(s, str) or not JWT_RE.match(s):
        return None
    try:
        h, p, _ = s.split(".")
        h, p = json.loads(b64d(h)), json.loads(b64d(p))
        return (h, p) if isinstance(h, dict) and isinstance(p, dict) else None
    except Exception:
        return None


def tname(v):
    return {bool: "bool", int: "int", float: "number", str: "str", list: "list",
            dict: "object", type(None): "null"}[type(v)]


def norm_jwt(s):
    h, p = jwt_parts(s)
    claims = {k: (v if k in EXACT_CLAIMS else "<%s>" % tname(v)) for k, v in sorted(p.items())}
    return {"$jwt": {"alg": h.get("alg"), "claims": claims,
                     "lifetime": p["exp"] - p["iat"] if "exp" in p and "iat" in p else None}}


def norm_location(loc, base, prefix):
    if loc is None:
        return None
    loc = loc.replace(base, "")
    if prefix and loc.startswith(prefix + "/"):
        loc = "{prefix}" + loc[len(prefix):]
    elif not prefix and re.match(r"/(login|refresh|logout|logout-all|user|password|registration|mfa)(/|$)", loc):
        loc = "{prefix}" + loc
    return norm_link(loc)


def norm_link(u):
    u = re.sub(r"(/password/reset/confirm/)[^/]+/[^/]+/", r"\1<uid>/<token>/", u)
    return re.sub(r"(/registration/verification/)[^/]+/", r"\1<key>/", u)


def norm_body(v, key=None, status=200):
    if isinstance(v, dict):
        return {k: norm_body(x, k, status) for k, x in v.items()}
    if isinstance(v, list):
        if key == "recovery_codes":
            return {"$codes": {"count": len(v), "format": sorted({re.sub(r"\d", "9", str(c)) for c in v})}}
        if v and all(isinstance(x, str) for x in v) and (status >= 400 or key in TEXT_KEYS):
            return [{"$text": x} for x in v]
        return [norm_body(x, key, status) for x in v]
    if isinstance(v, str):
        if jwt_parts(v):
            return norm_jwt(v)
        if key in OPAQUE_KEYS:
            return "<opaque str>"
        if key == "code" and re.fullmatch(r"\d{6}", v):
            return "<6 digits>"
        if key == "recovery_code" and v.isdigit():
            return "<%d digits>" % len(v)
        if key in TEXT_KEYS:
            return {"$text": v}
        if key == "secret":
            return "<base32 %d>" % len(v)
        if key == "qr_code":
            return "<svg>" if "<svg" in v else "<not svg>"
        if key == "provisioning_uri":
            u = urllib.parse.urlsplit(v)
            q = dict(urllib.parse.parse_qsl(u.query))
            if "secret" in q:
                q["secret"] = "<base32 %d>" % len(q["secret"])
            return {"$otpauth": {"scheme": u.scheme, "type": u.netloc,
                                 "label": urllib.parse.unquote(u.path.lstrip("/")), "params": q}}
        if DT_RE.match(v):
            return "<datetime>"
        return v
    if key == "id" and isinstance(v, int):
        return "<int>"
    return v


def norm_cookies(headers, body_cap=False):
    out, soft = {}, []
    cap = any(h.strip().startswith(("password_reset_access_token=", "set_password_access_token="))
              for h in headers)
    for h in headers:
        parts = [p.strip() for p in h.strip().split(";")]
        name, _, val = parts[0].partition("=")
        val = val.strip('"')
        at = {}
        for p in parts[1:]:
            k, eq, v = p.partition("=")
            k = k.lower()
            if k == "expires":
                continue
            at[k] = (v if k != "max-age" else int(v)) if eq else True
        if name in INCIDENTAL_COOKIES or (name == "csrftoken" and not cap):
            soft.append(name)
            continue
        out[name] = {"value": norm_jwt(val) if jwt_parts(val) else ("<empty>" if val == "" else "<opaque>"),
                     **{k: at[k] for k in sorted(at)}}
    return out, sorted(soft)


def diff(expected, got, path=""):
    """Yields (class, path, expected, got). Requests are not compared, because the suite makes them itself."""
    key = path.rsplit(".", 1)[-1]
    if key == "request":
        return
    soft = key in SOFT_KEYS
    cls = "soft" if soft else "hard"
    if key == "lifetime" and isinstance(expected, int) and isinstance(got, int):
        if abs(expected - got) > LIFETIME_TOLERANCE:
            yield "hard", path, expected, got
        return
    if isinstance(expected, dict) and isinstance(got, dict):
        for k in sorted(set(expected) | set(got)):
            p = f"{path}.{k}"
            if k not in got:
                yield ("soft" if k in SOFT_KEYS else "hard"), p, expected[k], "<missing>"
            elif k not in expected:
                yield ("soft" if k in SOFT_KEYS else "hard"), p, "<absent>", got[k]
            else:
                yield from diff(expected[k], got[k], p)
        return
    if isinstance(expected, list) and isinstance(got, list):
        texts = all(isinstance(x, dict) and set(x) == {"$text"} for x in expected + got) and expected and got
        if texts:          # lists of messages: contents and how many are soft
            if expected != got:
                yield "soft", path + ".$text", expected, got
            return
        if len(expected) != len(got):
            yield cls, path + ".length", len(expected), len(got)
        for i, (a, b) in enumerate(zip(expected, got)):
            yield from diff(a, b, f"{path}[{i}]")
        return
    if expected != got:
        yield cls, path, expected, got
