"""Each sample host of packaging/sdk, built and run by the commands of its page: the whole story, in every language, on the real module.

What a host must print is written from the story (released, repeated, asked, decided, told of a fault), not from its code.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
SDK = ROOT / "packaging/sdk"
BUILD = pathlib.Path(os.environ["HUREN_BINARY_DIR"])
STORY = ["patient OK", "encounter OK", "report OK", "again DUPLICATE",
         "card recognised 葡萄糖：县医院 2 小时前已有结果 5.42 mmol/L，可互认", "decided OK", "faulty report OK",
         "notice recognition.recorded/1", "notice event.rejected/1 /report/observations/0/value", "closed"]


def commands(page, language):
    """The shell block of that language's section: what the page tells a vendor to type."""
    section = re.search(rf"^## {re.escape(language)}$(.*?)(?=^## |\Z)", (SDK / page).read_text(encoding="utf-8"), re.M | re.S).group(1)
    return re.search(r"^```sh\n(.*?)^```", section, re.M | re.S).group(1)


class Hosts(unittest.TestCase):
    def tell(self, language):
        self.assertEqual(commands("README.md", language), commands("README.zh-CN.md", language))
        with tempfile.TemporaryDirectory(prefix="huren-host-") as copy:
            shutil.copytree(SDK, copy, dirs_exist_ok=True)
            env = {**os.environ, "LC_ALL": "C.UTF-8", "HUREN_INCLUDE": str(ROOT / "plugin/include"), "HUREN_LIB": str(BUILD / "lib"),
                   "NODE_PATH": str(ROOT / "build/npm/node_modules")}
            done = subprocess.run(["bash", "-euc", commands("README.md", language)], cwd=copy, env=env, capture_output=True, text=True, check=False)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            said = done.stdout.splitlines()
            for want, line in zip(STORY, said):
                self.assertEqual(want, line, done.stdout)
            self.assertEqual(len(STORY), len(said), done.stdout + done.stderr)

    def test_c(self):
        self.tell("C")

    def test_cpp(self):
        self.tell("C++")

    def test_csharp(self):
        self.tell("C#")

    def test_java(self):
        self.tell("Java")

    def test_pascal(self):
        self.tell("Pascal")

    def test_python(self):
        self.tell("Python")

    def test_node(self):
        self.tell("Node")

    def test_what_a_person_gets_wrong_with_the_python_programs_is_a_sentence_and_no_traceback(self):
        with tempfile.TemporaryDirectory(prefix="huren-host-") as folder:
            shutil.copytree(SDK / "hospital", folder, dirs_exist_ok=True)
            os.mkdir(f"{folder}/agent")
            pathlib.Path(folder, "agent/local.toml").write_text('[hospital]\ncode = "A"\nname = "A"\n\n[engine]\nmode = "agent"\n', encoding="utf-8")
            pathlib.Path(folder, "bad.json").write_text("{", encoding="utf-8")
            pathlib.Path(folder, "order.json").write_text('{"patient_id": "P1", "encounter_id": "E1", "department": "", "doctor": {"id": "D", "name": "D"}, '
                                                          '"orders": [{"order_id": "O1", "item": {"code": "GLU01", "name": "G"}}]}', encoding="utf-8")
            library = {"LD_LIBRARY_PATH": str(BUILD / "lib")}
            for words, env, said in ((["his.py"], library, "usage:"), (["his.py", folder, "submit", "x/1"], library, "usage:"), (["his.py", folder, "shout"], library, "usage:"),
                                     (["his.py", folder, "submit", "patient.registered/1", "K", "absent.json"], library, "absent.json: No such file"),
                                     (["his.py", folder, "submit", "patient.registered/1", "K", "bad.json"], library, "bad.json is not JSON"),
                                     (["his.py", f"{folder}/nowhere", "poll"], library, "E_CONFIG"), (["his.py", folder, "poll"], {}, "LD_LIBRARY_PATH names the folder"),
                                     (["his.py", f"{folder}/agent", "decide", "order.json", "accepted"], library, "is huren-agent running"),
                                     (["host.py"], library, "usage:"), (["host.py", f"{folder}/nowhere"], library, "E_CONFIG"), (["host.py", folder], {}, "libhuren.so.1")):
                done = subprocess.run(["/usr/bin/python3", "-B", SDK / "python" / words[0], *words[1:]], cwd=folder, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **env},
                                      capture_output=True, text=True, check=False, timeout=50)
                self.assertEqual(1, done.returncode, words)
                self.assertIn(said, done.stderr, words)
                self.assertNotIn("Traceback", done.stderr, words)

    def test_the_constants_of_every_binding_are_those_of_the_catalogue(self):
        done = subprocess.run(["python3", "-B", ROOT / "packaging/tools/bindings.py", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_declarations_as_text_name_every_function_of_the_header(self):
        header = (ROOT / "plugin/include/huren/huren.h").read_text(encoding="utf-8")
        functions = set(re.findall(r"HUREN_CALL (huren_\w+)\(", header))
        self.assertEqual(10, len(functions))
        needs_a_structure = {"huren_submit"}  # VB and PowerBuilder use huren_submit_json
        for name in ("vb/Huren.bas", "powerbuilder/huren.txt"):
            declared = set(re.findall(r"(?:Function|FUNCTION long) (huren_\w+)", (SDK / name).read_text(encoding="utf-8")))
            self.assertEqual(functions - needs_a_structure, declared, name)


if __name__ == "__main__":
    unittest.main()
