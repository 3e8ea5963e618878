"""schemas/api/openapi.json and the routes of plugin/console name the same addresses, methods and rights."""
import csv
import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROUTE = re.compile(r'Route\{"([A-Z]+)", "([^"]+)", Right::(\w+)')


def described():
    api = json.loads((ROOT / "schemas/api/openapi.json").read_text(encoding="utf-8"))
    return {(method.upper(), path, operation["x-right"]): operation for path, methods in api["paths"].items() for method, operation in methods.items()}


class OpenApi(unittest.TestCase):
    def test_every_route_is_described_and_every_description_has_its_route(self):
        routes = set()
        for source in sorted((ROOT / "plugin/console").glob("*.cpp")):
            routes |= set(ROUTE.findall(source.read_text(encoding="utf-8")))
        self.assertGreater(len(routes), 30)
        self.assertEqual(sorted(routes), sorted(described()))

    def test_no_address_takes_a_parameter_and_every_refusal_is_described(self):
        for (method, path, _), operation in described().items():
            self.assertNotIn("parameters", operation, path)
            self.assertNotRegex(path, r"[{}?]")
            self.assertIn("default", operation["responses"], path)
            self.assertEqual(method == "POST", "requestBody" in operation, path)
            self.assertRegex(operation["summary"], r".+ / .+")

    def test_every_option_of_partner_and_agreement_has_its_label_on_the_page(self):
        page = (ROOT / "plugin/console/web/src/options.tsx").read_text(encoding="utf-8")
        labels = page.split("const labels", 1)[1].split("\n};", 1)[0]
        with open(ROOT / "schemas/catalog/options.csv", encoding="utf-8", newline="") as f:
            keys = [re.fullmatch(r"(?:partner|agreement)\.\*\.(\w+)", row[0]) for row in csv.reader(f)]
        names = {m[1] for m in keys if m} - {"partner"}  # chosen from a list of its own
        self.assertGreater(len(names), 20)
        for name in sorted(names):
            self.assertRegex(labels, rf"\b{name}: \[", name)


if __name__ == "__main__":
    unittest.main()
