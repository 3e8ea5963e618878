"""The patient moves: up in an emergency, down for support, up again, down for rehabilitation, with the laboratory results
recognised at each step; and a township's ECG read by the city hospital. Three hospitals, three HIS processes, TLS between them.

usage: story.py --build DIR --out DIR [--lang zh|en|both] [--cda-xsd CDA.xsd]
--cda-xsd: HL7's schema; every document is then validated by xmllint, too.
Exit 0: every step happened. 1: one did not; the line says which.
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys
import time
from xml.etree import ElementTree

from hospitals import DOCTOR, PATIENT, ROOT, VERIFIER, Failed, Host, emptied, free_port, iso, now, wait_for

STARTED = time.monotonic()
HOSPITALS = {
    "county": {"code": "HB-COUNTY-01", "name": "县医院", "level": 2, "knows": ["city"]},
    "city": {"code": "HB-CITY-01", "name": "市医院（移植中心）", "level": 3, "knows": ["county", "township"]},
    "township": {"code": "HB-TOWN-01", "name": "乡镇卫生院", "level": 1, "knows": ["city"]},
}
LOCAL = {"county": "A-0001", "city": "B-7001"}
VISIT = {"county": "ZY-A", "city": "ZY-B"}
ITEMS = {"GLU01": ("葡萄糖", "GLU", "mmol/L"), "TBIL01": ("总胆红素", "TBIL", "umol/L"), "K01": ("钾", "K", "mmol/L")}
HEAD = """[hospital]
code = "{code}"
name = "{name}"
region = "420500"
level = {level}

[store]
directory = "data"

[listener]
listen = "127.0.0.1:{port}"
certificate = "../certs/{key}.pem"
private_key = "../certs/{key}.key"
trust = "../certs/ca.pem"

[codes]
local_items = "local_items.csv"

[delivery]
retry_first_ms = 100
retry_ceiling_ms = 500
"""
PARTNER = """
[partner.{key}]
organisation = "{code}"
name = "{name}"
region = "420500"
level = {level}
adapter = "partner.mllp"
address = "127.0.0.1:{port}"
certificate_sha256 = "{fingerprint}"
server_name = "localhost"

[agreement.with_{key}]
partner = "{key}"
from = 2026-01-01
basis = "referral"
all_items = true
"""


def need(condition, what):
    if not condition:
        raise Failed(what)


def items(**texts):
    return {"verifier": VERIFIER, "items": [{"key": k, "value": v} for k, v in texts.items()]}


def validate(files, schema):
    """xmllint's complaints; of the Chinese profile first goes what HL7's schema does not know (standards: patientType, age)."""
    namespace = "{urn:hl7-org:v3}"
    ElementTree.register_namespace("", "urn:hl7-org:v3")  # xsi:type names stay names of the default namespace
    for file in files:
        tree = ElementTree.parse(file)
        for parent in tree.iter():
            for child in list(parent):
                if child.tag in (namespace + "patientType", namespace + "age", namespace + "nationality", namespace + "professionalTechnicalPosition"):
                    parent.remove(child)
        tree.write(file.with_suffix(".plain.xml"), encoding="utf-8", xml_declaration=True)
    plain = [str(f.with_suffix(".plain.xml")) for f in files]
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, *plain], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else "\n".join(line for line in done.stderr.splitlines() if not line.endswith(" validates"))


class Story:
    def __init__(self, args):
        self.xsd = args.cda_xsd
        self.build, self.out, self.lang = pathlib.Path(args.build).resolve(), pathlib.Path(args.out).resolve(), args.lang
        emptied(self.out, self.tell)
        subprocess.run([str(ROOT / "tests/support/make_certs.sh"), str(self.out / "certs"), *HOSPITALS], check=True, stdout=subprocess.DEVNULL)
        ports = {key: free_port() for key in HOSPITALS}
        for key, h in HOSPITALS.items():
            folder = self.out / key
            folder.mkdir()
            text = HEAD.format(key=key, port=ports[key], **h)
            for other in h["knows"]:
                fingerprint = (self.out / f"certs/{other}.sha256").read_text().strip()
                text += PARTNER.format(key=other, port=ports[other], fingerprint=fingerprint, **{k: HOSPITALS[other][k] for k in ("code", "name", "level")})
            (folder / "local.toml").write_text(text)
            (folder / "local_items.csv").write_text("code,name,item,panel,unit\n" + "".join(f"{c},{n},{i},,{u}\n" for c, (n, i, u) in ITEMS.items()))
        self.hosts, self.seen = {}, {key: [] for key in HOSPITALS}

    def tell(self, zh, en):
        at = f"{time.monotonic() - STARTED:6.2f}s"
        for text in (zh, en) if self.lang == "both" else (en if self.lang == "en" else zh,):
            print(f"{at}  {text}", flush=True)

    def ctl(self, key, *words):
        done = subprocess.run([str(self.build / "bin/huren-ctl"), "--config", str(self.out / key), *words], capture_output=True, text=True, check=False)
        if done.returncode == 2:
            raise Failed(f"huren-ctl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def notice(self, key, topic, request):
        """The notice of that topic about that request; others are kept for later."""
        def look():
            self.seen[key] += self.hosts[key].notices(100)
            return next((n for n in self.seen[key] if n["topic"] == topic and n["body"].get("id") == request), None)
        found = wait_for(f"{topic} about {request} at {key}", look)
        self.seen[key].remove(found)
        return found["body"]

    def view(self, key, request):
        rows = self.hosts[key].query("referral.list/1", {"doctor": DOCTOR})["referrals"]
        return next((r for r in rows if r.get("id") == request), {})

    def lab(self, key, number, values):
        body = {"number": number, "status": "final", "panel": {"code": "SH01", "name": "生化"}, "patient": {"local_id": LOCAL[key], **PATIENT},
                "specimen": {"id": "S-" + number, "type": {"code": "serum", "name": "血清"}, "collected_at": iso(now(1))},
                "observations": [{"local": {"code": c, "name": ITEMS[c][0]}, "value_type": "NM", "value": v, "unit": ITEMS[c][2], "status": "final",
                                  "performer": {"code": HOSPITALS[key]["code"], "name": HOSPITALS[key]["name"] + "检验科"}} for c, v in values.items()],
                "author": {"id": "L0007", "name": "李强"}, "verifier": VERIFIER, "reported_at": iso(now(0.5))}
        self.hosts[key].must_submit("lab.report.released/1", number, {"report": body})

    def move(self, origin, target, request, direction, priority, reason, report, follows=""):
        """One leg of the way: asked, answered, arrived; what the laboratory measured before is recognised there."""
        zh = {"up": "上转", "down": "下转", "back": "转回"}[direction]
        self.hosts[origin].must_submit("referral.requested/1", request, {
            "referral_id": request, "patient_id": LOCAL[origin], "to_partner": target, "priority": priority, "direction": direction, "reason": reason, "follows": follows,
            "doctor": DOCTOR, "at": iso(now()), "diagnoses": [{"code": "K72.000", "name": "急性肝衰竭", "system": "ICD-10"}],
            "transfer": items(transfer_reason=reason, diagnosis="急性肝衰竭", condition="见病程记录", plan=reason),
            "summary": {"kind": "C0001", **items(diagnosis="急性肝衰竭", past_illness="乙型肝炎")}})
        came = self.notice(target, "referral.requested/1", request)
        need(came["priority"] == priority and came["direction"] == direction, f"{request}: priority and direction arrive")
        package = wait_for(f"{request}: the package is complete", lambda: (lambda v: v if v.get("package", {}).get("state") == "complete" else None)(self.view(target, request)))
        need(any(line["kind"] == "report" and line["number"] == report and line["presence"] == "here" for line in package["package"]["lines"]), f"{request}: {report} is in the package")
        self.hosts[target].must_submit("referral.answered/1", request + "-a", {"referral_id": request, "outcome": "accepted", "their_id": "IN-" + request,
                                                                              "wish": {"department": "肝胆外科", "bed": "12-03"}, "doctor": DOCTOR, "at": iso(now())})
        need(self.notice(origin, "referral.answered/1", request)["answer"]["wish"]["bed"] == "12-03", f"{request}: the bed is told")
        self.hosts[target].must_submit("referral.arrived/1", request + "-v", {"referral_id": request, "patient_id": LOCAL[target], "at": iso(now())})
        self.notice(origin, "referral.arrived/1", request)
        visit = {"patient_id": LOCAL[target], "encounter_id": VISIT[target], "department": "肝胆外科", "doctor": DOCTOR}
        shown = [r for r in self.hosts[target].query("results.list/1", {**visit, "limit": 1000})["results"]
                 if r["report_number"] == report and r["item"]["code"] == "TBIL"]
        need(shown and shown[0]["origin"]["code"] == HOSPITALS[origin]["code"], f"{request}: results.list shows {report}")
        card = self.hosts[target].query("order.check/1", {**visit, "orders": [{"order_id": "YZ-" + request, "item": {"code": "TBIL01", "name": "总胆红素"}}]})["cards"]
        outcome = card[0]["extension"]["huren"]["outcome"] if card else "none"
        need(outcome == "recognised", f"{request}: total bilirubin is recognised, not {outcome}")
        lines = "、".join(line.get("number") or line["kind"] for line in package["package"]["lines"])
        value = f"{shown[0]['value']} {shown[0]['unit']}"
        at, to = HOSPITALS[origin]["name"], HOSPITALS[target]["name"]
        self.tell(f"  {zh} {request}：{at} → {to}，{reason}", f"  {direction} {request}: {origin} -> {target} ({priority})")
        self.tell(f"    资料齐全：{lines}", f"    the package is complete: {len(package['package']['lines'])} of {len(package['package']['lines'])} lines")
        self.tell("    同意接收：肝胆外科 12-03 床；患者到诊", "    accepted with bed 12-03; the patient arrived")
        self.tell(f"    {to}的医生看到 {report} 的总胆红素 {value}：可互认", f"    the doctor at {target} sees total bilirubin {value} of {report}: recognised, no new blood")

    def complete(self, target, origin, request):
        self.hosts[target].must_submit("referral.completed/1", request + "-c", {"referral_id": request, "doctor": DOCTOR, "at": iso(now()), "summary": {"kind": "C0053", **items(
            admission_condition="嗜睡", admission_diagnosis="急性肝衰竭", course="人工肝支持与评估", discharge_diagnosis="急性肝衰竭", discharge_orders="见转诊记录")}})
        done = self.notice(origin, "referral.completed/1", request)
        need(any(d["kind"] == "C0053" for d in done["documents"]), f"{request}: the discharge summary is back")
        self.tell("  病历回传：出院小结 C0053", "  the record is back: discharge summary C0053")

    def ecg(self):
        town, city = self.hosts["township"], self.hosts["city"]
        person = {"local_id": "T-5", "name": "王大山", "sex": "male", "birth_date": "1952-03-04"}
        town.must_submit("patient.registered/1", "p", {"patient": person})
        town.must_submit("encounter.started/1", "e", {"patient_id": "T-5", "encounter_id": "MZ-T", "doctor": DOCTOR, "at": iso(now())})
        town.must_submit("exam.requested/1", "x", {"exam_id": "XD-1", "patient_id": "T-5", "to_partner": "city", "priority": "critical", "category": "ecg",
                                                   "service": {"code": "EKG12", "name": "十二导联心电图"}, "question": "胸痛一小时，是否心肌梗死", "at": iso(now()),
                                                   "attachments": [{"kind": "pdf", "title": "心电图", "content": base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()}]})
        came = self.notice("city", "exam.requested/1", "XD-1")
        need(came["question"].startswith("胸痛") and came["attachments"][0]["kind"] == "pdf" and "report_due_at" in came, "the question, the tracing and the clock arrive")
        city.must_submit("exam.answered/1", "xa", {"exam_id": "XD-1", "outcome": "accepted", "their_id": "ECG-77", "at": iso(now())})
        city.must_submit("exam.report.released/1", "xr", {"exam_id": "XD-1", "doctor": DOCTOR, "at": iso(now()), "record": items(
            diagnosis="胸痛", exam_item="十二导联心电图", exam_finding="V2-V4 ST 段抬高 0.3 mV", exam_impression="急性前壁心肌梗死，请立即上转")})
        report = self.notice("township", "exam.report.received/1", "XD-1")
        record = next(d["record_id"] for d in report["documents"] if d["kind"] == "C0006")
        opened = town.query("record.open/1", {"record_id": record, "patient_id": "T-5", "encounter_id": "MZ-T", "doctor": DOCTOR, "want": ["data", "page"]})
        need("急性前壁心肌梗死" in opened["page"]["html"], "the township's doctor reads the report")
        listed = town.query("results.list/1", {"patient_id": "T-5", "encounter_id": "MZ-T", "doctor": DOCTOR})
        need("ST 段抬高" in json.dumps(listed, ensure_ascii=False) and "心肌梗死" not in json.dumps(listed, ensure_ascii=False), "findings are shown, the diagnosis text is not recognised")
        self.tell("  乡镇心电图由市医院诊断，报告回到申请医生的屏幕", "  the township's ECG is read by the city hospital, the report is on the requester's screen")

    def documents(self):
        """Every document that a hospital holds, its own and those that came, read back through its HIS and checked."""
        files, kinds = [], {}
        visits = [("county", LOCAL["county"], VISIT["county"]), ("city", LOCAL["city"], VISIT["city"]), ("township", "T-5", "MZ-T")]
        for key, patient, visit in visits:
            host, who = self.hosts[key], {"patient_id": patient, "encounter_id": visit, "doctor": DOCTOR, "want": ["document"]}
            reports = {row["report_id"] for row in host.query("results.list/1", {k: who[k] for k in who if k != "want"} | {"limit": 1000})["results"]}
            opened = [("C0007", host.query("result.open/1", {**who, "report_id": r})) for r in sorted(reports)]
            rows = host.query("referral.list/1", {"doctor": DOCTOR, "patient_id": patient})["referrals"]
            opened += [(d["kind"], host.query("record.open/1", {**who, "record_id": d["record_id"]})) for row in rows for d in row.get("documents", [])
                       if d["kind"] not in ("pdf", "scp_ecg")]
            for kind, answer in opened:
                file = self.out / f"{key}-{kind}-{len(files)}.xml"
                file.write_bytes(base64.b64decode(answer["document"]["base64"]))
                files.append(file)
                kinds[kind] = kinds.get(kind, 0) + 1
        need(set(kinds) == {"C0007", "TRANSFER", "C0001", "C0053", "C0006"}, f"every kind of document went: {kinds}")
        done = subprocess.run([str(self.build / "bin/huren-ctl"), "cda", "check", *map(str, files)], capture_output=True, text=True, check=False)
        need(done.returncode == 0 and not done.stdout.strip(), f"the documents keep our own rules, without a warning: {done.stdout[-2000:]}")
        if self.xsd:
            invalid = validate(files, self.xsd)
            need(not invalid, f"the documents are valid against CDA.xsd: {invalid}")
        said = "、".join(f"{k} {n} 份" for k, n in sorted(kinds.items())), ", ".join(f"{n} {k}" for k, n in sorted(kinds.items()))
        self.tell(f"  {said[0]}：均符合规则{'与 CDA.xsd' if self.xsd else ''}", f"  {said[1]}: all keep the rules{' and CDA.xsd' if self.xsd else ''}")

    def run(self):
        for key in HOSPITALS:
            self.hosts[key] = Host(self.build, self.out / key, self.out / f"host-{key}.log")
        try:
            for key in LOCAL:
                self.hosts[key].must_submit("patient.registered/1", "p1", {"patient": {"local_id": LOCAL[key], **PATIENT}})
                self.hosts[key].must_submit("encounter.started/1", "e1", {"patient_id": LOCAL[key], "encounter_id": VISIT[key], "doctor": DOCTOR, "at": iso(now())})
            self.tell("【1】急诊上转（绿色通道）", "[1] up in an emergency, by the green channel")
            self.lab("county", "A-1", {"TBIL01": "310", "GLU01": "3.1"})
            self.move("county", "city", "ZZ-1", "up", "critical", "急性肝衰竭，评估肝移植", "A-1")
            self.tell("【2】移植中心下转支持治疗", "[2] down from the transplant centre for support")
            self.lab("city", "B-1", {"TBIL01": "260", "K01": "4.0"})
            self.complete("city", "county", "ZZ-1")
            self.move("city", "county", "XZ-1", "down", "routine", "等待肝源，支持治疗", "B-1", follows="ZZ-1")
            self.tell("【3】再次上转手术", "[3] up again for the operation")
            self.lab("county", "A-2", {"TBIL01": "280", "K01": "4.4"})
            self.complete("county", "city", "XZ-1")
            self.move("county", "city", "ZZ-2", "up", "urgent", "肝源到位，肝移植", "A-2")
            self.tell("【4】下转康复", "[4] down for rehabilitation")
            self.lab("city", "B-2", {"TBIL01": "28", "K01": "4.1"})
            self.complete("city", "county", "ZZ-2")
            self.move("city", "county", "XZ-2", "down", "routine", "移植术后康复", "B-2", follows="ZZ-2")
            self.tell("【5】乡镇心电图", "[5] the township's ECG")
            self.ecg()
            self.tell("【6】统计", "[6] the figures")
            up = json.loads(self.ctl("county", "--json", "requests", "figures", "referrals"))
            need(sum(r["counts"]["requested"] for r in up if r["direction"] == "up" and r["side"] == "asked") == 2, "two referrals went up")
            need(all(len(r["requests"]) == r["counts"]["requested"] and r["steps"] for r in up), "every row names its requests and steps")
            readings = json.loads(self.ctl("city", "--json", "requests", "figures", "readings"))
            need(readings[0]["category"] == "ecg" and readings[0]["counts"]["completed"] == 1 and readings[0]["median_minutes"] is not None, "one ECG read, with its turnaround")
            need("destination" in self.ctl("county", "requests", "figures", "outflow"), "outflow as CSV")
            key = next(r["requests"][0] for r in up if r["direction"] == "up")
            trail = json.loads(self.ctl("county", "--json", "requests", "show", key))["steps"]
            need(any(s["source"] == "event referral.requested/1 " + key.split("/")[1] for s in trail) and any(s["source"].startswith("city ") for s in trail),
                 f"the steps of {key} name the event and the messages that brought them")
            self.tell("  上转 2、下转 2、心电图 1；每行列出所计的申请与步骤（requests figures），每步列出其事件或报文（requests show）",
                      "  two up, two down, one ECG; each row names its requests (requests figures), each step its event or message (requests show)")
            self.tell("【7】所有文书", "[7] all documents")
            self.documents()
            for host in self.hosts.values():
                host.close()
        finally:
            for host in self.hosts.values():
                if host.process.poll() is None:
                    host.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--lang", choices=["zh", "en", "both"], default="both")
    parser.add_argument("--cda-xsd", default="")
    try:
        story = Story(parser.parse_args())
    except Failed as e:
        print(e, file=sys.stderr)
        return 1
    try:
        story.run()
    except Failed as e:
        story.tell(f"未完成：{e}", f"FAILED: {e}")
        story.tell(f"日志与数据：{story.out}", f"logs and data: {story.out}")
        return 1
    story.tell(f"全部完成。过程文件：{story.out}", f"All of it happened. What was made: {story.out}")
    return 0


sys.exit(main())
