"""The systemd unit shuts huren-agent in: systemd's own judgement of it, and that the judgement is one."""
import pathlib
import re
import subprocess
import tempfile
import unittest

UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging/systemd/huren-agent.service"


def exposure(text):
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "huren-agent.service"
        unit.write_text(text, encoding="utf-8")
        said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True, check=False).stdout
    return float(re.search(r"Overall exposure level for huren-agent.service: ([\d.]+)", said).group(1))


class Service(unittest.TestCase):
    def test_the_unit_is_exposed_less_than_three(self):
        text = UNIT.read_text(encoding="utf-8")
        self.assertLess(exposure(text), 3.0)
        self.assertGreater(exposure(re.sub(r"^(Protect|Private|Restrict|Capability|SystemCall|NoNew)\w*=.*\n", "", text, flags=re.M)), 3.0)

    def test_the_unit_runs_as_an_account_of_its_own_and_says_what_it_may_write(self):
        settings = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.M))
        self.assertEqual(("strict", "yes", "huren", "huren", "/var/spool/huren -/etc/huren"),
                         tuple(settings[k] for k in ("ProtectSystem", "NoNewPrivileges", "User", "StateDirectory", "ReadWritePaths")))
        self.assertEqual("/etc/huren/local.toml", settings["ConditionPathExists"])


if __name__ == "__main__":
    unittest.main()
