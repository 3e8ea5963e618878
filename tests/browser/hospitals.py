"""Starts the hospitals that the browser visits and does what their HIS does; the browser (flows.mjs) talks to it by lines.

usage: hospitals.py --build BUILD --out FOLDER [--modules node_modules] [--images FOLDER]
Promises: runs the browser against running hospitals and passes on whether it was content. Refuses: a run of the browser
without hospitals.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "console"))
from pair import A, ANALYTES, B, DOCTOR, PASSWORD, PATIENT, Failed, Pair, iso, lis_message, now, report, wait_for  # noqa: E402


def modules(given):
    """node_modules with playwright-core and axe-core: given, or installed once beside the build."""
    if given:
        return pathlib.Path(given)
    place = HERE.parents[1] / "build/npm-browser"
    lock = HERE / "package-lock.json"
    if not (place / "package-lock.json").exists() or (place / "package-lock.json").read_bytes() != lock.read_bytes() or not (place / "node_modules").exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, place / name)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=place, check=True)
    return place / "node_modules"


class Stage(Pair):
    """What the browser may ask for: each verb is one thing that a HIS, a laboratory or an operator does."""

    def __init__(self, build, out, mode):
        super().__init__(build, out, mode=mode)
        toml = self.alliance.folder(B) / "local.toml"  # B knows nobody yet: the newcomer's task
        text = re.sub(r"\[partner\.county_hospital\].*?(?=\n\[codes\])", "", toml.read_text(), flags=re.S)
        toml.write_text(text)

    def do_facts(self):
        return {"a": self.ports["a"], "b": self.ports["b"], "mllp_a": self.alliance.ports["a"], "print_a": (self.alliance.out / "certs/a.sha256").read_text().strip(),
                "password": PASSWORD, "code_a": A["code"], "name_a": A["name"]}

    def do_patient(self):
        """Everything that says who the patient is or what was found: none of it may stand in an address."""
        words = [PATIENT["name"], PATIENT["phone"], PATIENT["birth_date"], PATIENT["birth_date"].replace("-", ""), *(i["value"] for i in PATIENT["identifiers"]),
                 "A-0001", "B-7001", "MZ-B-1", "YZ-1", "YZ-2", "LIS-1001", "LIS-0907", "LIS-3003", "LIS-4004", "ZZ-1", "ZZ-2", DOCTOR["id"], DOCTOR["name"],
                 *(name for name, *_ in ANALYTES.values()), "27.30", "5.42"]
        return sorted({w for word in words for w in (word, urllib.parse.quote(word))})

    def do_sentences(self):
        """Every fault of the catalogue with its words, as the console answers it."""
        rows = []
        for file in sorted((HERE.parents[1] / "schemas/catalog/messages").glob("*.csv")):
            with open(file, encoding="utf-8", newline="") as f:
                rows += [{"id": r["id"], "zh": r["zh"], "en": r["en"]} for r in csv.DictReader(f)]
        return rows

    def do_refused(self):
        """A message of A's laboratory system that A does not take."""
        bad = self.alliance.out / "bad.hl7"
        bad.write_text(lis_message().replace("PID|1||A-0001", "PIX|1||A-0001"))
        done = subprocess.run([str(self.alliance.build / "bin/huren-ctl"), "hl7", "send", f"127.0.0.1:{self.alliance.ports['feed']}", str(bad)], capture_output=True, text=True, check=False)
        return done.returncode == 1

    def do_urgent_referral(self):
        """A sends this patient again, urgently, with a document and the reports that go with it."""
        self.hosts["a"].must_submit("referral.requested/1", "r2", {"referral_id": "ZZ-2", "patient_id": "A-0001", "to_partner": "city_hospital", "priority": "urgent",
                                                                   "reason": "酮症可能，请收治", "at": iso(now())})
        wait_for("B has both referrals", lambda: len(self.hosts["b"].query("referral.list/1", {"patient_id": "B-7001", "doctor": DOCTOR, "limit": 10})["referrals"]) == 2)
        return True

    def do_token(self, hospital):
        return self.token(A if hospital == "a" else B)

    def do_traffic(self):
        return len(self.traffic())

    def do_amend(self):
        """A corrects one report and withdraws the other: the doctor at B has seen both."""
        a = self.hosts["a"]
        a.must_submit("lab.report.amended/1", "LIS-1001/2", report("LIS-1001", ["GLU01", "TC01", "TG01", "HDL01"], version=2, values={"GLU01": "5.95"}, status="corrected"))
        a.must_submit("lab.report.withdrawn/1", "LIS-0907/2", {"number": "LIS-0907", "version": 2, "reason": "标本错误", "at": iso(now())})
        wait_for("B holds both", lambda: {r.get("banner") for r in self.hosts["b"].query("results.list/1", {**self.visit(), "limit": 100})["results"]} >= {"corrected", "retracted"})
        return True

    def do_critical(self):
        self.hosts["a"].must_submit("lab.report.released/1", "LIS-3003/1", self.critical())
        wait_for("the critical result", lambda: any(r["critical"] for r in self.hosts["b"].query("results.list/1", {**self.visit(), "limit": 100})["results"]))
        return True

    @staticmethod
    def critical():
        body = report("LIS-3003", ["GLU01"], values={"GLU01": "27.30"}, hours=3)
        body["report"]["observations"][0]["flags"] = ["HH"]
        return body

    def do_results(self):
        return len(self.hosts["b"].query("results.list/1", {**self.visit(), "limit": 100})["results"])

    def do_link(self):
        return self.hosts["b"].query("panel.link/1", self.visit())["url"]

    def do_park(self):
        """A message of A that its operator held back while B was away."""
        if self.alliance.mode == "agent":
            self.alliance.agents.pop("b").close()
        else:
            self.hosts.pop("b").close()
        try:
            self.hosts["a"].must_submit("lab.report.released/1", "LIS-4004/1", report("LIS-4004", ["TC01"]))
            row = wait_for("a message waits", lambda: [r for r in self.alliance.ctl_json(A, "outbox", "list") if r["subject"].endswith("LIS-4004")])[0]
            park = [str(self.alliance.build / "bin/huren-ctl"), "--config", str(self.alliance.folder(A)), "outbox", "park", str(row["id"])]
            wait_for("it can be held back", lambda: subprocess.run(park, capture_output=True, check=False).returncode == 0)
        finally:
            if self.alliance.mode == "agent":
                self.alliance.start_agent(B)
            else:
                self.hosts["b"] = self.alliance.start_host(B, "b")
        client = self.client(B)
        wait_for("the console of B answers again", lambda: self.answers(client))
        return row["id"]

    def do_delivered(self, number):
        rows = self.alliance.ctl_json(A, "outbox", "list")
        return any(r["subject"].endswith(number) and r["state"] == "delivered" for r in rows)

    def do_local_toml(self, hospital):
        return (self.alliance.folder(A if hospital == "a" else B) / "local.toml").read_text()

    def answer(self, line):
        verb, *words = json.loads(line)
        try:
            return {"ok": getattr(self, "do_" + verb)(*words)}
        except Failed as failed:
            return {"error": str(failed)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--modules")
    parser.add_argument("--images", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--mode", default="agent", choices=("agent", "embedded"))
    args = parser.parse_args()
    node_modules = modules(args.modules)
    stage = Stage(args.build, args.out, args.mode)
    good = False
    try:
        stage.start()
        images = pathlib.Path(args.images or args.out / "images").resolve()
        images.mkdir(parents=True, exist_ok=True)
        # Modules are found beside the script: the flows run from a copy next to node_modules.
        for script in HERE.glob("*.mjs"):
            shutil.copy(script, node_modules.parent / script.name)
        browser = subprocess.Popen(["node", str(node_modules.parent / "flows.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   env={**os.environ, "HUREN_IMAGES": str(images), "HUREN_ONLY": args.only})
        for line in browser.stdout:
            if line.startswith("["):
                browser.stdin.write(json.dumps(stage.answer(line), ensure_ascii=False) + "\n")
                browser.stdin.flush()
            else:
                print(line, end="", flush=True)
        good = browser.wait() == 0
    except Failed as failed:
        print(f"FAILED: {failed}", file=sys.stderr)
    finally:
        stage.stop(good)
    sys.exit(0 if good else 1)


main()
