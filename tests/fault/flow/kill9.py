"""I1, I2, I5, I8, I9 over the whole way: SIGKILL of a process at random moments, then a count.

usage: kill9.py --build DIR --out DIR [--rounds N] [--seed N] [--mode embedded|agent]
embedded: the victims are the two HIS processes. agent: each hospital has a huren-agent and A two HIS processes that share
one spool; the victims are all five. A dead agent comes back at the end of the round, as its service manager would have it.
The journal of what A's HIS was told is on disk (HUREN_OK) stands on one side, what B's doctors are shown (results.list) on
the other; huren's own tables are not looked at. Exit 0: lost 0, doubled 0, misordered 0, and nothing waits for a person.
"""
import argparse
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))
from hospitals import A, B, DOCTOR, Alliance, Failed, iso, now, report, wait_for  # noqa: E402

PER_PATIENT = 40


def resident_id(index):
    """Synthetic, with a right check digit (GB 11643)."""
    body = f"420500{1950 + index % 50:04d}0101{index % 500 * 2 + 1:03d}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights)) % 11]


def patient(index):
    rid = resident_id(index)
    return {"name": f"测试{index}", "sex": "male", "birth_date": f"{rid[6:10]}-01-01", "identifiers": [{"type": "resident_id", "value": rid}]}


class Soak:
    def __init__(self, args):
        self.random = random.Random(args.seed)
        self.rounds = args.rounds
        self.alliance = Alliance(args.build, args.out, mode=args.mode)
        for side in (A, B):  # several deaths a second: eight in one message's life would pass for a message that kills (I8)
            text = self.alliance.folder(side) / "local.toml"
            text.write_text(text.read_text().replace("retry_first_ms = 100\n", "retry_first_ms = 100\nmax_attempts = 1000\n"))
        self.hosts = {"a": self.alliance.start(A), "b": self.alliance.start(B)}
        self.of = {"a": A, "b": B}
        if args.mode == "agent":
            self.of["a2"] = A
            self.hosts["a2"] = self.alliance.start(A)
        self.victims = list(self.of) + (["agent a", "agent b"] if args.mode == "agent" else [])
        self.journal = {}   # report number -> (patient, last version that A's HIS was told is safe)
        self.patients = -1
        self.kills = dict.fromkeys(self.victims, 0)

    def restart(self, name):
        self.hosts[name] = self.alliance.start_host(self.of[name], name)

    def sure_submit(self, event_type, key, body):
        """As a HIS would: the same key again until there is an answer. HUREN_DUPLICATE is as good as HUREN_OK."""
        name = self.random.choice([n for n in self.of if self.of[n] is A])
        while True:
            try:
                status, why = self.hosts[name].submit(event_type, key, body)
                if status in (0, 1):
                    return
                raise Failed(f"{event_type} {key}: {status} {why}")
            except (BrokenPipeError, Failed) as e:
                if isinstance(e, Failed) and "the host is gone" not in str(e):
                    raise
                self.restart(name)

    def new_patient(self):
        self.patients += 1
        i = self.patients
        self.sure_submit("patient.registered/1", f"p{i}", {"patient": {"local_id": f"A-{i}", **patient(i)}})
        self.sure_submit("referral.requested/1", f"r{i}", {"referral_id": f"ZZ-{i}", "patient_id": f"A-{i}", "to_partner": "city_hospital", "at": iso(now())})

    def one_round(self, number):
        victim = self.random.choice(self.victims)
        delay = self.random.random() * 0.06
        hit = self.alliance.agents[victim[-1]] if victim.startswith("agent") else self.hosts[victim]
        timer = threading.Timer(delay, hit.kill)
        timer.start()
        for i in range(self.random.randint(2, 6)):
            if len(self.journal) % PER_PATIENT == 0 and f"R{number}-{i}" not in self.journal:
                self.new_patient()
            name = f"R{number}-{i}"
            body = report(name, ["GLU01"], values={"GLU01": f"{4 + i}.{number % 10}"})
            body["report"]["patient"] = {"local_id": f"A-{self.patients}", **patient(self.patients)}
            self.sure_submit("lab.report.released/1", f"{name}/1", body)
            self.journal[name] = (self.patients, 1)
            if self.random.random() < 0.3:  # an amendment right behind: it must end on top (I5)
                body["report"].update(version=2, status="corrected", amendment_reason="复核")
                body["report"]["observations"][0]["status"] = "corrected"
                self.sure_submit("lab.report.amended/1", f"{name}/2", body)
                self.journal[name] = (self.patients, 2)
        timer.join()
        self.kills[victim] += 1
        if victim.startswith("agent"):
            self.alliance.start_agent(self.of[victim[-1]])
        elif hit is self.hosts[victim]:
            self.restart(victim)

    def shown(self):
        rows = []
        b = self.hosts["b"]
        for i in range(self.patients + 1):
            b.must_submit("patient.registered/1", f"p{i}", {"patient": {"local_id": f"B-{i}", **patient(i)}})
            b.must_submit("encounter.started/1", f"e{i}", {"patient_id": f"B-{i}", "encounter_id": f"E-{i}", "doctor": DOCTOR, "at": iso(now())})
            answer = b.query("results.list/1", {"patient_id": f"B-{i}", "encounter_id": f"E-{i}", "doctor": DOCTOR, "limit": 1000}, 10000)
            rows += [(r["report_number"], i, r["version"]) for r in answer["results"]]
        return rows

    def run(self):
        for number in range(self.rounds):
            self.one_round(number)
        wait_for("A's outbox empty", lambda: self.hosts["a"].health()["outbox_waiting"] == 0 and self.hosts["a"].health()["spool"] == 0, 120)
        wait_for("B's inbox applied", lambda: self.hosts["b"].health()["inbox_waiting"] == 0, 60)
        rows = self.shown()
        numbers = [r[0] for r in rows]
        lost = [n for n in self.journal if n not in numbers]
        doubled = len(numbers) - len(set(numbers))
        wrong = [r for r in rows if (r[1], r[2]) != self.journal.get(r[0])]
        parked = self.hosts["a"].health()["outbox_parked"]
        print(f"rounds {self.rounds}, killed {', '.join(f'{name} {n} times' for name, n in self.kills.items())}; reports {len(self.journal)}: "
              f"lost {len(lost)}, doubled {doubled}, misordered or misplaced {len(wrong)}, waiting for a person {parked}")
        for host in self.hosts.values():
            host.close()
        self.alliance.stop_agents()
        return not lost and not doubled and not wrong and not parked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--mode", choices=["embedded", "agent"], default="embedded")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    print(f"seed {args.seed}")
    soak = Soak(args)
    try:
        return 0 if soak.run() else 1
    finally:
        soak.alliance.kill_agents()


sys.exit(main())
