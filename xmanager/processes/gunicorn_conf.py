"""How gunicorn serves the web part (`gunicorn -c python:xmanager.processes.gunicorn_conf`)."""

from __future__ import annotations

from xmanager.home import DEFAULT_PORT, home_path, read_instance

bind = f"127.0.0.1:{read_instance(home_path()).get('port', DEFAULT_PORT)}"
worker_class = "gthread"
workers = 2
threads = 12
preload_app = True  # Django is imported once, then the workers are forked
timeout = 60
graceful_timeout = 10  # below the process manager's patience
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
control_socket_disable = True  # its default place is outside the home
accesslog = "-"
# The path without its query: a calendar address carries a token there.
access_log_format = '%(t)s %(h)s "%(m)s %(U)s" %(s)s %(b)s %(L)ss'
