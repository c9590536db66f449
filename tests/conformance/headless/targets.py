"""Targets: servers that can be started with Django-style settings and speak HTTP."""
from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from email import message_from_bytes
from email.policy import default as email_policy
from pathlib import Path

import requests

HERE = Path(__file__).resolve().parent


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Message:
    """A mail or text message of the outbox."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        raw = path.read_bytes()
        if path.suffix == ".sms":
            head, _, text = raw.decode("utf8").replace("\r\n", "\n").partition("\n\n")
            self.kind, self.subject, self.body = "sms", "", text
            self.to = head.partition(":")[2].strip()
        else:
            m = message_from_bytes(raw, policy=email_policy)
            part = m.get_body(preferencelist=("plain", "html"))
            self.kind, self.subject = "mail", str(m["subject"] or "")
            self.body = part.get_content() if part is not None else ""
            self.to = str(m["to"] or "").strip().lower()


class Target:
    name = "?"
    start_timeout = 60

    def __init__(self) -> None:
        self.proc: subprocess.Popen | None = None
        self.dir: Path | None = None
        self.base_url = ""

    # -- subclasses --------------------------------------------------------
    def command(self, port: int, settings: dict) -> tuple[list[str], dict[str, str], str | None]:
        raise NotImplementedError

    # -- common ------------------------------------------------------------
    def start(self, settings: dict, probe: str = "/_allauth/browser/v1/config") -> str:
        self.dir = Path(tempfile.mkdtemp(prefix=f"conf-{self.name}-"))
        self.data, self.box = self.dir / "data", self.dir / "outbox"
        self.__dict__.pop("_parsed", None)
        self.data.mkdir()
        self.box.mkdir()
        port = free_port()
        argv, env, cwd = self.command(port, settings)
        self.log = open(self.dir / "server.log", "wb")
        self.proc = subprocess.Popen(
            argv, env=env, cwd=cwd, stdout=self.log, stderr=self.log, start_new_session=True
        )
        # "localhost" rather than 127.0.0.1: a WebAuthn relying party id has to be a name.
        self.base_url = f"http://localhost:{port}"
        atexit.register(self.stop)
        deadline = time.time() + self.start_timeout
        while True:
            if self.proc.poll() is not None:
                raise RuntimeError(f"{self.name} exited with {self.proc.returncode}:\n{self.log_tail()}")
            try:
                if requests.get(self.base_url + probe, timeout=5).status_code == 200:
                    return self.base_url
            except requests.RequestException:
                pass
            if time.time() > deadline:
                tail = self.log_tail()
                self.stop()
                raise RuntimeError(f"{self.name}: {probe} never answered 200:\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.proc and self.proc.poll() is None:
            try:
                os.killpg(self.proc.pid, signal.SIGTERM)
                self.proc.wait(5)
            except (subprocess.TimeoutExpired, ProcessLookupError):
                try:
                    os.killpg(self.proc.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                self.proc.wait(5)
        self.proc = None
        if self.dir and not os.environ.get("CONF_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)

    def log_tail(self, n: int = 3000) -> str:
        try:
            return (self.dir / "server.log").read_text(errors="replace")[-n:]
        except OSError:
            return ""

    def outbox(self) -> list[Message]:
        """Returns the messages, oldest first. Each file is parsed once."""
        cache = self.__dict__.setdefault("_parsed", {})
        for p in self.box.iterdir():
            if p.suffix in (".eml", ".sms") and p.name not in cache:
                try:
                    cache[p.name] = (p.stat().st_mtime_ns, p.name, Message(p))
                except OSError:
                    pass
        return [m for _, _, m in sorted(cache.values(), key=lambda x: x[:2])]


class DjangoTarget(Target):
    """The reference: django-allauth itself. CONF_PYTHON names the Python interpreter that has it installed."""

    name = "django"
    _template: Path | None = None

    def command(self, port, settings):
        python = os.environ.get("CONF_PYTHON", sys.executable)
        serve = str(HERE / "django_project" / "serve.py")
        env = dict(
            os.environ,
            CONF_DATA=str(self.data),
            CONF_OUTBOX=str(self.box),
            CONF_SETTINGS=json.dumps(settings),
            PYTHONDONTWRITEBYTECODE="1",
        )
        cls = type(self)
        if cls._template is None:  # migrate once, copy the database afterwards
            d = Path(tempfile.mkdtemp(prefix="conf-django-db-"))
            atexit.register(shutil.rmtree, d, True)
            e = dict(env, CONF_DATA=str(d), CONF_SETTINGS="{}")
            subprocess.run([python, serve, "migrate"], env=e, check=True)
            cls._template = d / "db.sqlite3"
        shutil.copy(cls._template, self.data / "db.sqlite3")
        return [python, serve, "serve", f"127.0.0.1:{port}"], env, None


class LatchkeyTarget(Target):
    """Latchkey: the debug build of this repository, or the command in TARGET_BIN.

    Settings are environment variables: strings as they are, everything else as JSON.
    """

    name = "latchkey"
    binary = HERE.parents[2] / "target" / "debug" / "latchkey"

    def command(self, port, settings):
        env = dict(os.environ)
        settings = {"PUBLIC_URL": f"http://localhost:{port}", **settings}
        # In Django, code or the list of apps decides these. Latchkey has settings for them.
        if "CONFORMANCE_SIGNUP_OPEN" in settings:
            settings["ACCOUNT_SIGNUP_OPEN"] = settings.pop("CONFORMANCE_SIGNUP_OPEN")
        for app in settings.pop("CONFORMANCE_WITHOUT_APPS", []):
            settings[app.rpartition(".")[2].upper() + "_ENABLED"] = False
        for k, v in settings.items():
            env[k] = v if isinstance(v, str) else json.dumps(v)
        argv = os.environ.get("TARGET_BIN", str(self.binary)).split() + [
            "--listen", f"127.0.0.1:{port}", "--data", str(self.data), "--outbox", str(self.box),
        ]
        return argv, env, None


def make(name: str) -> Target:
    return {"django": DjangoTarget, "latchkey": LatchkeyTarget}[name]()
