"""I2, I8 through a vendor's tables: SIGKILL of whatever polls them (his.db_view) at random moments, then a count.

usage: feed_kill9.py --build DIR --out DIR [--database sqlite|postgresql] [--mode embedded|agent] [--rounds N] [--seed N]
embedded: the victims are the HIS processes, which hold the engine. agent: the hospitals' agents. A's laboratory writes and corrects
reports in its middle table; B's doctors recognise results by rows of theirs, and what was recognised is written back.
The vendor's own tables stand on one side, what B's doctors are shown (results.list) on the other. Exit 0: lost 0, doubled 0
(a report taken twice would be one version more), and every decision written back once. 77: no PostgreSQL here.
"""
import argparse
import pathlib
import random
import sqlite3
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/demo"))
from hospitals import A, B, DOCTOR, PATIENT, Alliance, Failed, iso, now, wait_for  # noqa: E402

FEED = """
[feed.his]
adapter = "his.db_view"
mapping = "middle_table"
database = "{database}"
connection_file = "his.txt"
poll_ms = 20
settle_ms = 0
"""
TABLES = (ROOT / "tests/support/his/middle_tables.sql").read_text(encoding="utf-8").split("\n", 1)[1]


class Server:
    """PostgreSQL for the test, or nothing for SQLite."""

    def __init__(self, database):
        self.socket = None
        if database == "postgresql":
            started = subprocess.run(["bash", str(ROOT / "tests/support/postgres.sh"), "start"], capture_output=True, text=True, check=False)
            if started.returncode == 77:
                print("SKIP: PostgreSQL is not installed; ./dev setup brings it")
                sys.exit(77)
            if started.returncode != 0:
                raise Failed(started.stderr)
            self.socket = started.stdout.strip()

    def stop(self):
        if self.socket:
            subprocess.run(["bash", str(ROOT / "tests/support/postgres.sh"), "stop", self.socket], check=False)


class Vendor:
    """One hospital's middle tables and the vendor's own way to them."""

    def __init__(self, server, folder, name):
        self.postgres = server.socket is not None
        if self.postgres:
            import psycopg2  # noqa: PLC0415  only where there is a server
            where = f"host={server.socket} user=postgres dbname="
            admin = psycopg2.connect(where + "postgres")
            admin.autocommit = True
            admin.cursor().execute(f"CREATE DATABASE {name}")
            admin.close()
            self.connection, words = psycopg2.connect(where + name), where + name
        else:
            words = str(folder / "vendor.db")
            self.connection = sqlite3.connect(words, timeout=30)
        (folder / "his.txt").write_text(words + "\n")
        with (folder / "local.toml").open("a", encoding="utf-8") as config:
            config.write(FEED.format(database="postgresql" if self.postgres else "sqlite"))
        for statement in TABLES.split(";"):
            if statement.strip():
                self.change((statement, ()))

    def change(self, *statements):
        """All of them in one transaction, as a careful vendor writes."""
        with self.connection:
            cursor = self.connection.cursor()
            for text, values in statements:
                cursor.execute(text.replace("?", "%s") if self.postgres else text, values)

    def ask(self, text):
        cursor = self.connection.cursor()
        cursor.execute(text)
        rows = cursor.fetchall()
        self.connection.rollback()
        return rows


class Soak:
    def __init__(self, args):
        self.random = random.Random(args.seed)
        self.rounds = args.rounds
        self.server = Server(args.database)
        self.alliance = Alliance(args.build, args.out, mode=args.mode)
        self.vendors = {"a": Vendor(self.server, self.alliance.folder(A), "lis"), "b": Vendor(self.server, self.alliance.folder(B), "his")}
        self.of = {"a": A, "b": B}
        self.hosts = {key: self.alliance.start(where) for key, where in self.of.items()}
        self.agents = args.mode == "agent"
        self.versions = {}    # report number -> how often its content was new
        self.decisions = {}   # result id -> decision id
        self.decided = set()  # report numbers that a doctor used: they are not corrected afterwards
        self.kills = dict.fromkeys(self.of, 0)
        a, b = self.hosts["a"], self.hosts["b"]
        a.must_submit("patient.registered/1", "p", {"patient": {"local_id": "P1", **PATIENT}})
        a.must_submit("referral.requested/1", "r", {"referral_id": "ZZ-1", "patient_id": "P1", "to_partner": "city_hospital", "at": iso(now())})
        b.must_submit("patient.registered/1", "p", {"patient": {"local_id": "B1", **PATIENT}})
        b.must_submit("encounter.started/1", "e", {"patient_id": "B1", "encounter_id": "E1", "doctor": DOCTOR, "at": iso(now())})

    def release(self, number):
        taken, told = str(now(5)), str(now(3))
        rows = [("INSERT INTO MID_RESULT(REPORT_NO, PATIENT_ID, PATIENT_NAME, SEX, BIRTHDAY, ID_CARD, SAMPLE, SAMPLE_TIME, CHECK_TIME, ITEM_NO, ITEM_CODE, ITEM_NAME, RESULT, UNIT, REF_RANGE, STATE, SEND_FLAG)"
                 " VALUES(?, 'P1', ?, '2', ?, ?, '血清', ?, ?, ?, ?, ?, ?, 'mmol/L', ?, '1', '0')",
                 (number, PATIENT["name"], PATIENT["birth_date"], PATIENT["identifiers"][0]["value"], taken[:19], told[:19], n, code, name, value, span))
                for n, (code, name, value, span) in enumerate((("GLU01", "葡萄糖", "5.42", "3.9-6.1"), ("TC01", "总胆固醇", "4.80", "2.8-5.2")), 1)]
        self.vendors["a"].change(*rows)
        self.versions[number] = 1

    def correct(self):
        """A report that was taken: its new value is a new version, whatever is killed meanwhile."""
        taken = self.vendors["a"].ask("SELECT REPORT_NO FROM MID_RESULT GROUP BY REPORT_NO HAVING MIN(SEND_FLAG) = '1'")
        once = sorted(n for (n,) in taken if self.versions[n] == 1 and n not in self.decided)
        if once:
            number = self.random.choice(once)
            self.vendors["a"].change(("UPDATE MID_RESULT SET RESULT = '6.90', STATE = '2', SEND_FLAG = '0' WHERE REPORT_NO = ? AND ITEM_NO = 1", (number,)),
                                     ("UPDATE MID_RESULT SET STATE = '2', SEND_FLAG = '0' WHERE REPORT_NO = ? AND ITEM_NO = 2", (number,)))
            self.versions[number] = 2

    def decide(self):
        free = [r for r in self.shown() if r["number"] not in self.decided and r["code"] == "GLU" and r["version"] == self.versions[r["number"]]]
        if free:
            chosen = self.random.choice(free)
            result = chosen["result_id"]
            decision = f"HR-{len(self.decisions)}"
            self.vendors["b"].change(("INSERT INTO MID_DECISION(DECISION_ID, OUTCOME, ITEM_CODE, PATIENT_ID, VISIT_ID, DOCTOR_CODE, DOCTOR_NAME, RESULT_IDS, DECIDED_TIME, SEND_FLAG)"
                                      " VALUES(?, 'accepted', '250101', 'B1', 'E1', 'D1027', '赵敏', ?, ?, '0')", (decision, result, str(now())[:19])))
            self.decisions[result] = decision
            self.decided.add(chosen["number"])

    def shown(self):
        answer = self.hosts["b"].query("results.list/1", {"patient_id": "B1", "encounter_id": "E1", "doctor": DOCTOR, "limit": 1000}, 10000)
        return [{"result_id": r["result_id"], "code": r["item"]["code"], "number": r["report_number"], "version": r["version"]} for r in answer["results"]]

    def one_round(self, number):
        victim = self.random.choice(list(self.of))
        hit = self.alliance.agents[victim] if self.agents else self.hosts[victim]
        self.decide()
        timer = threading.Timer(self.random.random() * 0.12, hit.kill)
        timer.start()
        for i in range(self.random.randint(2, 4)):
            self.release(f"R{number}-{i}")
            time.sleep(self.random.random() * 0.03)
        self.correct()
        timer.join()
        self.kills[victim] += 1
        if self.agents:
            self.alliance.start_agent(self.of[victim])
        else:
            self.hosts[victim] = self.alliance.start_host(self.of[victim], victim)

    def run(self):
        for number in range(self.rounds):
            self.one_round(number)
        wait_for("A's rows taken", lambda: self.vendors["a"].ask("SELECT COUNT(*) FROM MID_RESULT WHERE SEND_FLAG = '0'") == [(0,)], 60)
        wait_for("A's outbox empty", lambda: self.hosts["a"].health()["outbox_waiting"] == 0 and self.hosts["a"].health()["spool"] == 0, 60)
        wait_for("B's inbox applied", lambda: self.hosts["b"].health()["inbox_waiting"] == 0, 60)
        wait_for("B's decisions taken", lambda: self.vendors["b"].ask("SELECT COUNT(*) FROM MID_DECISION WHERE SEND_FLAG = '0'") == [(0,)], 60)
        try:
            wait_for("what was recognised is written back", lambda: len(self.vendors["b"].ask("SELECT DECISION_ID FROM MID_RECOGNISED")) >= len(self.decisions), 30)
        except Failed as why:
            print(why)
        rows = self.shown()
        glucose = [r["number"] for r in rows if r["code"] == "GLU"]
        lost = sorted(set(self.versions) - set(glucose))
        doubled = len(glucose) - len(set(glucose))
        wrong = [r for r in rows if r["version"] != self.versions.get(r["number"])]
        refused = [v.ask(f"SELECT COUNT(*) FROM {t} WHERE SEND_FLAG = '9'")[0][0] for v, t in ((self.vendors["a"], "MID_RESULT"), (self.vendors["b"], "MID_DECISION"))]
        back = sorted(d for (d,) in self.vendors["b"].ask("SELECT DECISION_ID FROM MID_RECOGNISED"))
        print(f"rounds {self.rounds}, killed {', '.join(f'{name} {n} times' for name, n in self.kills.items())}; reports {len(self.versions)}, of them corrected "
              f"{sum(v == 2 for v in self.versions.values())}: lost {len(lost)}, doubled {doubled}, of another version {len(wrong)}, refused {refused}; "
              f"decisions {len(self.decisions)}, written back {len(back)}")
        for host in self.hosts.values():
            host.close()
        self.alliance.stop_agents()
        return not lost and not doubled and not wrong and refused == [0, 0] and back == sorted(self.decisions.values()) and self.decisions

    def end(self):
        self.alliance.kill_agents()
        for vendor in self.vendors.values():
            vendor.connection.close()
        self.server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--mode", choices=["embedded", "agent"], default="embedded")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    soak = Soak(args)
    try:
        return 0 if soak.run() else 1
    finally:
        soak.end()


sys.exit(main())
