"""What the READMEs say is so: the C program compiles and runs, the commands and the places exist."""
import os
import re
import subprocess
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
BUILD = os.environ.get("HUREN_BINARY_DIR", os.path.join(ROOT, "build", "release"))
READMES = ("README.md", "README.zh-CN.md")
CONFIG = '[hospital]\ncode = "12420100MB0A000013"\nname = "A"\n'
EXAMPLE = "schemas/event/lab.report.released.1.example.json"


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def program(name):
    blocks = re.findall(r"^```c\n(.*?)^```$", read(name), re.M | re.S)
    assert len(blocks) == 1, f"{name} holds {len(blocks)} C programs"
    return blocks[0]


def sanitizers():
    """A sanitized module wants a sanitized program."""
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
        found = [line.split("=", 1)[1].strip() for line in cache if line.startswith("HUREN_SANITIZE:")]
    return ["-fsanitize=" + found[0]] if found and found[0] else []


class Readme(unittest.TestCase):
    def compiled(self, folder):
        source = os.path.join(folder, "example.c")
        with open(source, "w", encoding="utf-8") as f:
            f.write(program("README.md"))
        out = os.path.join(folder, "example")
        command = ["cc", "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", source,
                   "-I" + os.path.join(ROOT, "plugin/include"), os.path.join(BUILD, "lib", "libhuren.so"), "-o", out]
        done = subprocess.run(command + sanitizers(), capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return out

    def run_example(self, example, config):
        with open(os.path.join(ROOT, EXAMPLE), "rb") as report:
            return subprocess.run([example, config], stdin=report, capture_output=True, text=True, check=False, timeout=50,
                                  env={**os.environ, "LD_LIBRARY_PATH": os.path.join(BUILD, "lib")})

    def test_both_readmes_show_the_same_c_program(self):
        self.assertEqual(program(READMES[0]), program(READMES[1]))
        self.assertLessEqual(program(READMES[0]).count("\n"), 13)

    def test_the_c_program_of_the_readme_submits_once_and_knows_a_repetition(self):
        with tempfile.TemporaryDirectory() as folder:
            example = self.compiled(folder)
            with open(os.path.join(folder, "local.toml"), "w", encoding="utf-8") as f:
                f.write(CONFIG)
            first = self.run_example(example, folder)
            self.assertEqual((0, "0\n"), (first.returncode, first.stdout), first.stderr)
            again = self.run_example(example, folder)
            self.assertEqual((0, "1\n"), (again.returncode, again.stdout), again.stderr)

    def test_the_c_program_of_the_readme_fails_without_a_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(1, self.run_example(self.compiled(folder), folder).returncode)

    def test_the_commands_of_the_readmes_are_those_of_dev_and_ci(self):
        dev = read("dev")
        for name in READMES:
            for verb in re.findall(r"^ +\./dev (\w+)", read(name), re.M):
                self.assertTrue(re.search(rf"^  (\w+\|)*{verb}(\|\w+)*\)", dev, re.M), f"{name}: dev has no verb {verb}")
            self.assertLess(read(name).index("./dev setup"), read(name).index("./dev test"))
        self.assertIn("./dev setup\n./dev test\n", read(".ci/run"))

    def test_every_link_and_place_of_the_root_pages_exists(self):
        for name in (*READMES, "CONTRIBUTING.md", "SECURITY.md"):
            text = read(name)
            targets = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r"`((?:plugin|adapters|schemas|tests|packaging)/[\w./]+)`", text)
            for target in targets:
                self.assertTrue(os.path.exists(os.path.join(ROOT, target)), f"{name}: {target}")


if __name__ == "__main__":
    unittest.main()
