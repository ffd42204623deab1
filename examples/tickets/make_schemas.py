"""Writes the schema of every form beside its example: run it when a recipe or a form has changed."""

import json
from pathlib import Path

from bridge.listeners.tickets.forms import FORMS, form_schema

for name in FORMS:
    text = json.dumps(form_schema(name), indent=2, ensure_ascii=False) + "\n"
    (Path(__file__).parent / f"{name}.schema.json").write_text(text, encoding="utf-8")
