"""An installation holds what a hospital and a vendor need, runs from where it was put, and a vendor's CMake finds it."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

BUILD = os.environ["HUREN_BINARY_DIR"]
SDK = pathlib.Path(__file__).resolve().parents[2] / "packaging/sdk"
SYSTEM = ["huren-engine.so", "huren-store-sqlite.so", "huren-partner-mllp.so", "huren-partner-loopback.so",
          "huren-partner-https.so", "huren-his-hl7v2_feed.so", "huren-his-cds_hooks.so", "huren-his-db_view.so", "huren-his-soap_xml.so"]
CONFIG = '[hospital]\ncode = "A"\nname = "A"\n'


def cache(name):
    with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as f:
        return next((line.split("=", 1)[1].strip() for line in f if line.startswith(name + ":")), "")


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=55, **more)


class Installation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="huren-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        done = run("cmake", "--install", BUILD, "--prefix", cls.root / "usr")
        assert done.returncode == 0, done.stderr
        cls.usr = cls.root / "usr"
        cls.lib = cls.usr / (cache("CMAKE_INSTALL_LIBDIR") or "lib")

    def config(self, name, more=""):
        folder = self.root / name
        folder.mkdir()
        (folder / "local.toml").write_text(CONFIG + more, encoding="utf-8")
        return folder

    def test_an_installation_has_its_parts(self):
        adapters = sorted(p.name for p in pathlib.Path(BUILD, "lib").glob("huren-*-*.so"))
        self.assertLessEqual(set(SYSTEM[1:]), set(adapters))
        self.assertEqual(sorted(["huren-engine.so", *adapters]), sorted(os.listdir(self.lib / "huren")))
        self.assertEqual("libhuren.so.1", os.readlink(self.lib / "libhuren.so"))
        for name in ("include/huren/huren.h", "lib/systemd/system/huren-agent.service", "lib/sysusers.d/huren.conf", "lib/tmpfiles.d/huren.conf",
                     "share/huren/schemas/event/lab.report.released.1.schema.json", "share/huren/schemas/event/lab.report.released.1.example.json",
                     "share/huren/schemas/query/order.check.1.request.schema.json", "share/huren/schemas/catalog/status.csv"):
            self.assertTrue((self.usr / name).is_file(), name)

    def test_the_programs_run_from_there(self):
        for program in ("huren-ctl", "huren-agent"):
            self.assertRegex(run(self.usr / "bin" / program, "--version").stdout, program + r" \d+\.\d+\.\d+")
        said = run(self.usr / "bin/huren-ctl", "--lang", "en", "--config", self.config("doctor"), "doctor")  # as far as the store: its adapter was found
        self.assertNotIn("adapter", said.stderr, said.stderr)
        self.assertIn(said.returncode, (0, 1), said.stdout + said.stderr)

    def test_words_that_the_agent_does_not_know_are_told_in_both_languages(self):
        for words, cure in ((("--lang", "en"), "The word --lang fits nowhere: see huren-agent --help"), (("extra",), "The word extra fits nowhere"), (("--config",), "--config lacks its value")):
            said = run(self.usr / "bin/huren-agent", *words)
            self.assertEqual(2, said.returncode, words)
            self.assertIn(cure, said.stderr)
            self.assertRegex(said.stderr, "[\u4e00-\u9fff]")

    def test_the_agent_found_by_the_shells_path_finds_its_engine(self):
        folder = self.config("agent", '[engine]\nmode = "agent"\n')
        agent = subprocess.Popen(["huren-agent", "--config", str(folder)], env={**os.environ, "PATH": f"{self.usr / 'bin'}:{os.environ['PATH']}"}, cwd=self.root,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            first = agent.stdout.readline()
            self.assertIn('"agent.started"', first)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.communicate(timeout=30)
        self.assertEqual(0, agent.returncode)

    def test_a_vendors_cmake_finds_huren_and_its_programs_run(self):
        sdk = self.root / "sdk"
        shutil.copytree(SDK, sdk)
        flags = f"-fsanitize={cache('HUREN_SANITIZE')}" if cache("HUREN_SANITIZE") else ""  # a sanitized module wants a sanitized host
        settings = [f"-DCMAKE_PREFIX_PATH={self.usr}", "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}"]
        for step in (["-S", sdk / "cmake", "-B", self.root / "vendor", *settings], ["--build", self.root / "vendor"]):
            done = run("cmake", *step)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        for host in ("c-host", "cpp-host"):
            shutil.rmtree(sdk / "hospital/data", ignore_errors=True)
            said = run(self.root / "vendor" / host, sdk / "hospital")
            self.assertEqual((0, "closed"), (said.returncode, said.stdout.splitlines()[-1]), said.stdout + said.stderr)
        (sdk / "cmake/CMakeLists.txt").write_text((sdk / "cmake/CMakeLists.txt").read_text().replace("huren 0.1", "huren 99.0"))
        told = run("cmake", "-S", sdk / "cmake", "-B", self.root / "later", *settings)
        self.assertNotEqual(0, told.returncode)
        self.assertIn("99.0", told.stderr)


if __name__ == "__main__":
    unittest.main()
