"""Case files: one evaluation as one strict YAML document (`pingji-case/1`).

- `reader.load(path)` and `reader.parse(text, name=…)` give a checked `CaseFile`, or InvalidError with
  every problem; `schema.json_schema()` is generated from the same declarations as the conversion.
- `score.score_file` scores without a database, `acts.planned_acts` lists what a replay does (both pure).
- `MANUAL.md` explains every field; a test runs every example in it.
"""
