"""Every fault that the console's interface can give is in the catalogue, in both languages, with what to do next."""
import csv
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
FAULT = re.compile(r'(?:Error|Refusal|failed|refuse|fault|add|fail)[({][^;"]*?\{?"([a-z_]+\.[a-z0-9_]+)"')
# Rooms whose errors a route can pass on.
ROOMS = ("plugin/console", "plugin/engine", "plugin/core/config", "plugin/core/terminology", "plugin/core/recognition", "plugin/core/base", "plugin/core/referral", "adapters/store/sqlite", "plugin/storage")
NEXT_ZH = re.compile("请|须|可|应|不要|填|见 |重试|再|联系|检查|确认|使用|改")
NEXT_EN = re.compile(r"\b(add|ask|call|change|check|choose|close|compare|confirm|correct|cut|describes|enter|export|fill|give|have|import|keep|leave|load|look|make|mend|must|name|needs?|open|pass|put|register|remove|"
                     r"repeat|restart|restore|run|see|send|set|sign|start|state|submit|take|tell|try|turn|upgrade|use|wait|write)\b", re.I)


def catalogue():
    rows = {}
    for file in (ROOT / "schemas/catalog/messages").glob("*.csv"):
        with open(file, encoding="utf-8", newline="") as f:
            rows.update({r["id"]: r for r in csv.DictReader(f)})
    return rows


def given(room):
    ids = set()
    for file in sorted((ROOT / room).rglob("*.cpp")):
        ids |= set(FAULT.findall(file.read_text(encoding="utf-8")))
    return ids


class Faults(unittest.TestCase):
    def test_every_fault_that_the_interface_can_give_has_its_sentence_in_both_languages(self):
        known = catalogue()
        rooms = {name.split(".")[0] for name in known}
        total = 0
        for room in ROOMS:
            for name in sorted(given(room)):
                if name.split(".")[0] not in rooms or name.endswith((".csv", ".json", ".toml")):
                    continue
                total += 1
                self.assertTrue(name in known, f"{room} gives {name}")
                self.assertTrue(known[name]["zh"].strip() and known[name]["en"].strip(), name)
        self.assertGreater(total, 150)

    def test_every_fault_of_the_console_itself_says_what_to_do_next(self):
        known = catalogue()
        total = 0
        for name in sorted(set(given("plugin/console")) | {n for n in known if n.startswith(("console.", "probe."))}):
            if name not in known:
                continue
            total += 1
            self.assertRegex(known[name]["zh"], NEXT_ZH, name)
            self.assertRegex(known[name]["en"], NEXT_EN, name)
        self.assertGreater(total, 50)


if __name__ == "__main__":
    unittest.main()
