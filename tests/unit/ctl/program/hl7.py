"""huren-ctl hl7 as a person types it: the whole program, where a verb's own test sees only its function.

usage: hl7.py CTL
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

CTL = sys.argv.pop() if len(sys.argv) > 1 else ""
GOOD = ("MSH|^~\\&|LIS|县医院|HIS|B|20261122||ORU^R01^ORU_R01|M1|P|2.5.1||||||{}\r"
        "PID|1||7^^^A^MR||陈^珅||19491231|F\rOBR|1|||2345-7^Glucose^LN\rOBX|1|NM|2345-7^Glucose^LN||5.6||||||F\r")
UTF8 = GOOD.format("UNICODE UTF-8").encode()
GB18030 = GOOD.format("GB 18030-2000").encode("gb18030")


class Hl7(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name: str, content: bytes) -> str:
        path = pathlib.Path(self.folder.name, name)
        path.write_bytes(content)
        return str(path)

    def run_ctl(self, *args: str, stdin: bytes = b"", stdout=subprocess.PIPE):
        done = subprocess.run([CTL, *args], input=stdin, stdout=stdout, stderr=subprocess.PIPE, timeout=30, check=False)
        return done.returncode, (done.stdout or b""), done.stderr.decode()

    def test_the_language_may_stand_before_or_after_the_verb(self):
        nothing = self.file("nothing.hl7", b"")
        for args in (["--lang", "en", "hl7", "check", nothing], ["hl7", "--lang", "en", "check", nothing], ["hl7", "check", "--lang", "en", nothing],
                     ["hl7", "check", "--lang=en", nothing]):
            code, _, said = self.run_ctl(*args)
            self.assertEqual(code, 2, args)
            self.assertIn("The message is empty", said, args)
            self.assertNotIn("报文", said, args)
        self.assertIn("报文是空的", self.run_ctl("hl7", "check", nothing)[2])

    def test_json_may_stand_before_the_verb(self):
        code, out, _ = self.run_ctl("--json", "hl7", "check", self.file("good.hl7", UTF8))
        self.assertEqual(code, 0)
        self.assertIn(b'"control_id": "M1"', out)

    def test_help_lists_the_verbs_and_a_typing_error_gets_a_hint(self):
        code, out, _ = self.run_ctl("hl7", "--help")
        self.assertEqual(code, 0)
        for verb in (b"show", b"check", b"roundtrip", b"send", b"listen"):
            self.assertIn(verb, out)
        code, _, said = self.run_ctl("hl7", "chek", "x")
        self.assertEqual(code, 2)
        self.assertIn("check", said)

    def test_standard_input_folders_and_absent_files(self):
        code, out, _ = self.run_ctl("hl7", "show", "-", stdin=GB18030)
        self.assertEqual(code, 0)
        self.assertIn('"PID-5.2": "珅"', out.decode())
        for verb in ("show", "check", "roundtrip"):
            code, _, said = self.run_ctl("hl7", verb, self.folder.name)
            self.assertEqual(code, 2)
            self.assertIn("hl7.is_folder", said)
            code, _, said = self.run_ctl("hl7", verb, self.folder.name + "/absent")
            self.assertEqual(code, 2)
            self.assertIn("hl7.no_file", said)
        code, _, said = self.run_ctl("hl7", "check", "--profile", self.folder.name, self.file("good.hl7", UTF8))
        self.assertEqual(code, 2)
        self.assertIn("hl7.is_folder", said)

    def test_one_bad_file_among_many_does_not_hide_the_others(self):
        files = [self.file("a.hl7", UTF8), self.file("b.hl7", b"\x00\xff"), self.file("c.hl7", GB18030)]
        code, out, said = self.run_ctl("--lang", "en", "hl7", "check", *files)
        self.assertEqual(code, 2)
        self.assertIn("b.hl7: ", said)
        self.assertIn("2 messages checked: 0 errors", said)
        code, out, _ = self.run_ctl("hl7", "show", *files)
        self.assertEqual(out.decode().count('"MSH-10": "M1"'), 2)

    def test_roundtrip_gives_back_a_batch_with_its_envelope(self):
        batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + UTF8 + UTF8 + b"BTS|2\rFTS|1\r"
        code, out, said = self.run_ctl("hl7", "roundtrip", self.file("batch.hl7", batch))
        self.assertEqual((code, out, said), (0, batch, ""))
        code, out, _ = self.run_ctl("hl7", "roundtrip", self.file("a.hl7", UTF8), self.file("b.hl7", GB18030), self.file("c.hl7", batch))
        self.assertEqual((code, out), (0, UTF8 + GB18030 + batch))

    @unittest.skipUnless(os.path.exists("/dev/full"), "this system has no /dev/full")
    def test_a_full_disk_is_not_success(self):
        with open("/dev/full", "wb") as full:
            code, _, said = self.run_ctl("hl7", "roundtrip", self.file("a.hl7", UTF8), stdout=full)
        self.assertEqual(code, 2)
        self.assertIn("hl7.not_written", said)


if __name__ == "__main__":
    unittest.main()
