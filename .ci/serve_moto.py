"""Runs moto as a server that handles one request at a time.

moto's transactions copy the whole table, and restore the copy when they are cancelled. With concurrent requests, this would
undo the writes of other requests, which DynamoDB does not do.
"""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
