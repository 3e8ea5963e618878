"""schemas/catalog/log_events.csv and the sources name the same log events, severities and fields, in both directions."""
import csv
import os
import re
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
ERROR_FIELDS = {"id", "where", "zh", "en"}  # what Log::write adds by itself for an Error

CALL = re.compile(r'\b(?:write|log)\(\s*([^,(){};]*[sS]everity[^,(){};]*),\s*((?:[^,"{};]|"[^"]*")+?)\s*,\s*')
NAME = re.compile(r'"([a-z0-9_.]+)"')
FIELD = re.compile(r'\{\s*"([a-z0-9_]+)"\s*,')


def balanced(text, start):
    depth = 0
    for i in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return text[start:i + 1]
    return text[start:]


def events_in(text):
    """(name, severity or "", fields) of every call that names its event; "" when the severity is decided elsewhere."""
    for call in CALL.finditer(text):
        fields = set(FIELD.findall(balanced(text, call.end()))) if text[call.end()] == "{" else ERROR_FIELDS
        severity = call[1].partition("Severity::")[2].strip()
        for name in NAME.findall(call[2]):
            yield name, severity, fields


def events_of_sources():
    for top in ("plugin", "adapters"):
        for folder, _, files in os.walk(os.path.join(ROOT, top)):
            for file in sorted(files):
                if file.endswith((".cpp", ".hpp")):
                    with open(os.path.join(folder, file), encoding="utf-8") as f:
                        yield from ((os.path.relpath(os.path.join(folder, file), ROOT), *event) for event in events_in(f.read()))


def table():
    with open(os.path.join(ROOT, "schemas/catalog/log_events.csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


class LogEvents(unittest.TestCase):
    def test_every_log_event_of_the_sources_has_a_row_with_its_severity_and_fields(self):
        rows = {row["event"]: row for row in table()}
        for path, name, severity, fields in events_of_sources():
            with self.subTest(path=path, event=name):
                self.assertIn(name, rows, f"{path} logs {name}: add its row to schemas/catalog/log_events.csv")
                if severity:
                    self.assertIn(severity, rows[name]["severity"].split())
                self.assertLessEqual(fields, set(rows[name]["fields"].split()), "fields that the row does not name")

    def test_every_row_of_log_events_is_logged_somewhere(self):
        used = {}
        for _, name, severity, fields in events_of_sources():
            severities, names = used.setdefault(name, (set(), set()))
            severities.add(severity)
            names |= fields
        for row in table():
            with self.subTest(event=row["event"]):
                self.assertIn(row["event"], used, "nothing logs it: take the row away")
                severities, names = used[row["event"]]
                self.assertEqual(set(row["fields"].split()), names)
                if "" not in severities:
                    self.assertEqual(set(row["severity"].split()), severities)

    def test_log_event_rows_are_sorted_unique_and_said_in_both_languages(self):
        rows = table()
        names = [row["event"] for row in rows]
        self.assertEqual(sorted(set(names)), names)
        for row in rows:
            self.assertTrue(row["zh"] and row["en"], row["event"])
            self.assertLessEqual(set(row["severity"].split()), {"info", "warning", "error"})

    def test_the_reader_of_log_events_sees_every_form_of_call(self):
        text = ('log_.write(Severity::error, "a.b", {{"x", one(1, 2)}, {"y", {}}});\n'
                'log_->write(f.severity, "c.d", f.error);\n'
                'engine.log(Severity::warning, open() ? "e.f" : "g.h",\n    {{"z", ""}});\n')
        self.assertEqual([("a.b", "error", {"x", "y"}), ("c.d", "", ERROR_FIELDS), ("e.f", "warning", {"z"}), ("g.h", "warning", {"z"})],
                         list(events_in(text)))


if __name__ == "__main__":
    unittest.main()
