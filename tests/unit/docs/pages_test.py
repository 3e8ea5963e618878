"""What the pages of plugin/doc name exists: the tests of the invariants, the states, the functions on the way through."""
import os
import re
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))


def read(*parts):
    with open(os.path.join(ROOT, *parts), encoding="utf-8") as f:
        return f.read()


def text_below(folder, endings):
    out = []
    for top, _, files in os.walk(os.path.join(ROOT, folder)):
        out += [read(top, f) for f in sorted(files) if f.endswith(endings) and f != os.path.basename(__file__)]
    return "\n".join(out)


def table(page, heading):
    section = read(page).split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")][1:]


class Pages(unittest.TestCase):
    def test_every_test_that_defends_an_invariant_exists_and_all_twelve_are_listed(self):
        tests = text_below("tests", (".cpp", ".c", ".py", ".case", ".txt"))
        rows = [row for row in table("plugin/doc/outbox.md", "Invariants") if row[0].startswith("I")]
        self.assertEqual([f"I{n}" for n in range(1, 13)], [row[0].split()[0] for row in rows])
        for row in rows:
            names = re.findall(r'"([^"]+)"', row[1])
            self.assertTrue(names or "**Open**" in row[1], row[0])
            for name in names:
                self.assertTrue(name in tests or "def test_" + re.sub(r"\W", "_", name) in tests, f"{row[0]}: no test {name!r}")

    def test_the_outbox_page_lists_the_states_of_the_code(self):
        declared = re.search(r"enum class OutboxState \{([^}]*)\}", read("plugin/include/huren/store.hpp"))[1]
        listed = [row[0].strip("`") for row in table("plugin/doc/outbox.md", "States of an outbox row") if row[0].startswith("`")]
        self.assertEqual([s.strip() for s in declared.split(",")], listed)

    def test_every_function_on_the_way_through_is_where_the_architecture_page_says(self):
        steps = re.findall(r"`([\w:]+)`\s+\(`([\w/.]+)`\)", read("plugin/doc/ARCHITECTURE.md").split("## One value's way")[1])
        self.assertGreaterEqual(len(steps), 16)
        for function, file in steps:
            self.assertIn(function.rpartition("::")[2] + "(", read(file), f"{function} is not in {file}")

    def test_every_decision_record_has_context_decision_and_consequences_and_a_number_of_its_own(self):
        names = sorted(os.listdir(os.path.join(ROOT, "plugin/doc/adr")))
        self.assertEqual([f"{n:04}" for n in range(1, len(names) + 1)], [n[:4] for n in names])
        for name in names:
            text = read("plugin/doc/adr", name)
            self.assertLess(text.count("\n"), 40, name)
            for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
                self.assertIn(part, text, name)


if __name__ == "__main__":
    unittest.main()
