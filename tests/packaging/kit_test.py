"""The vendor's kit as a zip builds every sample from what is in it; the parts list is right by its schema and complete."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["HUREN_BINARY_DIR"])
SCHEMAS = ROOT / "build/npm/node_modules/@cyclonedx/cyclonedx-library/res/schema"


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=55, **more)


class Kit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="huren-kit-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        done = run("cmake", "--install", BUILD, "--strip", "--prefix", cls.root / "usr")  # as it is shipped, without the debug information
        assert done.returncode == 0, done.stderr

    def tool(self, name, out):
        done = run(sys.executable, "-B", ROOT / "packaging/tools" / name, self.root / "usr", out)
        self.assertEqual(0, done.returncode, done.stderr)
        return out.read_bytes()

    def test_the_zip_builds_its_samples_from_nothing(self):
        kit = self.root / "kit.zip"
        self.assertEqual(self.tool("sdk_zip.py", self.root / "again.zip"), self.tool("sdk_zip.py", kit))
        self.assertEqual(0, run("unzip", "-q", kit, "-d", self.root / "vendor").returncode)
        top = next((self.root / "vendor").iterdir())
        for name in ("README.md", "README.zh-CN.md", "doc/UG-VENDOR-integration.md", "doc/UG-VENDOR-integration.zh-CN.md"):
            for target in re.findall(r"\]\(([^)#:]+)\)", (top / name).read_text(encoding="utf-8")):
                self.assertTrue((top / name).parent.joinpath(target).exists(), f"{name}: {target}")
        page = (top / "README.md").read_text(encoding="utf-8")
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.root), "LC_ALL": "C.UTF-8", "HUREN_INCLUDE": str(top / "include"), "HUREN_LIB": str(top / "lib"),
               "NODE_PATH": str(ROOT / "build/npm/node_modules")}
        told = []
        for language, block in re.findall(r"^## ([^\n]+)\n.*?^```sh\n(.*?)^```", page, re.M | re.S):
            shutil.rmtree(top / "hospital/data", ignore_errors=True)
            done = run("bash", "-euc", block, cwd=top, env=env)
            self.assertEqual((0, "closed"), (done.returncode, (done.stdout.splitlines() or [""])[-1]), f"{language}: {done.stdout}{done.stderr}")
            told.append(language)
        self.assertEqual(["C", "C++", "C#", "Java", "Pascal", "Python", "Node"], told)
        for step in (["-S", top / "cmake", "-B", self.root / "cmake", f"-DCMAKE_PREFIX_PATH={top}"], ["--build", self.root / "cmake"]):
            done = run("cmake", *step)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        shutil.rmtree(top / "hospital/data", ignore_errors=True)
        self.assertIn("closed", run(self.root / "cmake/c-host", top / "hospital").stdout)

    def test_the_page_names_every_package_that_the_library_and_its_modules_need(self):
        files = set()
        for module in [*(self.root / "usr").glob("lib/**/huren/*.so"), *(self.root / "usr").glob("lib/**/libhuren.so.1")]:
            named = run("objdump", "-p", module).stdout
            files |= {os.path.realpath(path) for name, path in re.findall(r"^\s*(lib\S+) => (\S+)", run("ldd", module).stdout, re.M) if name in named}
        files |= {f.removeprefix("/usr") for f in files}  # dpkg knows some by their path before /usr was merged
        needed = set(re.findall(r"^(\S+?):", run("dpkg-query", "-S", *files).stdout, re.M)) - {"libc6", "libgcc-s1", "libstdc++6"}
        self.assertIn("libpugixml1v5", needed)
        for page in ("README.md", "README.zh-CN.md"):
            told = re.search(r"apt-get install ((?:\\\n|[^\n])+)", (ROOT / "packaging/sdk" / page).read_text(encoding="utf-8")).group(1)
            self.assertEqual(needed, set(told.replace("\\", " ").split()), page)

    def test_the_parts_list_fits_its_schema_and_names_what_is_loaded(self):
        text = self.tool("sbom.py", self.root / "huren.cdx.json")
        parts = json.loads(text)
        store = {}
        for name in ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json"):
            store["http://cyclonedx.org/schema/" + name] = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
        schema = json.loads((SCHEMAS / "bom-1.5.SNAPSHOT.schema.json").read_text(encoding="utf-8"))
        checker = jsonschema.Draft7Validator(schema, resolver=jsonschema.RefResolver.from_schema(schema, store=store))
        self.assertEqual([], [f"{list(e.absolute_path)}: {e.message[:200]}" for e in checker.iter_errors(parts)])
        self.assertNotEqual([], list(checker.iter_errors({**parts, "components": [{"name": "no type"}]})))
        names = {p["name"]: p for p in parts["components"]}
        for name, use in (("libpocofoundation80", "loaded"), ("libssl3", "loaded"), ("libc6", "loaded"), ("libsqlite3-dev", "built in"), ("koffi", "test")):
            self.assertEqual(use, names[name]["properties"][0]["value"])
        self.assertEqual(len({p["bom-ref"] for p in parts["components"]}), len(parts["components"]))
        lock = json.loads((ROOT / "tests/interop/package-lock.json").read_text(encoding="utf-8"))
        self.assertEqual(len(lock["packages"]) - 1, sum(p["purl"].startswith("pkg:npm/") for p in parts["components"]))
        self.assertEqual(text, self.tool("sbom.py", self.root / "again.json"))


if __name__ == "__main__":
    unittest.main()
