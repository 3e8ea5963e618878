"""schemas/catalog/audit_events.csv and the sources name the same audit events and fields, in both directions."""
import csv
import os
import re
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
CALL = re.compile(r'\baudit\((?:\*?[a-z_]+), [^";]*?"([a-z_.]+)",')
FIELD = re.compile(r'\{\s*"([a-z_]+)"\s*,')
WORDS = {"doctor", "partner", "operator", "huren", "user"}


def call_at(text, start):
    depth = 0
    for i in range(text.index("(", start), len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return text[start:i + 1]
    return text[start:]


def events_in(text):
    """(name, fields) of every call: the fields stand in the last list of the call, behind {who, object, outcome}."""
    for call in CALL.finditer(text):
        whole = call_at(text, call.start())
        fields = whole[whole.rindex("{{"):] if "{{" in whole else ""
        yield call[1], set(FIELD.findall(fields))


def events_of_sources():
    for top in ("plugin", "adapters"):
        for folder, _, files in os.walk(os.path.join(ROOT, top)):
            for file in sorted(files):
                if file.endswith((".cpp", ".hpp")):
                    with open(os.path.join(folder, file), encoding="utf-8") as f:
                        yield from events_in(f.read())


def table():
    with open(os.path.join(ROOT, "schemas/catalog/audit_events.csv"), encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


class AuditEvents(unittest.TestCase):
    def test_every_audit_event_of_the_sources_has_a_row_with_exactly_its_fields(self):
        used = {}
        for name, fields in events_of_sources():
            used.setdefault(name, set()).update(fields)
        rows = {row["event"]: set(row["fields"].split()) for row in table()}
        self.maxDiff = None
        self.assertEqual(rows, used)

    def test_audit_event_rows_are_sorted_unique_and_said_in_both_languages(self):
        rows = table()
        names = [row["event"] for row in rows]
        self.assertEqual(sorted(set(names)), names)
        for row in rows:
            self.assertTrue(row["zh"] and row["en"] and row["outcome"], row["event"])
            self.assertLessEqual(set(row["who"].split()), WORDS)

    def test_no_audit_field_is_made_for_names_numbers_or_values(self):
        for row in table():
            for field in row["fields"].split():
                self.assertNotRegex(field, r"name|value|number|phone|birth|note|text", row["event"])

    def test_the_reader_of_audit_events_sees_every_form_of_call(self):
        text = ('return audit(unit, now, "a.b", {"huren", "x:" + id, "y"}, {});\n'
                'if (auto r = audit(unit, context.clock.now_ms(), "c.d", {"doctor:" + f(1), "", w},\n  {{"one", g(2)}, {"two", h}}); !r)\n')
        self.assertEqual([("a.b", set()), ("c.d", {"one", "two"})], list(events_in(text)))


if __name__ == "__main__":
    unittest.main()
