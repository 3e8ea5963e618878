"""The console's interface against running hospitals: every answer is held against schemas/api/openapi.json.

usage: api_test.py --build BUILD --out FOLDER
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import threading

from pair import API, PASSWORD, Pair, need
from pair import A, B, Failed, free_port, lis_message, wait_for
from reload import off_the_air

ROLES = {"admin": {"read", "operate", "message", "configure", "codes", "audit", "users"}, "operator": {"read", "operate", "message"},
         "quality": {"read", "codes", "audit"}, "auditor": {"read", "audit"}, "reader": {"read"}}


def sign_in(pair, hospital, name, password=PASSWORD):
    client = pair.client(hospital)
    client.must("post", "/login", {"name": name, "password": password})
    return client


def first_run(pair):
    client = pair.client(B)
    need(client.must("get", "/welcome")["needs_setup"], "nobody has an account at first")
    client.refused("get", "/status", None, 401, "console.not_signed_in")
    body = {"token": "x" * 43, "name": "admin", "password": PASSWORD}
    client.refused("post", "/setup", body, 401, "console.setup_token")
    body["token"] = pair.token(B)
    client.refused("post", "/setup", {**body, "password": "short"}, 422, "console.password_weak")
    client.refused("post", "/setup", {**body, "password": "aaaaaaaaaaaa"}, 422, "console.password_weak")
    client.refused("post", "/setup", {**body, "name": "a b"}, 422, "console.user_name")
    told = client.refused("post", "/setup", {**body, "passwort": "x"}, 422, "model.unknown_member")["error"]
    need(told["where"] == "/passwort", f"a member that nobody knows is told with its place: {told}")
    client.refused("post", "/login", {"name": "admin", "password": PASSWORD, "role": "admin"}, 422, "model.unknown_member")
    session = client.must("post", "/setup", body)
    need(session["role"] == "admin" and set(session["rights"]) == ROLES["admin"], f"the first account is an administrator's: {session}")
    pair.client(B).refused("post", "/setup", {**body, "name": "other"}, 401, "console.setup_token")  # it works once
    need(not pair.client(B).must("get", "/welcome")["needs_setup"], "now there is one")
    users = pair.alliance.ctl_json(B, "console", "users")
    need([u["name"] for u in users] == ["admin"], f"huren-ctl lists it: {users}")
    text = (pair.alliance.folder(B) / "data/console/users.json").read_text()
    need("$argon2id$" in text and PASSWORD not in text, "passwords are kept as argon2id hashes")
    return client


def walls(pair, admin):
    admin.refused("post", "/backup", {}, 403, "console.csrf", {"X-Huren-CSRF": "wrong"})
    admin.refused("post", "/backup", {}, 403, "console.csrf", {"Origin": "https://elsewhere.example"})
    admin.refused("post", "/backup", {}, 403, "console.csrf", {"Sec-Fetch-Site": "cross-site"})
    admin.refused("post", "/backup", "{}", 415, "console.media_type", {"Content-Type": "text/plain"})
    admin.refused("post", "/outbox", "[1]", 422, "console.bad_body")
    admin.refused("post", "/outbox", '{"a":', 422, "console.bad_body")
    admin.refused("get", "/backup", None, 405, "console.method")
    admin.refused("get", "/nothing", None, 404, "console.unknown_route")
    status, data = admin.raw("GET", "/api/v1/status?patient=1")
    need(status == 422 and b"console.no_query" in data, "no parameters in an address")
    status, data = admin.raw("POST", "/api/v1/outbox", "x" * (9 * 1024 * 1024))
    need(status == 413, f"a body of nine megabytes: {status}")
    for path in ("/", "/panel", "/console.js", "/console.css"):
        status, data = admin.raw("GET", path)
        need(status == 200 and data and b"//cdn" not in data, f"{path}: {status}")
        need("frame-ancestors 'none'" in admin.headers["content-security-policy"], f"{path} has its policy")
    status, page = admin.raw("GET", "/", headers={"If-None-Match": None})
    need(b'rel="icon" href="data:' in page, "the browser need not ask for an icon")
    status, _ = admin.raw("GET", "/", headers={"If-None-Match": admin.headers["etag"]})
    need(status == 304, "a page that is held need not be sent again")
    need(admin.raw("GET", "/../users.json")[0] == 404, "no file of the disk is served")


def lock_out(pair, admin):
    admin.must("post", "/users/save", {"name": "lucky", "display": "", "role": "reader", "password": PASSWORD})
    guess = pair.client(B)
    for _ in range(5):
        guess.refused("post", "/login", {"name": "lucky", "password": "wrong password"}, 401, "console.sign_in_failed")
    guess.refused("post", "/login", {"name": "lucky", "password": PASSWORD}, 429, "console.locked")
    guess.refused("post", "/login", {"name": "nobody", "password": PASSWORD}, 401, "console.sign_in_failed")
    pair.alliance.ctl(B, "console", "unlock", "lucky")
    sign_in(pair, B, "lucky")
    admin.refused("post", "/users/save", {"name": "admin", "display": "", "role": "reader", "password": ""}, 422, "console.last_admin")


def crowd(pair, admin):
    """Many who guess at once: each is told at once or judged, none is counted wrongly, and those who work go on working."""
    seen = []

    def guess(n):
        try:
            status, answer = pair.client(B).call("post", "/login", {"name": f"guess{n}", "password": "wrong password"})
            seen.append((status, answer["error"]["id"]))
        except OSError as fault:  # the socket's own queue was full
            seen.append((0, str(fault)))
    threads = [threading.Thread(target=guess, args=(n,)) for n in range(24)]
    for t in threads:
        t.start()
    working = [admin.must("get", "/session")["user"] for _ in range(20)]
    for t in threads:
        t.join()
    need(working == ["admin"] * 20, "who is signed in goes on working")
    need({s for s, _ in seen} <= {401, 429} and any(s == 401 for s, _ in seen), f"judged, or told to come again: {seen}")
    need({i for _, i in seen} <= {"console.sign_in_failed", "console.busy"}, f"and in words: {seen}")
    sign_in(pair, B, "lucky")
    need(not [r for r in admin.must("post", "/audit", {"event": "console.signed_in", "limit": 2000})["rows"] if r["outcome"] == "console.busy"], "what was not tried does not fill the trail")


def roles(pair, admin):
    """Who may what is told by x-right, for every route."""
    for role in ROLES:
        admin.must("post", "/users/save", {"name": f"the_{role}", "display": role, "role": role, "password": PASSWORD})
        client = sign_in(pair, B, f"the_{role}")
        for path, methods in API["paths"].items():
            for method, operation in methods.items():
                right = operation["x-right"]
                if right in ("open", "signed_in") or path in ("/apply", "/backup"):
                    continue
                status, answer = client.call(method, path, {"rows": 0} if method == "post" else None)
                if right == "panel":
                    need(status == 401, f"{role} {path}: the panel is the doctor's")
                    continue
                kept_out = answer.get("error", {}).get("id") == "console.not_allowed"
                need(kept_out == (right not in ROLES[role]), f"{role} {method} {path}: {status} {answer.get('error')}")
    client = sign_in(pair, B, "the_reader")
    admin.must("post", "/users/save", {"name": "the_reader", "display": "", "role": "reader", "password": "", "disabled": True})
    client.refused("get", "/status", None, 401, "console.not_signed_in")


def partners(pair, admin):
    tables = admin.must("get", "/config/tables")
    need([p["name"] for p in tables["partners"]] == ["county_hospital"], "the partner of local.toml is listed")
    print_a = (pair.alliance.out / "certs/a.sha256").read_text().strip()
    address = f"127.0.0.1:{pair.alliance.ports['a']}"
    probe = admin.must("post", "/partners/probe", {"address": address, "server_name": "localhost", "fingerprint": print_a.upper()})
    need(probe["ok"] and [s["state"] for s in probe["steps"]] == ["ok"] * 6, f"every step passes: {probe}")
    need(probe["certificate"]["fingerprint"] == print_a, "the fingerprint is shown")
    failing = {"no address": ("name", "probe.address"), "no.such.host.invalid:2575": ("name", "probe.name"), f"127.0.0.1:{free_port()}": ("connect", "probe.refused"),
               f"127.0.0.1:{pair.ports['b']}": ("tls", "probe.no_tls")}
    for wrong, (step, fault) in failing.items():
        probe = admin.must("post", "/partners/probe", {"address": wrong})
        told = next(s for s in probe["steps"] if s["state"] == "failed")
        need((told["step"], told["error"]["id"]) == (step, fault), f"{wrong}: {told}")
    probe = admin.must("post", "/partners/probe", {"address": address, "fingerprint": "00" * 32})
    need(any(s.get("error", {}).get("id") == "probe.other_fingerprint" for s in probe["steps"]), "another fingerprint is told")

    toml = pair.alliance.folder(B) / "local.toml"
    toml.write_text("# 请勿删除本行\n" + toml.read_text())
    agreement = next(a for a in admin.must("get", "/config/tables")["agreements"] if a["name"] == "alliance_2026")
    other = sign_in(pair, B, "the_admin")
    saved = admin.must("post", "/config/save", {"kind": "agreement", "name": "alliance_2026", "version": agreement["version"], "values": {"window_days": "GLU=30,class:lipid=14", "min_level": "2"}})
    now_there = next(a for a in saved["agreements"] if a["name"] == "alliance_2026")
    need(now_there["values"]["window_days"] == "GLU=30,class:lipid=14", f"saved: {now_there}")
    told = other.refused("post", "/config/save", {"kind": "agreement", "name": "alliance_2026", "version": agreement["version"], "values": {"min_level": "3"}}, 409, "console.changed_meanwhile")
    need("admin" in told["error"]["zh"], f"the second administrator is told who was first: {told}")
    text = toml.read_text()
    need("# 请勿删除本行" in text and 'basis = "referral"' in text, "what was not changed stays as it was")
    told = admin.refused("post", "/config/save", {"kind": "agreement", "name": "alliance_2026", "version": now_there["version"], "values": {"mode": "guess", "from": "2026-99-99"}}, 422, "console.not_saved")
    need(len(told["findings"]) == 2 and all(f["zh"] and f["en"] for f in told["findings"]), f"both faults at once: {told}")
    admin.refused("post", "/config/save", {"kind": "agreement", "name": "Bad Name", "version": "", "values": {}}, 422, "console.table_name")
    admin.refused("post", "/config/save", {"kind": "agreement", "name": "x", "version": "", "values": {"basis": "a\nb"}}, 422, "config.edit_value")
    need(toml.read_text() == text, "a refused change leaves the file alone")
    change = next(c for c in admin.must("get", "/config/history")["changes"] if c["part"] == "agreement.alliance_2026")
    admin.must("post", "/config/restore", {"id": change["id"]})
    back = next(a for a in admin.must("get", "/config/tables")["agreements"] if a["name"] == "alliance_2026")
    need("window_days" not in back["given"], f"put back: {back}")
    admin.must("post", "/agreements/preview", {"name": "alliance_2026", "values": {"receive": "false"}})


def command_line(pair):
    """The same edits by huren-ctl, with the same checks and the same history."""
    toml = pair.alliance.folder(B) / "local.toml"
    before = toml.read_text()
    pair.alliance.ctl(B, "config", "set", "agreement.alliance_2026", "min_level=2", "--dry-run")
    need(toml.read_text() == before, "a dry run changes nothing")
    pair.alliance.ctl(B, "config", "set", "agreement.alliance_2026", "min_level=2", "window_days=GLU=30")
    shown = pair.alliance.ctl_json(B, "config", "show", "agreement.alliance_2026")
    need(shown[0]["values"]["min_level"] == "2" and shown[0]["values"]["window_days"] == "GLU=30", f"set: {shown}")
    for wrong in (("set", "hospital", "code=X"), ("set", "agreement.alliance_2026", "mode=guess"), ("set", "agreement.alliance_2026", "mode"), ("remove", "partner.county_hospital"), ("restore", "999999")):
        try:
            pair.alliance.ctl(B, "config", *wrong)
        except Failed as told:
            need(len(str(told)) > 60, f"{wrong} is refused in words: {told}")
        else:
            raise Failed(f"{wrong} must be refused")
    newest = pair.alliance.ctl_json(B, "config", "history")[0]
    pair.alliance.ctl(B, "config", "restore", newest["id"])
    need("min_level = 2" not in toml.read_text(), "put back")
    steps = pair.alliance.ctl_json(B, "probe", f"127.0.0.1:{pair.alliance.ports['a']}", "--server-name", "localhost")
    need(steps["ok"], f"the way to the partner: {steps}")
    need("'outbox retry') words=" in pair.alliance.ctl(B, "completion"), "the shell knows the verbs")


def forms(pair, admin):
    """One row of a table at a time, as the console's forms send it: made, changed, taken out, with the history of a table."""
    table = admin.must("post", "/codes/table", {"table": "departments.csv"})
    need(table["rows"] == [] and [f["name"] for f in table["fields"] if f["required"]] == ["department", "zh"], f"what a form asks for: {table}")
    row = {"department": "ENDO", "zh": "内分泌科", "en": "Endocrinology", "aliases": "0213|内分泌门诊"}
    admin.must("post", "/codes/row", {"table": "departments.csv", "version": "", "row": row, "dry_run": True})
    need(admin.must("post", "/codes/table", {"table": "departments.csv"})["rows"] == [], "a dry run writes nothing")
    admin.must("post", "/codes/row", {"table": "departments.csv", "version": "", "row": row})
    admin.refused("post", "/codes/row", {"table": "departments.csv", "version": "", "row": {**row, "department": "NEPH", "zh": "肾内科"}}, 409, "console.changed_meanwhile")
    table = admin.must("post", "/codes/table", {"table": "departments.csv"})
    need(table["mine"] == [True], f"it is the hospital's own: {table}")
    told = admin.refused("post", "/codes/row", {"table": "departments.csv", "version": table["version"], "row": {**row, "department": "NEPH", "zh": "肾内科"}}, 422, "console.not_imported")
    need("terminology.department_twice" in [f["id"] for f in told["findings"]], f"a name of two departments: {told}")
    key = {"department": "ENDO"}
    admin.must("post", "/codes/row", {"table": "departments.csv", "version": table["version"], "was": key, "row": {"en": "Endocrine medicine"}})
    table = admin.must("post", "/codes/table", {"table": "departments.csv"})
    need(table["rows"][0][1:3] == ["内分泌科", "Endocrine medicine"], f"what was not named stays: {table['rows']}")
    admin.must("post", "/codes/row", {"table": "departments.csv", "version": table["version"], "was": key, "row": {}, "remove": True})
    table = admin.must("post", "/codes/table", {"table": "departments.csv"})
    need(table["rows"] == [], "taken out")
    undo = next(c for c in admin.must("get", "/config/history")["changes"] if c["file"] == "departments.csv")
    admin.must("post", "/codes/restore", {"id": undo["id"]})
    need(admin.must("post", "/codes/table", {"table": "departments.csv"})["rows"], "and put back")
    scopes = admin.must("post", "/codes/table", {"table": "hr_scopes.csv"})
    need(not any(scopes["mine"]) and len(scopes["rows"]) > 5, "packaged rows are told from the hospital's own")
    admin.refused("post", "/codes/row", {"table": "hr_scopes.csv", "version": "", "was": {"scope": "CN", "valid_from": "2022-03-01"}, "row": {}, "remove": True}, 422, "console.row_packaged")
    admin.refused("post", "/codes/row", {"table": "../local.toml", "version": "", "row": {}}, 404, "console.unknown_object")


def same_by_ctl(pair, admin):
    """What the pages of tables, mapping, users and messages do, huren-ctl does."""
    ctl = lambda *words: pair.alliance.ctl(B, *words)  # noqa: E731
    listed = pair.alliance.ctl_json(B, "codes", "map", "list", "--find", "GLU9")["items"]
    need(listed[0]["suggestions"][0]["item"] == "GLU", f"ranked suggestions: {listed}")
    need("GLU9" in ctl("codes", "map", "list", "--find", "GLU9"), "as a table, too")
    before = (pair.alliance.folder(B) / "local_items.csv").read_bytes()
    ctl("codes", "map", "accept", "GLU9", "K9=K", "--dry-run")
    need((pair.alliance.folder(B) / "local_items.csv").read_bytes() == before, "a dry run changes nothing")
    ctl("codes", "map", "accept", "GLU9", "K9=K")
    need({r["code"]: r["item"] for r in pair.alliance.ctl_json(B, "codes", "map", "list", "--show", "mapped")["items"]}.get("K9") == "K", "both are mapped")
    ctl("codes", "map", "remove", "K9")
    newest = pair.alliance.ctl_json(B, "codes", "history")[0]
    need(newest["table"] == "local_items.csv" and newest["who"].startswith("operator:"), f"in the history with who did it: {newest}")
    ctl("codes", "restore", newest["id"])
    need({r["code"]: r["item"] for r in pair.alliance.ctl_json(B, "codes", "map", "list", "--show", "mapped")["items"]}.get("K9") == "K", "put back")
    ctl("codes", "map", "remove", "K9", "GLU9")
    ctl("codes", "set", "eqa", "lab=HB-COUNTY-01", "item=TBIL", "verdict=passed", "valid_from=2027-01-01", "valid_to=2027-12-31")
    need(any("2027-12-31" in r["until"] for r in pair.alliance.ctl_json(B, "calendar")["rows"]), "the calendar knows it")
    ctl("codes", "remove", "eqa", "lab=HB-COUNTY-01", "item=TBIL", "verdict=passed", "valid_from=2027-01-01")
    effect = pair.alliance.ctl_json(B, "config", "preview", "agreement.alliance_2026", "receive=false")
    months = pair.alliance.ctl_json(B, "stats", "--months", "12")
    in_order = lambda rows: sorted(rows, key=lambda r: (r["month"], r["side"]))  # noqa: E731
    need(len(months) == 24 and in_order(months) == in_order(admin.must("post", "/figures/trend")["months"]), f"twelve months, as the console draws them: {months[-2:]}")
    need(effect["orders"] == 2 and effect["changed"] == 2, f"last month's orders under other terms: {effect}")
    need(effect == admin.must("post", "/agreements/preview", {"name": "alliance_2026", "values": {"receive": "false"}}), "the same as the console says")
    need({q["partner"] for q in pair.alliance.ctl_json(B, "outbox", "queues")} == {"county_hospital"}, "each partner's queue")
    need(pair.alliance.ctl_json(B, "events") == [], "no event of the HIS was refused")

    def user(*words, password=None):
        return subprocess.run([str(pair.alliance.build / "bin/huren-ctl"), "--config", str(pair.alliance.folder(B)), "console", "user", *words],
                              input=password, capture_output=True, text=True, check=False)
    made = user("by_ctl", "--role", "operator", "--display", "钱运维", password=PASSWORD + "\n")
    need(made.returncode == 0, f"an account by huren-ctl: {made}")
    client = sign_in(pair, B, "by_ctl")
    need("operate" in client.must("get", "/session")["rights"], "with its role")
    need(user("by_ctl", "--role", "auditor").returncode == 0, "another role")
    client.refused("post", "/backup", {}, 403, "console.not_allowed")
    need(user("by_ctl", "--disable").returncode == 0, "closed")
    client.refused("get", "/status", None, 401, "console.not_signed_in")  # at once, in the running console
    need(user("by_ctl", "--enable").returncode == 0 and user("by_ctl", "--password", password="another good password\n").returncode == 0, "open again, with another password")
    client.refused("post", "/login", {"name": "by_ctl", "password": PASSWORD}, 401, "console.sign_in_failed")
    need(user("weak_one", "--role", "reader", password="short\n").returncode == 2, "a weak password is refused")


def in_force(pair, admin):
    """Changes take effect without the HIS noticing."""
    tables = admin.must("get", "/config/tables")
    agreement = next(a for a in tables["agreements"] if a["name"] == "alliance_2026")
    admin.must("post", "/config/save", {"kind": "agreement", "name": "alliance_2026", "version": agreement["version"], "values": {"min_level": "1"}})
    need(admin.must("get", "/status")["pending_changes"], "saved is not yet in force")
    admin.must("post", "/apply")
    status = wait_for("the engine is live again", lambda: (lambda s: s if s["health"].get("live") else None)(admin.must("get", "/status")))
    need(not status["pending_changes"], "now it is in force")
    need(pair.hosts["b"].query("results.list/1", {**pair.visit(), "limit": 5})["results"], "the HIS goes on asking")
    toml = pair.alliance.folder(B) / "local.toml"
    good = toml.read_text()
    toml.write_text(good + "\n[nonsense]\nx = 1\n")
    got, answer = admin.call("post", "/apply", {})
    need(got == 422 and answer["error"]["id"].startswith("config.unknown_table"), f"a faulty file is refused: {got} {answer}")
    need(admin.must("get", "/status")["health"]["live"], "and the engine runs on")
    toml.write_text(good)


def mapping(pair, admin):
    csv = "code,name,unit\n" + "".join(f"X{i:04d},项目{i},mmol/L\n" for i in range(4990)) + "GLU9,葡萄糖,mmol/L\nK9,血清钾,mmol/L\n"
    told = admin.refused("post", "/codes/import", {"table": "catalogue.csv", "csv": csv + "GLU9,again,\n,无代码,\n", "version": ""}, 422, "console.not_imported")
    need([f["where"] for f in told["findings"]] == ["catalogue.csv:4994", "catalogue.csv:4995"], f"row errors: {told['findings']}")
    admin.must("post", "/codes/import", {"table": "catalogue.csv", "csv": csv, "version": "", "dry_run": False})
    answer = admin.must("get", "/mapping")
    rows = {r["code"]: r for r in answer["items"]}
    need(len(rows) >= 4992, f"all items are listed: {len(rows)}")
    need(rows["GLU9"]["suggestions"][0]["item"] == "GLU" and rows["GLU9"]["suggestions"][0]["evidence"], f"a ranked suggestion with evidence: {rows['GLU9']}")
    change = [{"code": c, "name": rows[c]["name"], "unit": "mmol/L", "item": rows[c]["suggestions"][0]["item"], "panel": ""} for c in ("GLU9", "K9")]
    before = (pair.alliance.folder(B) / "local_items.csv").read_text()
    admin.must("post", "/mapping/accept", {"version": answer["version"], "rows": change})
    after = admin.must("get", "/mapping")
    need(after["mapped"] == answer["mapped"] + 2, f"two more are mapped: {answer['mapped']} {after['mapped']}")
    admin.refused("post", "/mapping/accept", {"version": answer["version"], "rows": change}, 409, "console.changed_meanwhile")
    told = admin.refused("post", "/mapping/accept", {"version": after["version"], "rows": [{"code": "X0001", "item": "NO_SUCH_ITEM"}]}, 422, "console.not_imported")
    need(told["findings"], "an item that does not exist is refused with its row")
    undo = next(c for c in admin.must("get", "/config/history")["changes"] if c["file"] == "local_items.csv")
    admin.must("post", "/codes/restore", {"id": undo["id"]})
    need((pair.alliance.folder(B) / "local_items.csv").read_text() == before, "undone byte for byte")
    table = admin.must("post", "/codes/table", {"table": "hr_marks.csv"})
    need(table["rows"] and "scope" in table["columns"], "HR marks are shown")
    admin.refused("post", "/codes/table", {"table": "../local.toml"}, 404, "console.unknown_object")
    admin.must("get", "/calendar")
    admin.must("get", "/codes/items")
    admin.must("post", "/codes/export", {"table": "local_items.csv"})


def refused_messages(pair, admin_a):
    """A message that A's laboratory feed sends and A refuses: in the list with its reason, seen through, audited."""
    bad = pair.alliance.out / "bad.hl7"
    bad.write_text(lis_message().replace("OBX|1|NM|K01", "OBX|1|NM|K01").replace("PID|1||A-0001", "PIX|1||A-0001"))
    for language, words in (("en", "[a-z]"), ("zh", "[\u4e00-\u9fff]")):
        sent = subprocess.run([str(pair.alliance.build / "bin/huren-ctl"), "--lang", language, "hl7", "send", f"127.0.0.1:{pair.alliance.ports['feed']}", str(bad)], capture_output=True, text=True, check=False)
        need(sent.returncode == 1 and "AE" in sent.stdout, f"refused: {sent}")
        if language == "en":
            need(not re.search("[\u4e00-\u9fff]", sent.stdout + sent.stderr), f"in English alone: {sent.stdout}")
        else:
            need(re.search(words, sent.stdout), f"in Chinese: {sent.stdout}")
    listed = admin_a.must("get", "/inbox")["messages"]
    need(listed and listed[0]["partner"] == "feed:lis" and listed[0]["state"] == "refused" and listed[0]["zh"] and listed[0]["en"], f"in the list with its reason: {listed}")
    seen = admin_a.must("post", "/inbox/message", {"id": listed[0]["id"]})
    need(seen["hl7"].startswith("MSH|") and any(f["severity"] == "error" for f in seen["findings"]), f"seen through: {seen['findings']}")
    admin_a.refused("post", "/inbox/message", {"id": 999999}, 422, "ctl.no_row")
    by_ctl = pair.alliance.ctl_json(A, "inbox", "list")
    need([r["id"] for r in by_ctl] == [r["id"] for r in listed], f"huren-ctl lists the same: {by_ctl}")
    need(pair.alliance.ctl_json(A, "inbox", "open", str(listed[0]["id"]))["hl7"] == seen["hl7"], "and shows the same")
    links = pair.alliance.ctl_json(A, "audit", "list", "--event", "operator.message_viewed")
    need(links and links[-1]["who"].startswith("operator:"), f"huren-ctl's look is its own link in the audit trail: {links}")
    for language, words in (("zh", ("被拒", "已生效的不列")), ("en", ("refused", "what took effect is not listed here"))):
        table = pair.alliance.ctl(A, "--lang", language, "inbox", "list")
        need(all(w in table for w in words), f"the list says what it leaves out: {table}")


def every_kind(pair, admin_a, admin_b):
    """Every kind of message is seen through: a report, a referral with its document, an order, a decision back to its source."""
    for admin, hospital in ((admin_a, A), (admin_b, B)):
        rows = admin.must("post", "/outbox", {})["messages"]
        for row in {r["type"]: r for r in rows}.values():
            seen = admin.must("post", "/message", {"id": row["id"]})
            need(seen["hl7"].startswith("MSH|"), f"{row['type']}: its HL7")
            if row["type"].split("^")[0] in ("ORU", "REF", "RRI", "ORM", "OML", "ZRD"):
                need(seen["event"], f"{row['type']}: its event")
            if row["type"] in ("ORU^R01", "REF^I12"):
                need("<ClinicalDocument" in seen["document"], f"{row['type']}: its document: {[d['title'] for d in seen['documents']]}")
                need(not re.search("[A-Za-z0-9+/]{300}", seen["hl7"]), f"{row['type']}: no base64 to scroll past")
            by_ctl = pair.alliance.ctl_json(hospital, "outbox", "open", str(row["id"]))
            need(by_ctl["hl7"] == seen["hl7"] and by_ctl["event"] == seen["event"], f"{row['type']}: the same by huren-ctl")
    came = admin_b.must("post", "/inbox/message", {"id": 1})["message"]
    need(came["state"] == "applied" and "nothing is to be done" in came["help"]["en"] and "无需处理" in came["help"]["zh"], f"what took effect asks for nothing: {came}")
    kinds = {r["type"] for r in admin_a.must("post", "/outbox", {})["messages"]} | {r["type"] for r in admin_b.must("post", "/outbox", {})["messages"]}
    need({"ORU^R01", "REF^I12", "ZRD"} <= kinds, f"kinds on the wire: {kinds}")


def operations(pair, admin_a, admin_b):
    need("max-age" in admin_a.headers["strict-transport-security"], "over HTTPS the browser is told to stay there")
    sent = wait_for("the messages are delivered", lambda: [m for m in admin_a.must("post", "/outbox", {"state": "delivered"})["messages"] if m["type"] == "ORU^R01"])
    need(not admin_a.must("post", "/outbox", {"state": "person"})["messages"], "nothing waits for a person")
    seen = admin_a.must("post", "/message", {"id": sent[0]["id"]})
    need(seen["hl7"].startswith("MSH|") and "<ClinicalDocument" in seen["document"] and seen["event"]["number"], "event, message and document side by side")
    admin_a.refused("post", "/message", {"id": 999999}, 422, "ctl.no_row")
    admin_a.refused("post", "/outbox/act", {"verb": "retry", "ids": [sent[0]["id"]]}, 422, "ctl.delivered_already")
    admin_a.refused("post", "/outbox", {"state": "asleep"}, 422, "ctl.state")
    for language, state, empty in (("zh", "已送达", "（无）"), ("en", "delivered", "(none)")):
        table = pair.alliance.ctl(A, "--lang", language, "outbox", "list", "--state", state)
        need(re.search(rf" +1 +{state} ", table), f"the version of the report and its state in words: {table}")
        need(empty in pair.alliance.ctl(A, "--lang", language, "outbox", "list", "--state", "doubtful"), "an empty list says so")
    sent_by_ctl = next(r for r in pair.alliance.ctl_json(A, "outbox", "list") if r["type"] == "ORU^R01")
    need(sent_by_ctl["version"] == 1 and sent_by_ctl["changed_at"].endswith("+08:00"), f"with the report's version and a zone: {sent_by_ctl}")
    held = pair.alliance.ctl_json(A, "results", "--patient", "A-0001")
    need(all(isinstance(r["items"], list) and r["collected_at"].endswith("+08:00") for r in held), f"items one by one, the time with its zone: {held}")
    need("本院" in pair.alliance.ctl(A, "results", "--patient", "A-0001"), "own reports are called that")
    for language, notes in (("zh", ("* 互认率的分母：", "* 节省（元）：", "* 何处：本院，")), ("en", ("* rate, denominator: ", "* saved (CNY): ", "* where: here, "))):
        told = pair.alliance.ctl(A, "--lang", language, "stats")
        need(all(n in told for n in notes), f"each note names its column: {told}")
    looked = admin_a.must("post", "/audit", {"event": "console.message_viewed"})["rows"]
    need(looked and looked[0]["who"] == "user:admin", f"who looked at patient data is audited: {looked}")
    need(admin_a.must("post", "/audit/verify")["whole"], "the chain is whole")
    kept = admin_b.must("post", "/backup")
    need((pair.alliance.folder(B) / "data" / kept["file"]).stat().st_size == kept["bytes"], "a backup is on disk")
    compared = admin_b.must("post", "/reconcile", {"partner": "county_hospital", "from": "2026-01-01", "dry_run": True})
    need(compared["differing_days"] == 0, f"both hold the same: {compared}")
    admin_b.refused("post", "/reconcile", {"partner": "nobody", "from": "2026-01-01"}, 422, "event.unknown_partner")
    counted = admin_a.must("post", "/figures/requests")
    need([(r["by"]["side"], r["counts"]["requested"]) for r in counted["referrals"]] == [("asked", 1)] and "requested" in counted["csv"], f"referrals by direction: {counted}")
    for path in ("/figures", "/figures/trend", "/figures/csv", "/figures/requests"):
        admin_b.must("post", path)
        admin_b.refused("post", path, {"month": "last"}, 422, "ctl.month")
    admin_b.must("get", "/retractions")
    admin_b.must("get", "/events/parked")


def panel(pair, rows):
    host = pair.hosts["b"]
    link = host.query("panel.link/1", pair.visit())
    need(link["url"].startswith(f"http://127.0.0.1:{pair.ports['b']}/panel#"), f"a link to this console: {link}")
    for word in ("B-7001", "MZ-B-1", "D1027", "陈"):
        need(word not in link["url"], "the link shows nothing of the patient")
    status, _ = host.say("query panel.link/1 2000 " + json.dumps({**pair.visit("NOT-OPEN")}, ensure_ascii=False))
    need(status == -301, f"no link without an open encounter: {status}")
    token = link["url"].partition("#")[2]
    doctor = pair.client(B)
    doctor.refused("post", "/panel/open", {"link": token[:-4] + "AAAA"}, 401, "console.panel_link")
    who = doctor.must("post", "/panel/open", {"link": token})
    need(who["doctor"] == "赵敏", f"the panel knows its doctor: {who}")
    pair.client(B).refused("post", "/panel/open", {"link": token}, 401, "console.panel_link")  # it opens once
    doctor.must("get", "/panel/session")
    doctor.refused("get", "/status", None, 401, "console.not_signed_in")  # a doctor is no administrator
    seen = doctor.must("post", "/panel/results")
    need(len(seen["list"]["results"]) == len(rows) and len(seen["offers"]) == 2, f"results and suggestions: {len(seen['list']['results'])} {seen['offers']}")
    points = doctor.must("post", "/panel/trend", {"item": "GLU"})["points"]
    need(len(points) == 2, f"a trend over both reports: {points}")
    page = doctor.must("post", "/panel/report", {"report_id": rows[0]["report_id"]})["page"]["html"]
    need("陈东珅" in page and "<script" not in page, "the report's page")
    one, two = seen["offers"]
    decision = {"suggestion_id": one["suggestion_id"], "order_id": one["order_id"], "order_item": one["order_item"], "result_ids": one["result_ids"], "outcome": "accepted"}
    doctor.must("post", "/panel/decide", decision)
    doctor.must("post", "/panel/decide", decision)  # a double click is one decision
    decline = {**decision, "suggestion_id": two["suggestion_id"], "order_id": two["order_id"], "order_item": two["order_item"], "result_ids": two["result_ids"], "outcome": "declined"}
    doctor.refused("post", "/panel/decide", decline, 422, "console.reason_needed")
    doctor.must("post", "/panel/decide", {**decline, "reason": "rapid_course"})
    need(wait_for("both are decided", lambda: not doctor.must("post", "/panel/results")["offers"]), "nothing is left to decide")
    stats = pair.alliance.ctl_json(B, "stats")
    need((stats["here"]["recognised"], stats["here"]["declined"]) == (1, 1), f"each counted once: {stats['here']}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    args = parser.parse_args()
    pair = Pair(args.build, args.out, tls=("a",))
    good = False
    try:
        pair.start()
        admin_b = first_run(pair)
        admin_a = pair.admin(A)
        walls(pair, admin_b)
        lock_out(pair, admin_b)
        crowd(pair, admin_b)
        roles(pair, admin_b)
        rows = pair.traffic()
        panel(pair, rows)
        partners(pair, admin_b)
        command_line(pair)
        in_force(pair, admin_b)
        mapping(pair, admin_b)
        forms(pair, admin_b)
        same_by_ctl(pair, admin_b)
        refused_messages(pair, admin_a)
        every_kind(pair, admin_a, admin_b)
        operations(pair, admin_a, admin_b)
        off_the_air(pair, admin_b)  # last: a reload ends the sessions
        good = True
    except Failed as failed:
        print(f"FAILED: {failed}", file=sys.stderr)
        sys.exit(1)
    finally:
        pair.stop(good)


main()
