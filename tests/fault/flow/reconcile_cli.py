"""huren-ctl reconcile over TLS between two running hospitals: rows deliberately removed at B come back, a dry run changes
nothing, and huren-ctl backfill tells how far a new agreement has come.

usage: reconcile_cli.py --build DIR --out DIR
"""
import argparse
import pathlib
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "demo"))
from hospitals import A, B, DOCTOR, Alliance, Failed, iso, now, report, wait_for  # noqa: E402

PATIENT = {"name": "测试", "sex": "female", "birth_date": "1949-12-31", "identifiers": [{"type": "resident_id", "value": "11010519491231002X"}]}
PARTNER = "city_hospital"


def expect(what, seen, wanted):
    print(f"{what}: {seen}")
    if seen != wanted:
        raise Failed(f"{what}: {seen}, expected {wanted}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    alliance = Alliance(args.build, args.out)
    toml = alliance.folder(A) / "local.toml"
    toml.write_text(toml.read_text().replace('basis = "referral"', 'basis = "referral"\nbackfill_days = 30', 1))
    a, b = alliance.start(A), alliance.start(B)
    a.must_submit("patient.registered/1", "p", {"patient": {"local_id": "A-1", **PATIENT}})
    b.must_submit("patient.registered/1", "p", {"patient": {"local_id": "B-1", **PATIENT}})
    b.must_submit("encounter.started/1", "e", {"patient_id": "B-1", "encounter_id": "E-1", "doctor": DOCTOR, "at": iso(now())})
    a.must_submit("referral.requested/1", "r", {"referral_id": "Z1", "patient_id": "A-1", "to_partner": PARTNER, "at": iso(now())})
    for i in range(3):
        body = report(f"C{i}", ["GLU01"], values={"GLU01": f"5.{i}"})
        body["report"]["patient"] = {"local_id": "A-1", **PATIENT}
        a.must_submit("lab.report.released/1", f"C{i}", body)
    day = body["report"]["reported_at"][:10]

    def shown():
        answer = b.query("results.list/1", {"patient_id": "B-1", "encounter_id": "E-1", "doctor": DOCTOR, "limit": 1000}, 10000)
        return sorted(r["report_number"] for r in answer["results"])
    wait_for("three at B", lambda: shown() == ["C0", "C1", "C2"])
    wait_for("A's outbox empty", lambda: a.health()["outbox_waiting"] == 0)

    expect("nothing differs", alliance.ctl_json(A, "reconcile", PARTNER, "--day", day)["differing_days"], 0)
    store = sqlite3.connect(next(alliance.folder(B).rglob("store.db")))
    store.execute("PRAGMA foreign_keys=ON")
    store.execute("DELETE FROM result WHERE report_id IN (SELECT id FROM report WHERE number IN ('C0', 'C2'))")
    store.execute("DELETE FROM report WHERE number IN ('C0', 'C2')")
    store.commit()
    store.close()
    expect("removed at B", shown(), ["C1"])
    expect("a dry run from A", alliance.ctl_json(A, "reconcile", PARTNER, "--day", day, "--dry-run")["sent"], 2)
    printed = alliance.ctl(A, "--lang", "en", "reconcile", PARTNER, "--day", day, "--dry-run")
    expect("a report a line", [line.rsplit("/", 1)[-1] for line in printed.splitlines() if line.startswith("  ")], ["C0", "C2"])
    expect("a dry run from B", alliance.ctl_json(B, "reconcile", "county_hospital", "--day", day, "--dry-run")["asked"], 2)
    expect("after dry runs", shown(), ["C1"])
    expect("from B", alliance.ctl_json(B, "reconcile", "county_hospital", "--day", day)["asked"], 2)
    wait_for("all three at B again", lambda: shown() == ["C0", "C1", "C2"])
    wait_for("A's outbox empty", lambda: a.health()["outbox_waiting"] == 0)
    expect("nothing differs again", alliance.ctl_json(A, "reconcile", PARTNER, "--day", day)["differing_days"], 0)
    wait_for("the back-fill done", lambda: [row["done"] for row in alliance.ctl_json(A, "backfill")] == [True])
    a.close()
    b.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
