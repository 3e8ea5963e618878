"""The manuals of packaging/doc: each in Chinese and English with the same commands, and every command does what the page says.

Here run the blocks that any account can run; those fenced as "sh root" are run by ./dev package check in a clean machine.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOC = ROOT / "packaging/doc"
BUILD = pathlib.Path(os.environ["HUREN_BINARY_DIR"])
sys.path.insert(0, str(ROOT / "packaging/tools"))
import manual  # noqa: E402
INSTALLED = "/usr/share/doc/huren-doc/examples/two-hospitals"


def three_ports():
    """The first of three free ones in a row."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                for more in (1, 2):
                    with socket.socket() as s:
                        s.bind(("127.0.0.1", port + more))
                return port
            except OSError:
                continue


class Manuals(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="huren-manual-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.installed = self.folder / "installed"
        shutil.copytree(DOC / "trial", self.installed)
        for name in ("his.py", "huren.py", "huren_status.py"):
            shutil.copy(ROOT / "packaging/sdk/python" / name, self.installed)
        (self.folder / "here").mkdir()

    def follow(self, name, after_the_trial=False):
        port = three_ports()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            web = free.getsockname()[1]
        places = {INSTALLED: str(self.installed), "/usr/share/doc/huren-doc/schemas": str(ROOT / "schemas"), "8085": str(web), **{str(20575 + n): str(port + n) for n in range(3)}}
        env = {**os.environ, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}", "LD_LIBRARY_PATH": str(BUILD / "lib")}
        steps = [s for s in manual.read(DOC / name) if not s["root"]]
        self.assertTrue(steps)
        if after_the_trial:
            steps = manual.trial(DOC / ("IG-installation.zh-CN.md" if name.endswith(".zh-CN.md") else "IG-installation.md")) + steps
        self.assertEqual([], manual.run(steps, cwd=self.folder / "here", env=env, places=places, seconds=55))

    def test_the_installation_manual_in_english(self):
        self.follow("IG-installation.md")

    def test_the_installation_manual_in_chinese(self):
        self.follow("IG-installation.zh-CN.md")

    def test_the_trial_from_a_clone_without_an_installation(self):
        clone = self.folder / "clone"
        (clone / "build").mkdir(parents=True)
        (clone / "packaging").symlink_to(ROOT / "packaging")
        (clone / "build/release").symlink_to(BUILD)
        port = three_ports()
        for page in ("IG-installation.md", "IG-installation.zh-CN.md"):
            steps = [s for s in manual.read(DOC / page, clone=True) if s["section"] == 3]
            self.assertNotIn("/usr/share", "".join(s["commands"] for s in steps))
            env = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder)}
            self.assertEqual([], manual.run(steps, cwd=clone, env=env, places={str(20575 + n): str(port + n) for n in range(3)}, seconds=55))

    def test_the_hooks_for_a_web_his(self):
        self.follow("HOOKS-cds-hooks.md", after_the_trial=True)

    def test_the_operation_manual_in_english(self):
        self.follow("UG-ADMIN-operation.md", after_the_trial=True)

    def test_the_operation_manual_in_chinese(self):
        self.follow("UG-ADMIN-operation.zh-CN.md", after_the_trial=True)

    def test_the_settings_manual_in_both_languages(self):
        self.follow("UG-SYSPAR-settings.md")
        self.follow("UG-SYSPAR-settings.zh-CN.md")

    def test_the_audit_manual_in_english(self):
        self.follow("SPEC-AL-audit-events.md", after_the_trial=True)

    def test_the_audit_manual_in_chinese(self):
        self.follow("SPEC-AL-audit-events.zh-CN.md", after_the_trial=True)

    def test_the_vendors_manual_in_english(self):
        self.follow("UG-VENDOR-integration.md", after_the_trial=True)

    def test_the_vendors_manual_in_chinese(self):
        self.follow("UG-VENDOR-integration.zh-CN.md", after_the_trial=True)

    def test_the_protocol_with_its_messages(self):
        self.follow("PR-alliance-protocol.md")

    def test_no_command_of_a_manual_is_left_untried(self):
        """A shell block anywhere in packaging/doc belongs to a page that is followed above, or has a test of its own."""
        followed = set(re.findall(r'follow\("([^"]+)"', pathlib.Path(__file__).read_text(encoding="utf-8")))
        self.assertLessEqual({p.name for p in DOC.glob("*.md") if manual.read(p)}, followed)
        for page in DOC.glob("*.md"):
            self.assertEqual([], re.findall(r"^```(?:bash|shell|console)", page.read_text(encoding="utf-8"), re.M), page.name)

    def test_the_index_lists_every_manual_and_every_link_to_a_page_leads_there(self):
        index = (DOC / "README.md").read_text(encoding="utf-8")
        self.assertEqual({p.name for p in DOC.glob("*.md")} - {"README.md"}, set(re.findall(r"\]\(([^)]+)\)", index)))
        for page in DOC.glob("*.md"):
            for target in re.findall(r"\]\(([^)#:]+\.(?:md|toml|py|csv))\)", page.read_text(encoding="utf-8")):
                self.assertTrue((DOC / target).exists(), f"{page.name}: {target}")

    def test_the_tables_in_the_manuals_are_those_of_the_catalogue(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "packaging/tools/reference.py", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def test_every_manual_has_both_languages_and_the_same_commands(self):
        english = sorted(p for p in DOC.glob("*-*.md") if not p.name.endswith(".zh-CN.md") and (DOC / (p.stem + ".zh-CN.md")).exists())
        self.assertLessEqual({"IG-installation.md", "UG-ADMIN-operation.md", "UG-SYSPAR-settings.md", "SPEC-AL-audit-events.md", "UG-VENDOR-integration.md"},
                             {p.name for p in english})
        for page in english:
            both = [[(s["commands"].replace(" --lang en", ""), s["root"]) for s in manual.read(p)] for p in (page, DOC / (page.stem + ".zh-CN.md"))]
            self.assertEqual(*both, page.name)

    def test_a_command_that_fails_and_a_word_that_is_missing_are_told(self):
        step = {"commands": "echo one; echo two\n", "root": False, "expected": ["one", "t…o"]}
        self.assertEqual([], manual.run([step]))
        self.assertIn("'one'", manual.run([{**step, "expected": ["two", "one"]}])[0])
        self.assertIn("ended with 1", manual.run([{**step, "commands": "false\n"}, step])[0])


if __name__ == "__main__":
    unittest.main()
