"""Whole hospitals in trouble: two agents on one store; a store that is damaged, and its restore.

What was promised is compared from outside: the keys that got HUREN_OK against what results.list shows at the other hospital.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/demo"))
from hospitals import A, B, DOCTOR, PATIENT, Agent, Alliance, iso, now, report, wait_for  # noqa: E402

BUILD = pathlib.Path(os.environ["HUREN_BINARY_DIR"])


class Trouble(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=BUILD)
        self.hosts, self.more, self.mounted = [], [], None

    def tearDown(self):
        for host in self.hosts:
            if host.process.poll() is None:
                host.kill()
        for agent in self.more:
            if agent.process.poll() is None:
                agent.kill()
        self.alliance.kill_agents()
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.mounted)], check=True)
        self.folder.cleanup()

    def begin(self, mode):
        self.alliance = Alliance(BUILD, pathlib.Path(self.folder.name) / "out", mode=mode)
        return self.hosts_with_patient()

    def hosts_with_patient(self):
        a, b = self.alliance.start(A), self.alliance.start(B)
        self.hosts += [a, b]
        a.must_submit("patient.registered/1", "p1", {"patient": {"local_id": "A-0001", **PATIENT}})
        a.must_submit("referral.requested/1", "r1", {"referral_id": "ZZ-1", "patient_id": "A-0001", "to_partner": "city_hospital", "at": iso(now())})
        b.must_submit("patient.registered/1", "p1", {"patient": {"local_id": "B-1", **PATIENT}})
        b.must_submit("encounter.started/1", "e1", {"patient_id": "B-1", "encounter_id": "E-1", "doctor": DOCTOR, "at": iso(now())})
        return a, b

    def release(self, host, numbers):
        for number in numbers:
            host.must_submit("lab.report.released/1", f"{number}/1", report(number, ["GLU01"]))

    def shown(self, b):
        answer = b.query("results.list/1", {"patient_id": "B-1", "encounter_id": "E-1", "doctor": DOCTOR, "limit": 1000}, 10000)
        return sorted(r["report_number"] for r in answer["results"])

    def test_two_agents_on_one_store_the_second_waits_for_the_lease_and_goes_on_where_the_first_was_killed(self):
        a, b = self.begin("agent")
        second = Agent(BUILD, self.alliance.folder(A), self.alliance.out / "agent-a-second.log")
        self.more.append(second)
        log = self.alliance.folder(A) / "data/log/huren.log"
        wait_for("the second waits for the lease", lambda: b"lease.held_elsewhere" in log.read_bytes())
        self.assertEqual(1, log.read_bytes().count(b'"engine.live"'))
        self.release(a, ["R1", "R2"])
        wait_for("both arrive", lambda: self.shown(b) == ["R1", "R2"])
        self.alliance.kill_agent(A)
        self.release(a, ["R3", "R4"])
        wait_for("the second runs the pumps", lambda: log.read_bytes().count(b'"engine.live"') == 2)
        wait_for("all arrive, none twice", lambda: self.shown(b) == ["R1", "R2", "R3", "R4"])
        self.assertTrue(a.health()["live"])
        for host in (a, b):
            host.close()
        second.close()

    def damaged(self, mode):
        a, b = self.begin(mode)
        self.release(a, ["R1"])
        wait_for("the first arrives", lambda: self.shown(b) == ["R1"])
        store = self.alliance.folder(A) / "data/store.db"
        backup = self.alliance.out / "backup.db"
        self.alliance.ctl(A, "store", "backup", str(backup))
        self.alliance.ctl(A, "store", "check")
        a.close()
        if mode == "agent":
            self.alliance.agents.pop("a").close()
        with open(store, "r+b") as f:
            f.seek(0)
            f.write(b"not a database any more" * 1000)
        a = self.alliance.start(A)  # opens all the same: the HIS goes on submitting
        self.hosts.append(a)
        self.release(a, ["R2", "R3"])
        health = a.health()
        self.assertEqual((False, "storage.damaged"), (health["live"], health["fault"]))
        damaged = subprocess.run([str(BUILD / "bin/huren-ctl"), "--config", str(self.alliance.folder(A)), "store", "check"], capture_output=True, text=True, check=False)
        self.assertNotEqual(0, damaged.returncode)
        self.alliance.ctl(A, "store", "restore", str(backup))
        wait_for("the engine starts by itself", lambda: a.health()["live"])
        wait_for("what was submitted meanwhile arrives", lambda: self.shown(b) == ["R1", "R2", "R3"])
        self.assertTrue(list(store.parent.glob("store.db.before-restore-*")), "the damaged file is kept")
        for host in (a, b):
            host.close()
        self.alliance.stop_agents()

    def test_a_full_disk_refuses_submits_with_store_full_loses_nothing_and_recovers_by_itself(self):
        data = pathlib.Path(self.folder.name) / "small"
        data.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(data)], check=False, stderr=subprocess.DEVNULL).returncode == 0
        if not mounted:
            print("no small file system can be mounted here: the same faults are rehearsed by tests/fault/storage on FaultVfs")
        self.mounted = data if mounted else None
        self.alliance = Alliance(BUILD, pathlib.Path(self.folder.name) / "out")
        if not mounted:
            return
        config = self.alliance.folder(A) / "local.toml"
        config.write_text(config.read_text().replace('directory = "data"', f'directory = "{data}"'))
        a, b = self.hosts_with_patient()
        ballast = data / "ballast"
        with open(ballast, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass
        taken, refused = [], []
        for i in range(400):
            status, _ = a.submit("lab.report.released/1", f"R{i:03d}/1", report(f"R{i:03d}", ["GLU01"]))
            self.assertIn(status, (0, -203), "stored, or HUREN_E_STORE_FULL")
            (refused if status else taken).append(f"R{i:03d}")
            if len(refused) == 3:
                break
        self.assertEqual(3, len(refused), "the disk is full at last")
        ballast.unlink()
        self.release(a, refused)  # the same keys again
        wait_for("all that was taken arrives, once", lambda: self.shown(b) == sorted(taken + refused), 60)
        for host in (a, b):
            host.close()

    def test_a_damaged_store_does_not_stop_submits_and_its_restore_is_taken_up_embedded(self):
        self.damaged("embedded")

    def test_a_damaged_store_does_not_stop_submits_and_its_restore_is_taken_up_by_the_agent(self):
        self.damaged("agent")


if __name__ == "__main__":
    unittest.main()
