"""Two hospitals with a console each, their HIS processes, and a client that holds every answer against the OpenAPI file.

Promises: an answer that schemas/api/openapi.json does not describe fails the test, whatever it was asked for; ports are
ephemeral and folders the test's own. Refuses: addresses with parameters.
"""
import http.client
import json
import pathlib
import ssl
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/demo"))
from hospitals import A, ANALYTES, B, DOCTOR, PATIENT, Alliance, Failed, free_port, iso, lis_message, now, report, wait_for  # noqa: E402

API = json.loads((ROOT / "schemas/api/openapi.json").read_text())
PASSWORD = "correct horse battery"
CONSOLE = '\n[console]\nlisten = "127.0.0.1:{port}"\n'


def need(condition, what):
    if not condition:
        raise Failed(what)


def resolved(schema):
    """The schema with the file's components where $ref finds them."""
    return {**schema, "components": API["components"]}


class Client:
    """One browser's worth of cookies."""

    def __init__(self, port, authority=None):
        self.port, self.cookies, self.csrf, self.headers = port, {}, "", {}
        self.tls = ssl.create_default_context(cafile=authority) if authority else None

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.tls) if self.tls else http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        if body is not None:
            sent |= {"Content-Type": "application/json", "X-Huren-CSRF": self.csrf}
        sent |= headers or {}
        connection.request(method, path, body=body, headers={k: v for k, v in sent.items() if v is not None})
        answer = connection.getresponse()
        data = answer.read()
        self.headers = {k.lower(): v for k, v in answer.getheaders()}
        for key, value in answer.getheaders():
            if key.lower() == "set-cookie":
                name, _, rest = value.partition("=")
                value = rest.split(";")[0]
                need("HttpOnly" in rest and "SameSite=Strict" in rest and ("Secure" in rest or not self.tls), f"a cookie that scripts or other sites reach: {name}")
                if value:
                    self.cookies[name] = value
                else:
                    self.cookies.pop(name, None)
        connection.close()
        return answer.status, data

    def call(self, method, path, body=None, headers=None):
        text = None if body is None else body if isinstance(body, (str, bytes)) else json.dumps(body)
        status, data = self.raw(method.upper(), "/api/v1" + path, text, headers)
        answer = json.loads(data)
        responses = API["paths"].get(path, {}).get(method.lower(), {}).get("responses")
        failure = {"$ref": "#/components/schemas/Failure"}
        schema = responses["200"]["content"]["application/json"]["schema"] if responses and status == 200 else failure
        jsonschema.validate(answer, resolved(schema))
        need("default-src 'none'" in self.headers.get("content-security-policy", ""), "every answer has a Content-Security-Policy")
        need(self.headers.get("cache-control") == "no-store", "no answer of the interface is kept")
        if status == 200 and isinstance(answer, dict) and "csrf" in answer:
            self.csrf = answer["csrf"]
        return status, answer

    def must(self, method, path, body=None):
        status, answer = self.call(method, path, {} if body is None and method == "post" else body)
        if status != 200:
            raise Failed(f"{method} {path}: {status} {json.dumps(answer, ensure_ascii=False)[:2000]}")
        return answer

    def refused(self, method, path, body, status, fault, headers=None):
        got, answer = self.call(method, path, body, headers)
        need((got, answer.get("error", {}).get("id")) == (status, fault), f"{method} {path}: wanted {status} {fault}, got {got} {str(answer)[:600]}")
        return answer


class Pair:
    def __init__(self, build, out, mode="agent", tls=()):
        self.alliance = Alliance(build, out, mode=mode)
        self.tls = tls  # keys of hospitals whose console speaks HTTPS
        self.ports = {"a": free_port(), "b": free_port()}
        for hospital in (A, B):
            with open(self.alliance.folder(hospital) / "local.toml", "a", encoding="utf-8") as f:
                f.write(CONSOLE.format(port=self.ports[hospital["key"]]))
                if hospital["key"] in tls:
                    f.write(f'certificate = "../certs/{hospital["key"]}.pem"\nprivate_key = "../certs/{hospital["key"]}.key"\n')
        self.hosts = {}

    def start(self, *hospitals):
        for hospital in hospitals or (A, B):
            self.hosts[hospital["key"]] = self.alliance.start(hospital)
            client = self.client(hospital)
            wait_for("the console answers", lambda c=client: self.answers(c))

    @staticmethod
    def answers(client):
        try:
            return client.call("get", "/welcome")[0] == 200
        except OSError:
            return False

    def client(self, hospital):
        return Client(self.ports[hospital["key"]], str(self.alliance.out / "certs/ca.pem") if hospital["key"] in self.tls else None)

    def token(self, hospital):
        return self.alliance.ctl_json(hospital, "console", "token")["token"]

    def admin(self, hospital, name="admin"):
        client = self.client(hospital)
        client.must("post", "/setup", {"token": self.token(hospital), "name": name, "display": "王管理", "password": PASSWORD})
        return client

    def stop(self, good):
        for host in self.hosts.values():
            if good:
                host.close()
            elif host.process.poll() is None:
                host.kill()
        if good:
            self.alliance.stop_agents()
        else:
            self.alliance.kill_agents()

    def visit(self, encounter="MZ-B-1"):
        return {"patient_id": "B-7001", "encounter_id": encounter, "department": "内分泌科", "doctor": DOCTOR}

    def traffic(self):
        """A report crosses from A to B, a doctor at B is shown two suggestions."""
        a, b = self.hosts["a"], self.hosts["b"]
        a.must_submit("patient.registered/1", "p1", {"patient": {"local_id": "A-0001", **PATIENT}})
        a.must_submit("referral.requested/1", "r1", {"referral_id": "ZZ-1", "patient_id": "A-0001", "to_partner": "city_hospital", "priority": "routine", "reason": "血糖控制不佳", "at": iso(now())})
        a.must_submit("lab.report.released/1", "LIS-1001/1", report("LIS-1001", ["GLU01", "TC01", "TG01", "HDL01"]))
        a.must_submit("lab.report.released/1", "LIS-0907/1", report("LIS-0907", ["GLU01", "TC01"], values={"GLU01": "7.90", "TC01": "5.60"}, hours=24.0 * 70))
        b.must_submit("patient.registered/1", "p1", {"patient": {"local_id": "B-7001", **PATIENT}})
        b.must_submit("encounter.started/1", "e1", {"patient_id": "B-7001", "encounter_id": "MZ-B-1", "patient_class": "outpatient", "department": "内分泌科", "doctor": DOCTOR, "at": iso(now())})
        rows = wait_for("six results at B", lambda: (lambda r: r if len(r) == 6 else None)(b.query("results.list/1", {**self.visit(), "limit": 100})["results"]))
        orders = [{"order_id": "YZ-1", "item": {"code": "250101", "name": "血糖"}}, {"order_id": "YZ-2", "item": {"code": "250300", "name": "血脂四项"}}]
        cards = b.query("order.check/1", {**self.visit(), "orders": orders})["cards"]
        need(len(cards) == 2, f"two cards, not {len(cards)}")
        return rows
