"""The reference server. It has the same command line as Latchkey: serve.py --listen HOST:PORT --data DIR --outbox DIR.

Settings and SEED_USERS are in the environment.
"""
import argparse
import json
import os
import shutil
import sys
from pathlib import Path

a = argparse.ArgumentParser()
a.add_argument("--listen", required=True)
a.add_argument("--data", required=True)
a.add_argument("--outbox", required=True)
a.add_argument("--migrate-only", action="store_true")
args = a.parse_args()
here = Path(__file__).resolve().parent
sys.path.insert(0, str(here))
os.makedirs(args.data, exist_ok=True)
os.makedirs(args.outbox, exist_ok=True)
os.environ["REF_DATA"] = args.data
os.environ["REF_OUTBOX"] = args.outbox
os.environ["DJANGO_SETTINGS_MODULE"] = "ref_settings"
template = os.environ.get("REF_TEMPLATE_DB")
db = Path(args.data) / "db.sqlite3"
fresh = not db.exists()
if fresh and template and os.path.exists(template):
    shutil.copy(template, db)

import django  # noqa: E402
django.setup()
from django.core.management import call_command  # noqa: E402


if fresh and not (template and os.path.exists(template)):
    call_command("migrate", verbosity=0)
if args.migrate_only:
    sys.exit(0)
if fresh and os.environ.get("SEED_USERS"):
    from allauth.account.models import EmailAddress
    from django.contrib.auth import get_user_model
    for u in json.loads(os.environ["SEED_USERS"]):
        U = get_user_model()
        obj = U(username=u["email"], email=u["email"], first_name=u.get("first_name", ""),
                last_name=u.get("last_name", ""), is_staff=u.get("is_staff", False),
                is_superuser=u.get("is_superuser", False), is_active=u.get("is_active", True),
                role=u.get("role", 0))
        obj.set_password(u["password"])
        obj.save()
        EmailAddress.objects.create(user=obj, email=u["email"], primary=True,
                                    verified=u.get("verified", True))
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log_message(self, *a):
        pass

    def address_string(self):
        return self.client_address[0]


host, port = args.listen.rsplit(":", 1)
srv = ThreadedWSGIServer((host, int(port)), Quiet)
srv.daemon_threads = True
srv.set_app(get_wsgi_application())
srv.serve_forever(poll_interval=0.05)
