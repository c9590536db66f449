"""moto as a server that does one thing at a time.

Its transactions copy the whole table and put the copy back when they are cancelled: at the same moment with another
request they would undo that one's writes, which no DynamoDB does.
"""

import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

run_simple("127.0.0.1", int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)
