"""huren-ctl's words: completion in a real shell, help in one language, exit codes, progress that does not get in the way.

usage: words.py CTL
"""
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

CTL = sys.argv.pop() if len(sys.argv) > 1 else ""
CHINESE = re.compile("[\u4e00-\u9fff]")


def run(*words, stdin=""):
    return subprocess.run([CTL, *words], input=stdin, capture_output=True, text=True, timeout=30, check=False)


def verbs(*path):
    """The verbs that the help of a verb lists."""
    lines = run("--lang", "en", *path, "--help").stdout.splitlines()
    if "Subcommands:" not in lines:
        return []
    out = []
    for line in lines[lines.index("Subcommands:") + 1:]:
        found = re.match(r"  ([a-z][a-z0-9-]*)(\s|$)", line)
        if found:
            out.append(found[1])
    return out


def offered(*words):
    """What the shell offers after these words; the last one is being typed."""
    script = run("completion").stdout + "\nCOMP_WORDS=(" + " ".join(f"'{w}'" for w in ("huren-ctl", *words)) + f")\nCOMP_CWORD={len(words)}\n_huren_ctl\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=True).stdout.split()


class Words(unittest.TestCase):
    def test_the_shell_offers_every_verb_at_every_depth(self):
        top = verbs()
        self.assertGreater(len(top), 20)
        self.assertLessEqual(set(top), set(offered("")))
        for verb in top:
            if verb in ("hl7", "cda", "recognise"):
                continue
            for second in verbs(verb):
                self.assertIn(second, offered(verb, ""), verb)
                for third in verbs(verb, second):
                    self.assertIn(third, offered(verb, second, ""), f"{verb} {second}")
        self.assertIn("listen", offered("hl7", ""))
        self.assertIn("verify", offered("cda", ""))

    def test_the_shell_offers_options_their_choices_and_skips_their_values(self):
        self.assertIn("--score", offered("codes", "map", "accept", "--s"))
        self.assertEqual(["admin", "auditor"], sorted(offered("console", "user", "--role", "a")))
        self.assertIn("list", offered("-c", "/etc/huren", "--lang", "en", "outbox", "l"))
        self.assertIn("--limit", offered("outbox", "list", "--state", "waiting", "--l"))

    def test_help_speaks_the_language_that_was_asked_for_and_no_other(self):
        for path in [()] + [(v,) for v in verbs() if v not in ("hl7", "cda", "recognise")]:
            for below in [path] + [(*path, v) for v in verbs(*path) if path]:
                english = run("--lang", "en", *below, "--help")
                self.assertEqual(0, english.returncode, below)
                self.assertIsNone(CHINESE.search(english.stdout), f"{below}: {english.stdout}")
                self.assertIsNotNone(CHINESE.search(run("--lang", "zh", *below, "--help").stdout), below)

    def test_what_cannot_be_done_is_2_and_says_why_in_the_language_asked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in (("doctor",), ("codes", "map", "list"), ("calendar",), ("outbox", "open", "1"), ("inbox", "list"), ("config", "preview", "agreement.x"), ("audit", "verify")):
                done = run("--lang", "en", "--config", folder, *words)
                self.assertEqual(2, done.returncode, words)
                self.assertEqual("", done.stdout, words)
                self.assertIn("Cannot read", done.stderr, words)
                self.assertIsNone(CHINESE.search(done.stderr), words)
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n')
            self.assertEqual(0, run("--config", folder, "codes", "map", "list").returncode)
            self.assertEqual(2, run("--config", folder, "codes", "map", "accept", "X").returncode)
            self.assertEqual(2, run("--config", folder, "outbox", "list").returncode)
            self.assertEqual(2, run("--config", folder, "codes", "set", "eqa", "lab=H").returncode)
            self.assertEqual(2, run("--config", folder, "codes", "set", "colours", "lab=H").returncode)
            weak = run("--config", folder, "--lang", "en", "console", "user", "somebody", "--role", "reader", stdin="short\n")
            self.assertEqual(2, weak.returncode)
            self.assertIn("choose another", weak.stderr)

    def test_a_token_for_a_console_that_nobody_serves_says_so(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            at = f"127.0.0.1:{taken.getsockname()[1]}"
            config = pathlib.Path(folder, "local.toml")
            config.write_text('[hospital]\ncode = "HA"\nname = "A"\n')
            token = lambda: run("--config", folder, "--lang", "en", "console", "token")  # noqa: E731
            done = token()
            self.assertEqual(1, done.returncode)
            self.assertNotIn("http", done.stdout)
            with config.open("a") as more:
                more.write(f'\n[console]\nlisten = "{at}"\n')
            done = token()
            self.assertEqual(0, done.returncode)
            self.assertIn(f"Nothing answers at {at} now: start huren-agent or the HIS", done.stderr)
            taken.listen()
            done = token()
            self.assertIn(f"http://{at}", done.stdout)
            self.assertEqual("", done.stderr)

    def test_doctor_counts_what_has_ended_and_makes_feeds_with_their_maps(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n\n[feed.his]\nadapter = "his.soap_xml"\nmapping = "vendor_xml"\nlisten = "127.0.0.1:0"\n')
            self.assertEqual(0, run("--config", folder, "codes", "set", "eqa", "lab=HB-COUNTY-01", "item=GLU", "verdict=passed", "valid_to=2020-01-01").returncode)
            told = run("--lang", "en", "--config", folder, "doctor").stdout
            self.assertIn("[FAIL] agreements, EQA passes and HR marks over or ending within 30 days 1", told)
            self.assertNotIn("needs a map", told)
            self.assertIn("[ok]   adapter his.soap_xml", told)

    def test_doctor_before_the_first_start_notes_that_there_is_no_store_and_one_that_does_not_open_is_a_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n\n[store]\ndirectory = "data"\n')
            doctor = lambda *words: run(*words, "--config", folder, "doctor")  # noqa: E731
            data = pathlib.Path(folder, "data")
            for there in (False, True):  # a folder that the package made is no engine's yet
                if there:
                    data.mkdir()
                done = doctor("--lang", "en")
                self.assertEqual((0, ""), (done.returncode, done.stderr), done.stdout)
                self.assertIn(f"[note] store.directory: No engine was started here yet and {data} holds no store: start huren-agent or the HIS", done.stdout)
                self.assertIn("[提示] store.directory: 这里还没有启动过引擎", doctor().stdout)
                self.assertTrue(all(row["ok"] for row in json.loads(doctor("--json").stdout)))
                self.assertEqual([], list(data.iterdir()) if there else [])
            pathlib.Path(data, "store.db").write_bytes(b"no database " * 1000)
            done = doctor("--lang", "en")
            self.assertEqual(1, done.returncode)
            self.assertIn("[FAIL] The store does not open", done.stdout)
            self.assertNotIn("No engine was started", done.stdout)

    def test_an_adapter_that_is_not_there_is_told_by_line_and_option(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n\n[partner.city]\norganisation = "HB"\nname = "B"\naddress = "127.0.0.1:1"\nadapter = "partner.nosuch"\n')
            told = run("--lang", "en", "--config", folder, "doctor").stdout
            self.assertIn("-> local.toml:9 partner.city.adapter: Adapter partner.nosuch is not in ", told)
            self.assertIn(": correct its name, or check", told)

    def test_doctor_names_the_file_of_ours_that_is_over_and_blames_no_partner(self):
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run([str(pathlib.Path(__file__).resolve().parents[3] / "support/make_certs.sh"), folder, "old:expired"], capture_output=True, text=True, timeout=30, check=True).stdout
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n\n[listener]\ncertificate = "old.pem"\nprivate_key = "old.key"\ntrust = "ca.pem"\n\n[partner.city]\n'
                                                          'organisation = "HB"\nname = "B"\naddress = "127.0.0.1:1"\ncertificate_sha256 = "' + made.split()[-1] + '"\n')
            for verb in (("doctor",), ("probe", "city")):
                done = run("--lang", "en", "--config", folder, *verb)
                self.assertEqual(1, done.returncode)
                self.assertIn(f"Our own certificate {folder}/old.pem ended on 20", done.stdout)
                self.assertNotIn("refuses connections", done.stdout)

    def test_words_that_do_not_fit_are_told_by_their_own_name(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n')
            for words in (("--lang", "fr", "doctor"), ("hl7", "--lang", "fr", "check", "x"), ("cda", "--lang=fr", "check", "x"), ("recognise", "--lang", "fr", "x")):
                done = run(*words)
                self.assertEqual((2, ""), (done.returncode, done.stdout), words)
                self.assertIn("--lang: 没有语言 fr：请用 zh 或 en (There is no language fr: use zh or en)", done.stderr, words)
            self.assertIn("The value of ids does not fit", run("--lang", "en", "--config", folder, "outbox", "retry", "abc").stderr)
            self.assertIn("There is no verb acept (accept?)", run("--lang", "en", "--config", folder, "codes", "map", "acept", "250101").stderr)
            self.assertIn("--config stands before the verb", run("--lang", "en", "doctor", "--config", folder).stderr)
            self.assertIn("No suggestion scores 80", run("--lang", "en", "--config", folder, "codes", "map", "accept", "--score", "80").stderr)
            pathlib.Path(folder, "catalogue.csv").write_bytes("code,name\nX1,血糖\n".encode("gb18030"))
            done = run("--lang", "en", "--config", folder, "codes", "import", str(pathlib.Path(folder, "catalogue.csv")))
            self.assertEqual(2, done.returncode)
            self.assertIn("catalogue.csv:byte 15: Not UTF-8", done.stderr)
            with pathlib.Path(folder, "local.toml").open("a") as more:
                more.write('\n[listener]\ncertificate = "c.pem"\nprivate_key = "k.pem"\ntrust = "t.pem"\n\n[partner.city]\norganisation = "HB"\nname = "B"\nadapter = "partner.mllp"\naddress = "127.0.0.1:1"\ncertificate_sha256 = "' + "ab" * 32 + '"\n')
            self.assertIn("127.0.0.1:1", run("--lang", "en", "--config", folder, "probe", "city").stdout)
            pathlib.Path(folder, "marks.csv").write_text("colour\nred\n")
            self.assertNotIn("did you mean ?", run("--lang", "en", "--config", folder, "codes", "import", str(pathlib.Path(folder, "marks.csv"))).stderr)

    def test_what_is_not_there_is_told_with_where_to_look(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "local.toml").write_text('[hospital]\ncode = "HA"\nname = "A"\n')
            absent = str(pathlib.Path(folder, "eqa.csv"))
            for words, cure in ((("config", "remove", "agreement.nosuch"), "There is no [agreement.nosuch] in local.toml: huren-ctl config show"),
                                (("config", "remove", "hospital"), "write partner.NAME or agreement.NAME"),
                                (("config", "restore", "000009"), "There is no change 000009: huren-ctl config history"),
                                (("codes", "restore", "000009"), "There is no change 000009: huren-ctl codes history"),
                                (("codes", "set", "colours", "lab=H"), "There is no code table colours: use "),
                                (("codes", "set", "eqa", "colour=red"), "eqa.csv has no column colour: use lab, "),
                                (("codes", "import", absent), f"The file {absent} cannot be read"),
                                (("codes", "import", "marks.csv"), "catalogue.csv, imported alone"),
                                (("codes", "coverage", "--catalogue", absent), f"The file {absent} cannot be read"),
                                (("console", "unlock", "nobody"), "There is no account nobody: huren-ctl console users")):
                done = run("--lang", "en", "--config", folder, *words)
                self.assertEqual(2, done.returncode, words)
                self.assertIn(cure, done.stderr, words)
                self.assertNotIn("load the page", done.stderr, words)

    def test_words_after_hl7_that_do_not_fit_are_told_in_the_language_asked_for(self):
        for words, said in ((("send", "nohost", "x.hl7"), "write it as 127.0.0.1:2575"), (("send", "127.0.0.1:1"), "files is missing: see huren-ctl hl7 send --help"),
                            (("send", "--timeout", "x", "127.0.0.1:1", "f"), "The value of --timeout does not fit"),
                            (("check", "--colour", "f"), "The word --colour fits nowhere: see huren-ctl hl7 check --help"), ((), "huren-ctl hl7 takes a verb")):
            for spoken, pattern in (("en", False), ("zh", True)):
                done = run("--lang", spoken, "hl7", *words)
                self.assertEqual(2, done.returncode, words)
                self.assertEqual(pattern, bool(CHINESE.search(done.stderr)), done.stderr)
            self.assertIn(said, run("--lang", "en", "hl7", *words).stderr)

    def test_whatever_the_console_does_has_its_verb(self):
        """schemas/api/openapi.json names the verb of each route; putting in force is the agent's reload."""
        api = json.loads((pathlib.Path(__file__).resolve().parents[4] / "schemas/api/openapi.json").read_text(encoding="utf-8"))
        words = run("completion").stdout
        named = 0
        for path, methods in api["paths"].items():
            for operation in methods.values():
                if operation["x-right"] in ("open", "signed_in", "panel"):
                    continue  # a person at a browser, a doctor in the HIS
                verb = operation["x-cli"]
                if path != "/apply":
                    self.assertIn(f"    '{verb}') words=", words, path)
                    named += 1
        self.assertGreater(named, 35)

    def test_the_manual_page_names_the_verbs_and_the_exit_codes(self):
        page = (pathlib.Path(__file__).resolve().parents[4] / "packaging/deb/huren-ctl.1").read_text()
        for verb in verbs():
            self.assertRegex(page, rf"\.B [a-z0-9, ]*\b{verb}\b", verb)
        for code in ("0", "1", "2"):
            self.assertIn(f".B {code}\n", page)


if __name__ == "__main__":
    unittest.main()
