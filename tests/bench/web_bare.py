"""The baseline: a bare Flask + SQLAlchemy page that shows rows, and one form that stores one; both as JSON too.

No login, no rules, no audit; the same web server, the same settings of the database, as many rows.
Usage: ``web_bare.py DATABASE PORT``.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from flask import Flask, jsonify, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from waitress import serve

import service.extensions  # noqa: F401  connections are set up as those of the service
from service.server import THREADS

COLUMNS, ROWS = 8, 1000
PAGE = """<!doctype html><html lang="zh"><head><title>表</title></head><body><table>
{% for row in rows %}<tr><th>{{ row.id }}</th>{% for text in row.texts %}<td>{{ text }}</td>{% endfor %}</tr>
{% endfor %}</table></body></html>"""


class Base(DeclarativeBase):
    """The baseline's table."""


class Line(Base):
    """One row of eight words."""

    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str]
    b: Mapped[str]
    c: Mapped[str]
    d: Mapped[str]
    e: Mapped[str]
    f: Mapped[str]
    g: Mapped[str]
    h: Mapped[str]

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the words."""
        return (self.a, self.b, self.c, self.d, self.e, self.f, self.g, self.h)


def bare_app(database: str) -> Flask:
    """Return the application with its table filled."""
    app = Flask("bare")
    app.config["SQLALCHEMY_DATABASE_URI"] = database
    db = SQLAlchemy(model_class=Base)
    db.init_app(app)
    with app.app_context():
        db.create_all()
        if db.session.get(Line, 1) is None:
            for number in range(1, ROWS + 1):
                db.session.add(Line(id=number, **dict.fromkeys("abcdefgh", f"第{number}行")))
            db.session.commit()

    @app.get("/rows/<int:count>")
    def rows(count: int) -> str:
        found = db.session.scalars(select(Line).order_by(Line.id).limit(count)).all()
        return render_template_string(PAGE, rows=found)

    @app.post("/rows/<int:number>")
    def store(number: int) -> Any:
        row = db.get_or_404(Line, number)
        row.a = request.form["a"]
        db.session.commit()
        return render_template_string(PAGE, rows=[row])

    @app.get("/json/<int:count>")
    def told(count: int) -> Any:
        found = db.session.scalars(select(Line).order_by(Line.id).limit(count)).all()
        return jsonify(rows=[{"id": row.id, "texts": row.texts} for row in found])

    @app.post("/json/<int:number>")
    def stored(number: int) -> Any:
        row = db.get_or_404(Line, number)
        row.a = request.get_json()["a"]
        db.session.commit()
        return jsonify(id=row.id, texts=row.texts)

    return app


if __name__ == "__main__":
    logging.getLogger("waitress").setLevel(logging.ERROR)
    serve(bare_app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), threads=THREADS)
