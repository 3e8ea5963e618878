"""Two hospitals on one machine: folders, certificates, hosts. Used by the demo and by the flow tests.

Promises: every wait ends; a host's answer is (status, body); nothing outside the given folder is written.
"""
import datetime
import json
import os
import pathlib
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ZONE = datetime.timezone(datetime.timedelta(hours=8))
PATIENT = {
    "name": "陈东珅", "sex": "female", "birth_date": "1949-12-31", "phone": "13800000000",
    "identifiers": [{"type": "resident_id", "value": "11010519491231002X"}],
}
DOCTOR = {"id": "D1027", "name": "赵敏"}
VERIFIER = {"id": "L0002", "name": "周海"}
ANALYTES = {  # local code at A: item name, unit, range, value
    "GLU01": ("葡萄糖", "14749-6", "mmol/L", "3.9-6.1", "5.42"),
    "TC01": ("总胆固醇", "14647-2", "mmol/L", "2.8-5.2", "4.80"),
    "TG01": ("甘油三酯", "14927-8", "mmol/L", "0.4-1.7", "1.35"),
    "HDL01": ("高密度脂蛋白胆固醇", "14646-4", "mmol/L", "1.0-1.9", "1.21"),
}


class Failed(Exception):
    """A step that did not happen."""


def now(minus_hours=0.0):
    return (datetime.datetime.now(ZONE) - datetime.timedelta(hours=minus_hours)).replace(microsecond=0)


def iso(moment):
    return moment.isoformat()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, probe, seconds=30.0):
    """Asks probe until it gives something true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = probe()
        if found:
            return found
        time.sleep(0.05)
    raise Failed(f"did not happen within {seconds:.0f} s: {what}")


def emptied(out, tell):
    """The folder for what a demo makes: what a former one left there goes, and is told; what no demo made stays."""
    if out.exists() and not out.is_dir():
        raise Failed(f"{out} is a file: remove it or name another folder / {out} 是文件：请移走或另选目录")
    left = {p.name for p in out.iterdir()} if out.exists() else set()
    if left and "certs" not in left:
        raise Failed(f"{out} holds what no demo made: name another folder / {out} 中有非演示产生的文件：请另选目录")
    if left:
        tell(f"清除上次演示的文件：{out}", f"What the last demo made is removed: {out}")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)


class Host:
    """One HIS process (tests/demo/host.c)."""

    def __init__(self, build, config_dir, log):
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            [str(build / "bin/huren-demo-host"), str(build / "lib/libhuren.so"), str(config_dir)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        status, why = self._answer(30)
        if status != 0:
            raise Failed(f"the module does not open: {status} {why}")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode())
        self.lines.put(None)

    def _answer(self, seconds):
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise Failed("the host does not answer") from None
        if line is None:
            raise Failed("the host is gone")
        status, _, body = line.rstrip("\n").partition(" ")
        return int(status), body

    def say(self, line, seconds=30):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self._answer(seconds)

    def submit(self, event_type, key, body):
        return self.say(f"submit {event_type} {key} {json.dumps(body, ensure_ascii=False)}")

    def must_submit(self, event_type, key, body):
        status, why = self.submit(event_type, key, body)
        if status not in (0, 1):
            raise Failed(f"{event_type} {key}: {status} {why}")

    def query(self, topic, body, deadline_ms=2000):
        status, answer = self.say(f"query {topic} {deadline_ms} {json.dumps(body, ensure_ascii=False)}")
        if status != 0:
            raise Failed(f"{topic}: {status} {answer}")
        return json.loads(answer)

    def notices(self, wait_ms=0):
        """All that wait, each acknowledged."""
        out = []
        while True:
            status, body = self.say(f"poll {wait_ms}")
            if status != 0:
                return out
            notice = json.loads(body)
            self.say(f"ack {notice['notice_id']}")
            out.append(notice)
            wait_ms = 0

    def health(self):
        """The engine's; an agent that is just starting is waited for."""
        return wait_for("an engine that answers", lambda: json.loads(self.say("health")[1])["engine"])

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.log.close()
        if self.process.returncode != 0:
            raise Failed(f"the host ended with {self.process.returncode}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()


class Agent:
    """The engine of one hospital as a process of its own (huren-agent). It serves when its constructor returns."""

    def __init__(self, build, config_dir, log):
        self.log = open(log, "ab")
        before = pathlib.Path(log).read_bytes().count(b'"agent.started"')
        self.process = subprocess.Popen([str(build / "bin/huren-agent"), "--config", str(config_dir)], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        wait_for("huren-agent starts", lambda: pathlib.Path(log).read_bytes().count(b'"agent.started"') > before or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise Failed(f"huren-agent ended with {self.process.returncode}: {log}")

    def close(self):
        self.process.terminate()
        code = self.process.wait(timeout=30)
        self.log.close()
        if code != 0:
            raise Failed(f"huren-agent ended with {code}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


CONFIG = """\
[engine]
mode = "{mode}"

[hospital]
code = "{code}"
name = "{name}"
region = "420500"
level = {level}
zone = "+08:00"

[store]
adapter = "store.sqlite"
directory = "data"

[listener]
listen = "127.0.0.1:{port}"
certificate = "../certs/{key}.pem"
private_key = "../certs/{key}.key"
trust = "../certs/ca.pem"

[partner.{partner}]
organisation = "{partner_code}"
name = "{partner_name}"
region = "420500"
level = {partner_level}
adapter = "partner.mllp"
address = "127.0.0.1:{partner_port}"
certificate_sha256 = "{fingerprint}"
server_name = "localhost"

[agreement.alliance_2026]
partner = "{partner}"
from = 2026-01-01
basis = "referral"

[codes]
local_items = "local_items.csv"
prices = "prices.csv"

[delivery]
retry_first_ms = 100
retry_ceiling_ms = 500
"""
FEED = """
[feed.lis]
adapter = "his.hl7v2_feed"
listen = "127.0.0.1:{port}"
"""
A = {"key": "a", "code": "HB-COUNTY-01", "name": "县医院", "level": 2, "partner": "city_hospital"}
B = {"key": "b", "code": "HB-CITY-01", "name": "市医院", "level": 3, "partner": "county_hospital"}
ITEMS_A = """code,name,item,panel,unit
GLU01,葡萄糖,GLU,,mmol/L
TC01,总胆固醇,TC,,mmol/L
TG01,甘油三酯,TG,,mmol/L
HDL01,高密度脂蛋白胆固醇,HDLC,,mmol/L
K01,钾,K,,mmol/L
NA01,钠,NA,,mmol/L
CREA01,肌酐,CREA,,umol/L
"""
ITEMS_B = """code,name,item,panel,unit
250101,血糖,GLU,,mmol/L
250300,血脂四项,,LIPID,
250401,血钾,K,,mmol/L
"""
PRICES_B = "code,price\n250101,6.00\n250300,42.00\n250401,5.00\n"


class Alliance:
    """The two configuration folders under out/, and what runs in them."""

    def __init__(self, build, out, pin_b=True, mode="embedded"):
        self.mode, self.agents = mode, {}
        self.build, self.out = pathlib.Path(build).resolve(), pathlib.Path(out).resolve()
        if self.out.exists() and not self.out.is_dir():
            raise Failed(f"{self.out} is a file: remove it or name another folder / {self.out} 是文件：请移走或另选目录")
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        subprocess.run([str(ROOT / "tests/support/make_certs.sh"), str(self.out / "certs"), "a", "b", "c"], check=True, stdout=subprocess.DEVNULL)
        self.ports = {"a": free_port(), "b": free_port(), "feed": free_port()}
        for me, other in ((A, B), (B, A)):
            folder = self.folder(me)
            (folder / "codes").mkdir(parents=True)
            pinned = other["key"] if pin_b else "c"
            text = CONFIG.format(**me, mode=mode, port=self.ports[me["key"]], partner_code=other["code"], partner_name=other["name"],
                                 partner_level=other["level"], partner_port=self.ports[other["key"]],
                                 fingerprint=(self.out / f"certs/{pinned}.sha256").read_text().strip())
            if me is A:
                text += FEED.format(port=self.ports["feed"])
            (folder / "local.toml").write_text(text)
            (folder / "local_items.csv").write_text(ITEMS_A if me is A else ITEMS_B)
            (folder / "prices.csv").write_text("code,price\n" if me is A else PRICES_B)
        # What B knows of A's laboratory: its HR mark and its EQA passes (室间质评).
        codes = self.folder(B) / "codes"
        items = ["GLU", "TC", "TG", "HDLC", "K", "NA", "CREA"]
        (codes / "hr_marks.csv").write_text("lab,item,scope,valid_from\n" + "".join(f"{A['code']},{i},42,2026-01-01\n" for i in items))
        (codes / "eqa.csv").write_text("lab,item,verdict,valid_from\n" + "".join(f"{A['code']},{i},passed,2026-01-01\n" for i in items))

    def folder(self, hospital):
        return self.out / ("A-county" if hospital is A else "B-city")

    def start_agent(self, hospital):
        """In agent mode: the one that runs or a new one."""
        running = self.agents.get(hospital["key"])
        if self.mode == "agent" and (running is None or running.process.poll() is not None):
            self.agents[hospital["key"]] = Agent(self.build, self.folder(hospital), self.out / f"agent-{hospital['key']}.log")

    def kill_agent(self, hospital):
        if self.mode == "agent":
            self.agents.pop(hospital["key"]).kill()

    def stop_agents(self):
        while self.agents:
            self.agents.popitem()[1].close()

    def kill_agents(self):
        while self.agents:
            self.agents.popitem()[1].kill()

    def start(self, hospital):
        self.start_agent(hospital)
        return self.start_host(hospital, hospital["key"])

    def start_host(self, hospital, name):
        """The HIS process alone: its agent may be dead."""
        return Host(self.build, self.folder(hospital), self.out / f"host-{name}.log")

    def ctl(self, hospital, *words):
        done = subprocess.run([str(self.build / "bin/huren-ctl"), "--config", str(self.folder(hospital)), *words], capture_output=True, text=True, check=False)
        if done.returncode == 2:
            raise Failed(f"huren-ctl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def ctl_json(self, hospital, *words):
        return json.loads(self.ctl(hospital, "--json", *words))


def observation(position, code, value=None, status="final"):
    name, loinc, unit, span, usual = ANALYTES[code]
    low, high = (float(x) for x in span.split("-"))
    value = value or usual
    number = float(value)
    return {
        "set_id": str(position), "local": {"code": code, "name": name, "system": "L"}, "loinc": loinc, "value_type": "NM", "value": value,
        "unit": unit, "range": {"text": span, "low": low, "high": high}, "flags": ["H"] if number > high else ["L"] if number < low else [],
        "status": status, "method": {"code": "HK", "name": "己糖激酶法" if code == "GLU01" else "酶法", "system": "L"}, "instrument": "AU5800",
        "performer": {"code": A["code"], "name": "县医院检验科"}, "marks": ["鄂HR"],
    }


def report(number, codes, version=1, values=None, hours=20.0, status="final"):
    """A laboratory report of hospital A as its HIS submits it."""
    values = values or {}
    body = {
        "number": number, "version": version, "status": status, "panel": {"code": "SH01", "name": "生化", "system": "L"}, "category": "生化",
        "patient": {"local_id": "A-0001", **PATIENT}, "patient_class": "outpatient", "department": "内分泌科",
        "specimen": {"id": f"S-{number}", "type": {"code": "serum", "name": "血清"}, "collected_at": iso(now(hours)), "received_at": iso(now(hours - 0.5))},
        "observations": [observation(i + 1, c, values.get(c), status) for i, c in enumerate(codes)],
        "requester": {"id": "D0311", "name": "王芳"}, "author": {"id": "L0007", "name": "李强"}, "verifier": VERIFIER,
        "reported_at": iso(now(hours - 2)),
    }
    if version > 1:
        body["amendment_reason"] = "仪器校准后复核"
    return {"report": body}


def lis_message():
    """A real-shaped ORU^R01 as A's laboratory system sends it: local codes, GB names, its own habits."""
    at = now(6).strftime("%Y%m%d%H%M%S")
    segments = [
        f"MSH|^~\\&|LIS|HB-COUNTY-01|HIS|HB-COUNTY-01|{now(5).strftime('%Y%m%d%H%M%S')}||ORU^R01^ORU_R01|LIS{int(time.time())}|P|2.5.1|||||CHN|UNICODE UTF-8",
        "PID|1||A-0001^^^HB-COUNTY-01^PI~11010519491231002X^^^^NNCHN||陈东珅||19491231|F",
        "PV1|1|O|内分泌科",
        f"ORC|RE|YZ88232|LIS-2002^LIS|||||||||D0311^王芳",
        f"OBR|1|YZ88232|LIS-2002^LIS|SH02^电解质+肾功^L|||{at}||||||||serum^血清|D0311^王芳||||||{now(5).strftime('%Y%m%d%H%M%S')}|||F",
        f"OBX|1|NM|K01^钾^L^2823-3^^LN||4.12|mmol/L|3.5-5.3|N|||F|||{at}||L0007^李强|ISE^离子选择电极法^L",
        f"OBX|2|NM|NA01^钠^L^2951-2^^LN||140|mmol/L|137-147|N|||F|||{at}||L0007^李强|ISE^离子选择电极法^L",
        f"OBX|3|NM|CREA01^肌酐^L^14682-9^^LN||71|umol/L|41-81|N|||F|||{at}||L0007^李强|SAR^肌氨酸氧化酶法^L",
        f"SPM|1|^S-2002||serum^血清^L|||||||||||||{at}|{at}",
    ]
    return "\r".join(segments) + "\r"
