"""A HIS in Python, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.

usage: host.py CONFIG_FOLDER
"""
import datetime
import sys

from huren import Failure, Huren

ZONE = datetime.timezone(datetime.timedelta(hours=8))
NOW = datetime.datetime.now(ZONE).replace(microsecond=0)
RUN = NOW.strftime("%Y%m%d%H%M%S")  # makes the keys of this run its own
PATIENT = {"local_id": "P1", "name": "陈东珅", "sex": "female", "birth_date": "1949-12-31",
           "identifiers": [{"type": "resident_id", "value": "11010519491231002X"}]}
VISIT = {"patient_id": "P1", "encounter_id": "E" + RUN, "department": "内分泌科", "doctor": {"id": "D1027", "name": "赵敏"}}


def report(number, value):
    collected, reported = (NOW - datetime.timedelta(hours=h) for h in (2, 1))
    return {"report": {
        "origin": {"code": "HB-COUNTY-01", "name": "县医院"}, "number": number, "version": 1, "status": "final",
        "panel": {"code": "SH01", "name": "生化"}, "category": "生化", "patient": PATIENT, "patient_class": "outpatient",
        "specimen": {"id": "B1", "type": {"code": "serum", "name": "血清", "system": "HUREN"}, "collected_at": collected.isoformat()},
        "observations": [{"set_id": "1", "local": {"code": "GLU01", "name": "葡萄糖"}, "value_type": "NM", "value": value, "unit": "mmol/L",
                          "range": {"text": "3.9-6.1", "low": 3.9, "high": 6.1}, "status": "final", "marks": ["鄂HR"],
                          "performer": {"code": "HB-COUNTY-01", "name": "检验科"}}],
        "author": {"id": "L7", "name": "李强"}, "verifier": {"id": "L2", "name": "周海"}, "reported_at": reported.isoformat()}}


def tell(huren):
    print("patient", huren.submit("patient.registered/1", "P1-" + RUN, {"patient": PATIENT}).name)
    print("encounter", huren.submit("encounter.started/1", VISIT["encounter_id"], {**VISIT, "patient_class": "outpatient", "at": NOW.isoformat()}).name)
    print("report", huren.submit("lab.report.released/1", f"R{RUN}/1", report("R" + RUN, "5.42")).name)
    print("again", huren.submit("lab.report.released/1", f"R{RUN}/1", report("R" + RUN, "5.42")).name)

    order = {"order_id": "O" + RUN, "item": {"code": "GLU01", "name": "葡萄糖"}}
    answer = huren.query("order.check/1", {**VISIT, "orders": [order]}, deadline_ms=2000)
    for card in answer["cards"] if answer else []:
        print("card", card["extension"]["huren"]["outcome"], card["summary"])
        print("decided", huren.submit("recognition.decided/1", "D" + RUN, {
            **VISIT, "decision_id": "D" + RUN, "suggestion_id": card["suggestions"][0]["uuid"], "order_id": order["order_id"], "order_item": "GLU01",
            "outcome": "accepted", "result_ids": card["extension"]["huren"]["result_ids"], "at": NOW.isoformat()}).name)

    print("faulty report", huren.submit("lab.report.released/1", f"F{RUN}/1", report("F" + RUN, "")).name)
    while notice := huren.poll(wait_ms=2000):  # the text for the record; then what was wrong in a body, with its place
        huren.acknowledge(notice["notice_id"])
        if notice["topic"] == "event.rejected/1":
            print("notice", notice["topic"], notice["body"]["findings"][0]["where"])
            break
        print("notice", notice["topic"])


if len(sys.argv) != 2:
    sys.exit(__doc__)
try:
    HUREN = Huren(sys.argv[1], vendor="Sample", product="Python HIS", version="1")
    tell(HUREN)
    HUREN.close()
except (Failure, OSError) as why:  # the words of huren_last_error; or libhuren is not found
    sys.exit(str(why))
print("closed")
