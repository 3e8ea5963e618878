"""I2, I5, I9 with a network that swallows packets: both hospitals in a network namespace of their own, nftables drops what
goes to B's port, then what comes from it, then every third packet. A's journal against what B's doctors are shown.

usage: netns_drop.py --build DIR --out DIR
Exit 0: lost 0, doubled 0, newest versions on top. 77: no namespace or no nftables here, and says which (ctest counts a skip).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))
from hospitals import A, B, DOCTOR, Alliance, iso, now, report, wait_for  # noqa: E402

INSIDE = "HUREN_INSIDE_NETNS"
PATIENT = {"name": "测试", "sex": "female", "birth_date": "1949-12-31", "identifiers": [{"type": "resident_id", "value": "11010519491231002X"}]}


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def enter():
    """The same program again, in a namespace where nobody else is."""
    for tool in ("unshare", "nft", "ip"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        skip("network namespaces cannot be made here (root is needed)")
    if subprocess.run(["unshare", "-n", "nft", "add table inet try"], capture_output=True, check=False).returncode:
        skip("this kernel has no nftables")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


def nft(text):
    subprocess.run(["nft", text], check=True)


class Flow:
    def __init__(self, args):
        self.alliance = Alliance(args.build, args.out)
        text = self.alliance.folder(A) / "local.toml"
        kept, _ = text.read_text().split("[delivery]")
        text.write_text(kept + "[delivery]\ndeliver_timeout_ms = 1000\nretry_first_ms = 100\nretry_ceiling_ms = 500\nmax_attempts = 1000\n")
        self.a, self.b = self.alliance.start(A), self.alliance.start(B)
        self.journal = {}
        self.a.must_submit("patient.registered/1", "p", {"patient": {"local_id": "A-1", **PATIENT}})
        self.b.must_submit("patient.registered/1", "p", {"patient": {"local_id": "B-1", **PATIENT}})
        self.b.must_submit("encounter.started/1", "e", {"patient_id": "B-1", "encounter_id": "E-1", "doctor": DOCTOR, "at": iso(now())})
        self.a.must_submit("referral.requested/1", "r", {"referral_id": "Z1", "patient_id": "A-1", "to_partner": "city_hospital", "at": iso(now())})

    def release(self, name):
        body = report(name, ["GLU01"], values={"GLU01": "5.1"})
        body["report"]["patient"] = {"local_id": "A-1", **PATIENT}
        self.a.must_submit("lab.report.released/1", f"{name}/1", body)
        body["report"].update(version=2, status="corrected", amendment_reason="复核")
        body["report"]["observations"][0]["status"] = "corrected"
        self.a.must_submit("lab.report.amended/1", f"{name}/2", body)
        self.journal[name] = 2

    def delivered(self):
        wait_for("A's outbox empty", lambda: self.a.health()["outbox_waiting"] == 0 and self.a.health()["spool"] == 0, 60)
        wait_for("B's inbox applied", lambda: self.b.health()["inbox_waiting"] == 0, 30)

    def check(self):
        answer = self.b.query("results.list/1", {"patient_id": "B-1", "encounter_id": "E-1", "doctor": DOCTOR, "limit": 1000}, 10000)
        shown = [(r["report_number"], r["version"]) for r in answer["results"]]
        lost = [n for n in self.journal if n not in [s[0] for s in shown]]
        doubled = len(shown) - len({s[0] for s in shown})
        wrong = [s for s in shown if self.journal.get(s[0]) != s[1]]
        print(f"reports {len(self.journal)}: lost {len(lost)}, doubled {doubled}, misordered {len(wrong)}, waiting for a person {self.a.health()['outbox_parked']}")
        return not lost and not doubled and not wrong and self.a.health()["outbox_parked"] == 0

    def run(self):
        port = self.alliance.ports["b"]
        nft("add table inet huren")
        nft("add chain inet huren in { type filter hook input priority 0; }")
        self.release("N0")
        self.delivered()  # a connection is kept from here on
        for number, rule in enumerate((f"tcp dport {port} drop", f"tcp sport {port} drop", f"tcp dport {port} numgen inc mod 3 0 drop",
                                       f"tcp sport {port} ct state new,established meta length > 200 drop", f"tcp dport {port} reject with tcp reset")):
            print(rule)
            nft(f"add rule inet huren in {rule}")
            for i in range(3):
                self.release(f"N{number}-{i}")
            time.sleep(2)
            nft("flush chain inet huren in")
            self.delivered()
        good = self.check()
        self.a.close()
        self.b.close()
        return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    if INSIDE not in os.environ:
        enter()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    flow = Flow(args)
    try:
        return 0 if flow.run() else 1
    finally:
        flow.alliance.kill_agents()


if __name__ == "__main__":
    sys.exit(main())
