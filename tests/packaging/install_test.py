"""An installation holds what a hospital and a vendor need, and runs from where it was put."""
import os
import subprocess
import tempfile
import unittest

BUILD = os.environ["HUREN_BINARY_DIR"]
MODULES = ["libhuren.so", "huren-engine.so", "huren-store-sqlite.so", "huren-partner-mllp.so", "huren-partner-loopback.so",
           "huren-partner-https.so", "huren-his-hl7v2_feed.so", "huren-his-cds_hooks.so"]


class Installation(unittest.TestCase):
    def test_an_installation_has_its_parts_and_huren_ctl_runs_there(self):
        with tempfile.TemporaryDirectory() as root:
            done = subprocess.run(["cmake", "--install", BUILD, "--prefix", os.path.join(root, "usr")], capture_output=True, text=True,
                                  check=False, stdin=subprocess.DEVNULL)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertEqual(sorted(MODULES), sorted(os.listdir(os.path.join(root, "usr/lib/huren"))))
            for name in ("include/huren/huren.h", "share/doc/huren/copyright", "share/doc/huren/local.toml.example", "lib/systemd/system/huren-agent.service",
                         "lib/sysusers.d/huren.conf", "lib/tmpfiles.d/huren.conf"):
                self.assertTrue(os.path.isfile(os.path.join(root, "usr", name)), name)
            ctl = os.path.join(root, "usr/bin/huren-ctl")
            self.assertRegex(subprocess.run([ctl, "--version"], capture_output=True, text=True, check=True).stdout, r"huren-ctl \d+\.\d+\.\d+")
            agent = os.path.join(root, "usr/bin/huren-agent")
            self.assertRegex(subprocess.run([agent, "--version"], capture_output=True, text=True, check=True).stdout, r"\d+\.\d+\.\d+")
            self.check_doctor(root, ctl)

    def check_doctor(self, root, ctl):
        """huren-ctl finds its adapters beside itself: the doctor gets as far as the store."""
        config = os.path.join(root, "config")
        os.mkdir(config)
        with open(os.path.join(config, "local.toml"), "w", encoding="utf-8") as f:
            f.write('[hospital]\ncode = "A"\nname = "A"\n')
        said = subprocess.run([ctl, "--lang", "en", "--config", config, "doctor"], capture_output=True, text=True, check=False)
        self.assertNotIn("adapter", said.stderr, said.stderr)
        self.assertIn(said.returncode, (0, 1), said.stdout + said.stderr)


if __name__ == "__main__":
    unittest.main()
