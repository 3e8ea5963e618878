"""The demo: a laboratory result of the county hospital spares a patient a second specimen at the city hospital.

usage: demo.py --build DIR [--out DIR] [--lang zh|en|both] [--mode embedded|agent] [--wrong-pin]
Prints a time line; leaves configuration, stores, certificates, logs, messages and documents in --out.
Exit 0: all six steps happened. 1: one did not; the line says which.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import time

from hospitals import A, B, DOCTOR, PATIENT, VERIFIER, Alliance, Failed, emptied, iso, lis_message, now, report, wait_for

STARTED = time.monotonic()


class Story:
    def __init__(self, lang):
        self.lang = lang

    def tell(self, zh, en, detail=""):
        at = f"{time.monotonic() - STARTED:6.2f}s"
        for text in (zh, en) if self.lang == "both" and zh != en else (en if self.lang == "en" else zh,):
            print(f"{at}  {text}{'  ' + detail if detail else ''}", flush=True)
            at = " " * len(at)
            if not en.endswith(":"):
                detail = ""  # once for both, but what a colon promises follows it

    def step(self, number, zh, en):
        print(flush=True)
        self.tell(f"【{number}】{zh}", f"[{number}] {en}")


def need(condition, what):
    if not condition:
        raise Failed(what)


class Demo:
    def __init__(self, args):
        self.story = Story(args.lang)
        emptied(pathlib.Path(args.out).resolve(), self.story.tell)
        self.alliance = Alliance(args.build, args.out, pin_b=not args.wrong_pin, mode=args.mode)
        self.out = self.alliance.out
        self.a = self.b = None
        self.visit = {"patient_id": "B-7001", "encounter_id": "MZ-B-1", "department": "内分泌科", "doctor": DOCTOR}

    def results(self):
        return self.b.query("results.list/1", {**self.visit, "limit": 1000})["results"]

    def save(self, name, content):
        path = self.out / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path.name

    def run(self):
        self.story.tell("启动县医院与市医院：各自的 HIS 进程、配置目录与存储", "Two HIS processes start, each with its own configuration and store", str(self.out))
        self.a, self.b = self.alliance.start(A), self.alliance.start(B)
        try:
            self.release()
            self.deliver()
            self.check()
            self.decide()
            self.amend()
            self.crash()
            for host in (self.a, self.b):
                host.close()
            self.alliance.stop_agents()
        finally:
            for host in (self.a, self.b):
                if host and host.process.poll() is None:
                    host.kill()
            self.alliance.kill_agents()

    def release(self):
        self.story.step(1, "县医院检验科发布两份报告", "The county laboratory releases two reports")
        self.a.must_submit("patient.registered/1", "p1", {"patient": {"local_id": "A-0001", **PATIENT}})
        self.a.must_submit("referral.requested/1", "r1", {"referral_id": "ZZ-1", "patient_id": "A-0001", "to_partner": "city_hospital",
                                                          "priority": "routine", "reason": "血糖控制不佳", "doctor": DOCTOR, "at": iso(now()),
                                                          "diagnoses": [{"code": "E11.900", "name": "2型糖尿病", "system": "ICD-10"}],
                                                          "transfer": {"verifier": VERIFIER, "items": [{"key": k, "value": v} for k, v in (
                                                              ("transfer_reason", "血糖控制不佳"), ("diagnosis", "2型糖尿病"), ("condition", "神志清，空腹血糖 15.2 mmol/L"), ("plan", "调整胰岛素方案"))]}})
        body = report("LIS-1001", ["GLU01", "TC01", "TG01", "HDL01"])
        self.save("1-event.json", json.dumps(body, ensure_ascii=False, indent=2))
        status, why = self.a.submit("lab.report.released/1", "LIS-1001/1", body)
        need(status == 0, f"submit: {status} {why}")
        self.story.tell("huren_submit 返回 HUREN_OK：已落盘", "huren_submit says HUREN_OK: it is on disk", "LIS-1001 GLU TC TG HDL-C")
        status, _ = self.a.submit("lab.report.released/1", "LIS-1001/1", body)
        need(status == 1, "the same key again must be HUREN_DUPLICATE")
        self.save("1-lis.hl7", lis_message())
        sent = subprocess.run(["/usr/bin/mllp_send", "--loose", "--file", str(self.out / "1-lis.hl7"), "--port",
                               str(self.alliance.ports["feed"]), "127.0.0.1"], capture_output=True, text=True, timeout=30, check=False)
        self.save("1-lis-ack.hl7", sent.stdout)
        need("MSA|AA" in sent.stdout, f"the feed did not take the message: {sent.stdout} {sent.stderr}")
        self.story.tell("第二份经 MLLP 由 mllp_send（python3-hl7）送入，应答 AA", "The second comes over MLLP from mllp_send (python3-hl7), answered AA", "LIS-2002 K NA CREA")

    def deliver(self):
        self.story.step(2, "映射为 ORU^R01 与 C0007，经 TLS 送达市医院", "Mapped onto ORU^R01 and C0007, delivered over mutual TLS")

        def delivered():
            rows = self.alliance.ctl_json(A, "outbox", "list")
            good = [r for r in rows if r["type"] == "ORU^R01" and r["state"] == "delivered"]
            return good if len(good) == 2 else None

        rows = wait_for("two reports delivered", delivered)
        held = self.alliance.ctl_json(A, "results", "--patient", "A-0001")
        need(len(held) == 2 and all(r["document_bytes"] > 1000 for r in held), f"A keeps the document of both: {held}")
        for r in rows:
            sent = self.alliance.ctl_json(A, "outbox", "open", str(r["id"]))
            need(sent["hl7"].startswith("MSH|") and "<ClinicalDocument" in sent["document"], f"A keeps the message of both: {r['subject']}")
        for r in self.alliance.ctl_json(A, "outbox", "list"):
            wrong = [f for f in self.alliance.ctl_json(A, "outbox", "open", str(r["id"]))["findings"] if f["severity"] == "error"]
            need(not wrong, f"{r['type']} keeps the rules of its message and its documents: {wrong}")
        self.save("2-as-hl7-and-cda.txt", self.alliance.ctl(A, "try", str(self.out / "1-event.json"), "--type", "lab.report.released/1"))
        for r in rows:
            self.story.tell("已送达并由对方存储后应答", "delivered, answered after B had stored it", f"{r['subject']} {r['remark']}")

    def check(self):
        self.story.step(3, "市医院医生接诊并开单", "The city doctor opens the patient and places orders")
        self.b.must_submit("patient.registered/1", "p1", {"patient": {"local_id": "B-7001", **PATIENT}})
        self.b.must_submit("encounter.started/1", "e1", {"patient_id": "B-7001", "encounter_id": "MZ-B-1", "patient_class": "outpatient",
                                                         "department": "内分泌科", "doctor": DOCTOR, "at": iso(now())})
        rows = wait_for("seven results at B", lambda: (lambda r: r if len(r) == 7 else None)(self.results()))
        received = [n for n in self.b.notices() if n["topic"] == "result.received/1"]
        need(len(received) == 2, f"two notices of received reports, not {len(received)}")
        glucose = next(r for r in rows if r["item"]["code"] == "GLU")
        for field in ("origin", "collected_at", "laboratory", "method", "range", "marks"):
            need(glucose.get(field), f"results.list shows {field}")
        self.story.tell("results.list：", "results.list:", f"{glucose['item']['name']} {glucose['value']} {glucose['unit']}  {glucose['origin']['name']} "
                        f"{glucose['laboratory']['name']}  {glucose['collected_at']}  {glucose['method']['name']}  {glucose['range']['text']}  {' '.join(glucose['marks'])}")
        opened = self.b.query("result.open/1", {**self.visit, "report_id": glucose["report_id"], "want": ["data", "document", "page"]})
        self.save("3-C0007.xml", base64.b64decode(opened["document"]["base64"]))
        self.save("3-report.html", opened["page"]["html"])
        self.orders = [{"order_id": "YZ-1", "item": {"code": "250101", "name": "血糖"}}, {"order_id": "YZ-2", "item": {"code": "250300", "name": "血脂四项"}}]
        answer = self.b.query("order.check/1", {**self.visit, "orders": self.orders})
        self.save("3-card.json", json.dumps(answer, ensure_ascii=False, indent=2))
        self.cards = {c["extension"]["huren"]["order_id"]: c for c in answer["cards"]}
        need(set(self.cards) == {"YZ-1", "YZ-2"}, f"a card for each order: {list(self.cards)}")
        one, two = (self.cards[o]["extension"]["huren"] for o in ("YZ-1", "YZ-2"))
        need(one["outcome"] == "recognised", f"glucose recognised, not {one['outcome']}")
        need(two["outcome"] == "partial" and two["missing"] == ["LDLC"], f"lipids partial without LDL-C: {two['outcome']} {two['missing']}")
        checks = one["analytes"][0]["checks"]
        need({c["check"] for c in checks} >= {"identity", "status", "item", "window", "quality", "unit", "agreement"}, "each check explained")
        for order in ("YZ-1", "YZ-2"):
            summary = self.cards[order]["extension"]["huren"]["summary"]
            self.story.tell("order.check：" + summary["zh"], "order.check: " + summary["en"])
        for c in checks:
            self.story.tell("    " + c["zh"], "    " + c["en"])

    def decide(self):
        self.story.step(4, "医生采用一项，另一项说明理由后重做", "The doctor accepts one and declines one with a reason")
        for number, order, outcome, reason in ((1, "YZ-1", "accepted", ""), (2, "YZ-2", "declined", "rapid_course")):
            card = self.cards[order]
            suggestion = card["suggestions"][0]
            body = {"decision_id": f"HR-{number}", "suggestion_id": suggestion["uuid"], "order_id": order,
                    "order_item": next(o["item"]["code"] for o in self.orders if o["order_id"] == order), "outcome": outcome, **self.visit,
                    "result_ids": card["extension"]["huren"]["result_ids"], "at": iso(now())}
            if reason:
                body["reason"] = reason
            self.b.must_submit("recognition.decided/1", f"HR-{number}", body)
        want = {"recognised": 1, "declined": 1, "saved_cents": 600}

        def agreed():
            here, there = self.alliance.ctl_json(B, "stats")["here"], self.alliance.ctl_json(A, "stats")["there"]
            return all(here[k] == v and there[k] == v for k, v in want.items())

        wait_for("both hospitals count 1 recognised, 1 declined, 6.00 saved", agreed)
        need(self.alliance.ctl_json(A, "stats")["rows"], "A's statistics name the reason")
        need(any(r["reason"] == "rapid_course" for r in self.alliance.ctl_json(A, "stats")["rows"]), "A learns the reason")
        lang = "en" if self.story.lang == "en" else "zh"
        for hospital in (B, A):
            for line in self.alliance.ctl(hospital, "--lang", lang, "stats").splitlines():
                self.story.tell("    " + line, "    " + line)

    def amend(self):
        self.story.step(5, "县医院更正报告", "The county laboratory amends its report")
        body = report("LIS-1001", ["GLU01", "TC01", "TG01", "HDL01"], version=2, values={"GLU01": "7.95"}, status="corrected")
        self.a.must_submit("lab.report.amended/1", "LIS-1001/2", body)
        seen = []

        def told():
            seen.extend(self.b.notices(200))
            return next((n for n in seen if n["topic"] == "result.retracted/1" and n["body"]["doctor"]["id"] == DOCTOR["id"]), None)

        notice = wait_for("result.retracted/1 for the doctor who accepted", told)
        need(notice["body"]["use"] == "recognised" and notice["body"]["kind"] == "corrected", f"the notice says how it was used: {notice['body']}")
        change = notice["body"]["changes"][0]
        self.story.tell("医生收到更正通知：", "The doctor is told:", f"{change['item']['name']} {change['old_value']} -> {change['new_value']} {change['unit']}")
        rows = [r for r in self.results() if r["report_number"] == "LIS-1001"]
        need(len(rows) == 4 and all(r["version"] == 2 and r["banner"] == "corrected" for r in rows), f"B shows version 2 only: {rows}")
        need(self.b.health()["retractions_open"] == 1, "one acknowledgement is open")
        self.b.must_submit("result.retraction_acknowledged/1", notice["notice_id"], {"notice_id": notice["notice_id"], "doctor": DOCTOR, "at": iso(now())})
        wait_for("the acknowledgement is in", lambda: self.b.health()["retractions_open"] == 0)
        self.story.tell("医生已确认，旧版本被取代", "acknowledged; the earlier version is superseded")

    def crash(self):
        self.story.step(6, "市医院 HIS 进程被 SIGKILL，县医院继续发布十份", "B's HIS process is killed with SIGKILL; A goes on with ten reports")
        numbers = [f"LIS-30{i:02d}" for i in range(10)]
        self.a.must_submit("lab.report.released/1", numbers[0] + "/1", report(numbers[0], ["GLU01"], values={"GLU01": "5.0"}))
        self.b.kill()
        self.alliance.kill_agent(B)
        for i, number in enumerate(numbers[1:], 1):
            self.a.must_submit("lab.report.released/1", number + "/1", report(number, ["GLU01"], values={"GLU01": f"5.{i}"}))
        self.story.tell("市医院已死；十份已在县医院落盘", "B is dead; ten reports are on disk at A")
        self.b = self.alliance.start(B)
        self.story.tell("市医院重启", "B is back")

        def arrived():
            got = [r["report_number"] for r in self.results() if r["report_number"] in numbers]
            return got if len(set(got)) == 10 else None

        got = wait_for("ten reports at B", arrived)
        wait_for("A's outbox empty", lambda: self.a.health()["outbox_waiting"] == 0)
        got = [r["report_number"] for r in self.results() if r["report_number"] in numbers]
        need(len(got) == 10, f"none twice: {len(got)} rows for ten reports")
        held = [r["number"] for r in self.alliance.ctl_json(B, "results", "--patient", "B-7001") if r["number"] in numbers]
        need(sorted(held) == numbers, f"each held once: {held}")
        self.story.tell("十份全部到达，无一重复", "all ten arrived, none twice")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--lang", choices=["zh", "en", "both"], default="both")
    parser.add_argument("--mode", choices=["embedded", "agent"], default="embedded", help="agent: each hospital's engine is a huren-agent of its own")
    parser.add_argument("--wrong-pin", action="store_true", help="partners expect another certificate: step 2 must fail")
    args = parser.parse_args()
    try:
        demo = Demo(args)
    except Failed as e:
        print(e, file=sys.stderr)
        return 1
    try:
        demo.run()
    except Failed as e:
        demo.story.tell(f"未完成：{e}", f"FAILED: {e}")
        demo.story.tell("日志与数据：", "logs and data:", str(demo.out))
        return 1
    print()
    demo.story.tell("六步全部完成。过程文件：", "All six steps happened. What was made:", str(demo.out))
    return 0


sys.exit(main())
