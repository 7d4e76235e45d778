"""The application as a web server loads it: ``gunicorn wsgi:app``."""

from __future__ import annotations

import os

from service import create_app
from service.settings import Settings

app = create_app(Settings.from_env(os.environ))
