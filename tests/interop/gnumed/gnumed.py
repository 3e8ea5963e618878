"""GNUmed as an existing record system: a result entered there leaves, a result of another hospital arrives in its own tables.

usage: gnumed.py BUILD RECORDS   RECORDS: the folder that records.sh filled
Promises: GNUmed's schema is its own, from Debian's package; what it shows is asked of its own client's code.
Refuses (prints SKIP: and a reason): a machine without PostgreSQL or without the database that ./dev setup makes.
"""
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests/demo"))
from hospitals import A, B, DOCTOR, PATIENT, Alliance, Failed, iso, now, report, wait_for  # noqa: E402

FEED = """
[feed.gnumed]
adapter = "his.db_view"
mapping = "gnumed"
database = "postgresql"
connection_file = "gnumed.txt"
poll_ms = 100
settle_ms = 200
"""
NAME = PATIENT["name"]
RESIDENT = PATIENT["identifiers"][0]["value"]


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(0)


class Practice:
    """GNUmed's database, restored, on a server of its own."""

    def __init__(self, records):
        started = subprocess.run(["bash", str(ROOT / "tests/support/postgres.sh"), "start"], capture_output=True, text=True, check=False)
        if started.returncode == 77:
            skip("PostgreSQL is not installed; ./dev setup brings it")
        if started.returncode != 0:
            raise Failed(started.stderr)
        self.socket, self.client = started.stdout.strip(), records / "client"
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        # Roles are of the server, not in a database's dump; the one that is there already is no fault.
        subprocess.run([self.bin / "psql", "-h", self.socket, "-U", "postgres", "-q", "-f", records / "roles.sql"], capture_output=True, check=False)
        self.sql("postgres", 'CREATE DATABASE gnumed_v22 OWNER "gm-dbo"')
        restored = subprocess.run([self.bin / "pg_restore", "-h", self.socket, "-U", "postgres", "-d", "gnumed_v22", records / "gnumed.dump"],
                                  capture_output=True, text=True, check=False)
        if self.sql("gnumed_v22", "SELECT count(*) FROM clin.test_result") != "5":
            raise Failed(f"GNUmed's database was not restored: {restored.stderr[-2000:]}")
        self.run("-U", "gm-dbo", "-d", "gnumed_v22", "-q", "-f", str(ROOT / "schemas/mapping/gnumed.sql"))

    def run(self, *words):
        done = subprocess.run([self.bin / "psql", "-h", self.socket, "-v", "ON_ERROR_STOP=1", "-At", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr)
        return done.stdout.strip()

    def sql(self, database, text):
        return self.run("-U", "postgres", "-d", database, "-c", text)

    def ask(self, text):
        """As a doctor of the practice works."""
        return self.run("-U", "any-doc", "-d", "gnumed_v22", "-c", text).split("\n")[0]

    def screen(self, patient):
        done = subprocess.run(["/usr/bin/python3", "-B", HERE / "screen.py", self.client, self.socket, "gnumed_v22", patient], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr[-2000:])
        return done.stdout

    def close(self):
        subprocess.run(["bash", str(ROOT / "tests/support/postgres.sh"), "stop", self.socket], check=False)


def register(practice):
    """The patient, an encounter and a measured potassium, as GNUmed's client stores them."""
    pk = practice.ask("INSERT INTO dem.identity(gender, dob) VALUES ('f', '1949-12-31 11:11:11.111+08') RETURNING pk")
    practice.ask(f"INSERT INTO dem.names(id_identity, lastnames, firstnames) VALUES ({pk}, '{NAME[0]}', '{NAME[1:]}') RETURNING id")
    practice.ask(f"INSERT INTO dem.lnk_identity2ext_id(id_identity, external_id, fk_origin) SELECT {pk}, '{RESIDENT}', pk FROM dem.enum_ext_id_types"
                 " WHERE name = 'resident_id' AND issuer = 'CN' RETURNING id")
    practice.ask(f"INSERT INTO clin.patient(fk_identity) VALUES ({pk}) RETURNING pk")
    encounter = practice.ask(f"INSERT INTO clin.encounter(fk_patient, fk_location) SELECT {pk}, min(fk_location) FROM clin.encounter RETURNING pk")
    return pk, encounter


def measure(practice, encounter, value):
    episode = practice.ask(f"INSERT INTO clin.episode(description, fk_encounter) VALUES ('体检', {encounter}) RETURNING pk")
    kind = practice.ask("INSERT INTO clin.test_type(fk_test_org, abbrev, name, loinc, reference_unit)"
                        " SELECT min(pk), '250401', '血钾', '2823-3', 'mmol/L' FROM clin.test_org WHERE comment LIKE 'for inhouse%' RETURNING pk")
    return practice.ask("INSERT INTO clin.test_result(fk_encounter, fk_episode, fk_type, clin_when, val_num, val_unit, val_normal_range, material, fk_intended_reviewer)"
                        f" SELECT {encounter}, {episode}, {kind}, '{iso(now(3))}', {value}, 'mmol/L', '3.5-5.3', 'Serum', min(pk) FROM dem.staff RETURNING pk")


def main(build, records):
    if not (records / "gnumed.dump").is_file():
        skip(f"{records}/gnumed.dump is not there; ./dev setup makes it from Debian's gnumed-server")
    begun = time.monotonic()

    def tell(words):
        print(f"{time.monotonic() - begun:6.2f}s  {words}", flush=True)

    practice = Practice(records)
    folder = tempfile.TemporaryDirectory(prefix="huren-gnumed-")
    a = b = None
    try:
        tell("GNUmed's database is restored")
        alliance = Alliance(build, folder.name + "/out")
        config = alliance.folder(B) / "local.toml"
        config.write_text(config.read_text() + FEED)
        (alliance.folder(B) / "gnumed.txt").write_text(f"host={practice.socket} user=gm-dbo dbname=gnumed_v22\n")
        patient, encounter = register(practice)
        a, b = alliance.start(A), alliance.start(B)
        visit = {"patient_id": patient, "encounter_id": encounter, "doctor": DOCTOR}

        def known():
            status, answer = b.say(f'query results.list/1 2000 {{"patient_id": "{patient}", "encounter_id": "{encounter}", "doctor": {{"id": "D1027", "name": "x"}}, "limit": 100}}')
            return status == 0 or None
        wait_for("GNUmed's patient and encounter reach huren", known)
        tell("patient and encounter left GNUmed's tables")

        # Out: what is measured here reaches the hospital that the patient is referred to.
        a.must_submit("patient.registered/1", "p", {"patient": {"local_id": "A-0001", **PATIENT}})
        a.must_submit("encounter.started/1", "e", {"patient_id": "A-0001", "encounter_id": "MZ-A-1", "patient_class": "outpatient", "department": "内科", "doctor": DOCTOR, "at": iso(now())})
        b.must_submit("referral.requested/1", "r", {"referral_id": "R1", "patient_id": patient, "to_partner": "county_hospital", "priority": "routine", "reason": "复诊", "at": iso(now())})
        measure(practice, encounter, "4.37")
        shown = wait_for("GNUmed's potassium is shown at the county hospital", lambda: [
            r for r in a.query("results.list/1", {"patient_id": "A-0001", "encounter_id": "MZ-A-1", "doctor": DOCTOR, "limit": 100})["results"] if r["value"] == "4.37"])
        if len(shown) != 1 or shown[0]["unit"] != "mmol/L" or shown[0]["version"] != 1:
            raise Failed(f"shown otherwise: {shown}")
        tell("a result entered in GNUmed is shown at the other hospital")

        # In: a glucose that GNUmed never measured.
        if "5.42" in practice.screen(patient):
            raise Failed("GNUmed shows the result before it came")
        a.must_submit("referral.requested/1", "ra", {"referral_id": "R2", "patient_id": "A-0001", "to_partner": "city_hospital", "priority": "routine", "reason": "上转", "at": iso(now())})
        a.must_submit("lab.report.released/1", "g1", report("G-1", ["GLU01"]))
        arrived = wait_for("the glucose reaches the practice", lambda: [r for r in b.query("results.list/1", {**visit, "limit": 100})["results"] if r["value"] == "5.42"])
        # Seen is not recognised: nothing is written before a doctor decides.
        if practice.sql("gnumed_v22", "SELECT count(*) FROM huren.recognised") != "0":
            raise Failed("a result was written before a doctor recognised it")
        practice.ask("INSERT INTO huren.decisions(decision_id, outcome, order_item, patient_id, encounter_id, doctor_id, result_ids)"
                     f" VALUES ('HR-1', 'accepted', '250101', '{patient}', '{encounter}', 'LMcC', '{arrived[0]['result_id']}') RETURNING decision_id")
        count = f"SELECT count(*) FROM clin.v_test_results WHERE pk_patient = {patient} AND unified_val = '5.42'"
        wait_for("the recognised glucose is in clin.test_result", lambda: practice.sql("gnumed_v22", count) == "1")
        screen = practice.screen(patient)
        for words in ("5.42 mmol/L", "县医院检验科", "互认结果：县医院，报告 G-1", "葡萄糖"):
            if words not in screen:
                raise Failed(f"GNUmed's screen lacks {words}:\n{screen}")
        tell("GNUmed shows a recognised result that it never measured")
        print("\n".join("        | " + row for row in screen.split("Result from")[-1].splitlines()))

        # I10: what is corrected at its source is marked in GNUmed too, and its own copy is no report of the practice.
        a.must_submit("lab.report.amended/1", "g2", report("G-1", ["GLU01"], version=2, values={"GLU01": "6.90"}, status="corrected"))
        wait_for("the copy is marked as corrected", lambda: "来源医院已更正" in practice.screen(patient))
        tell("a correction at the source is marked on GNUmed's copy")
        if practice.sql("gnumed_v22", count) != "1":
            raise Failed("the copy was doubled")
        if any(r["source"] == "own" and r["value"] == "5.42" for r in b.query("results.list/1", {**visit, "limit": 100})["results"]):
            raise Failed("the copy left the practice as its own result")
        tell("done")
    except Failed:
        for log in sorted(pathlib.Path(folder.name).rglob("huren.log")):
            print(f"--- {log}", *[row[:400] for row in log.read_text().splitlines()[-12:]], sep="\n")
        raise
    finally:
        for host in (a, b):
            if host:
                host.close()
        practice.close()
        folder.cleanup()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
