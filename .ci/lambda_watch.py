"""Signs up, logs out and logs in through `cargo lambda watch`, as infra/README.md describes.

    lambda_watch.py <cargo-lambda> <package> <function>

The table is moto's. `cargo lambda watch` creates the events from HTTP requests.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import boto3
import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent
PASSWORD = "correct-Horse-42"
# The first request builds the function.
LONGEST_BUILD = 600


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process):
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"the server of {url} ended with {process.returncode}")
        try:
            requests.get(url, timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers at {url}")


def stop(process):
    """Ends a server and its child processes."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def start(command, log):
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)


def create_table(url):
    names = {"region_name": "eu-west-1", "aws_access_key_id": "local", "aws_secret_access_key": "local"}
    client = boto3.client("dynamodb", endpoint_url=url, **names)
    client.create_table(**json.loads((ROOT / "infra/watch/table.json").read_text()))


def walk(function_url):
    api = f"{function_url}/_allauth/app/v1/auth"
    credentials = {"email": "ada@example.com", "password": PASSWORD}

    def call(method, path, status, token=None, body=None):
        headers = {"X-Session-Token": token} if token else {}
        started = time.monotonic()
        reply = requests.request(method, f"{api}/{path}", json=body, headers=headers, timeout=LONGEST_BUILD)
        print(f"{method} {path}: {reply.status_code} after {time.monotonic() - started:.1f} s")
        if reply.status_code != status:
            raise SystemExit(f"{method} {path}: {reply.status_code} in place of {status}: {reply.text}")
        return reply.json()

    call("GET", "session", 401)
    token = call("POST", "signup", 200, body=credentials)["meta"]["session_token"]
    user = call("GET", "session", 200, token)["data"]["user"]
    call("DELETE", "session", 401, token)
    call("GET", "session", 410, token)
    call("POST", "login", 400, body={**credentials, "password": "incorrect"})
    again = call("POST", "login", 200, body=credentials)
    assert again["data"]["user"]["id"] == user["id"], again
    assert again["data"]["user"]["email"] == credentials["email"], again


def main():
    cargo_lambda, package, function = sys.argv[1:]
    table, watch = free_port(), free_port()
    variables = [f"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:{table}", "ACCOUNT_EMAIL_VERIFICATION=none"]
    command = [cargo_lambda, "lambda", "watch", "--package", package, "--ignore-changes", "--wait"]
    command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(watch), "--env-file", "infra/watch/functions.env"]
    for variable in variables:
        command += ["--env-var", variable]
    log_path = ROOT / "target" / "lambda_watch.log"
    with log_path.open("w") as log:
        moto = start([sys.executable, str(ROOT / ".ci/serve_moto.py"), str(table)], log)
        server = None
        try:
            wait_for(f"http://127.0.0.1:{table}/moto-api/data.json", moto)
            create_table(f"http://127.0.0.1:{table}")
            server = start(command, log)
            wait_for(f"http://127.0.0.1:{watch}/lambda-url/none/", server)
            walk(f"http://127.0.0.1:{watch}/lambda-url/{function}")
        except BaseException:
            log.flush()
            print(log_path.read_text()[-10_000:])
            raise
        finally:
            if server:
                stop(server)
            stop(moto)


main()
