"""huren-ctl try --map as a person uses it: a sample of each kind of product, what came of each member, what is wrong with a map.

usage: try_map.py HUREN_CTL
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CTL = sys.argv.pop(1)
ROWS = """REPORT_NO,PATIENT_ID,PATIENT_NAME,SEX,BIRTHDAY,ID_CARD,VISIT_TYPE,ITEM_NO,ITEM_CODE,ITEM_NAME,RESULT,UNIT,REF_RANGE,HINT,STATE,SAMPLE,SAMPLE_TIME,CHECK_TIME
R1,P1,陈东珅,2,1949-12-31,11010519491231002X,1,1,GLU01,葡萄糖,8.42,mmol/L,3.9-6.1,↑,1,血清,2026-11-22 07:15:00,2026/11/22 9:20:00
"""
XML = """<Request><Header><Function>S0001</Function></Header><Body><Patient><PatientID>P1</PatientID><Name>陈东珅</Name><Sex>女</Sex></Patient></Body></Request>"""
HL7 = "\r".join(["MSH|^~\\&|MW|LAB|HIS|H|2026-11-22 09:30:00||ORU^R01|M1|P|2.3.1||||||UTF-8", "PID|1|ZY0001|0||陈东珅||1949/12/31|女",
                 "OBR|1|B0099||SH^生化|||2026-11-22 07:15:00|2026-11-22 09:20", "OBX|1|NM|GLU^葡萄糖||8.42|mmol/L|3.9--6.1|↑|||1", ""])


class TryMap(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="huren-try-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "local.toml").write_text('[hospital]\ncode = "HA"\nname = "县医院"\n')

    def run_ctl(self, name, content, *words, lang="en"):
        (self.folder / name).write_text(content)
        return subprocess.run([CTL, "--config", self.folder, "--lang", lang, "try", self.folder / name, *words], capture_output=True, text=True, check=False)

    def test_each_member_is_told_with_its_place_and_what_was_made_of_it(self):
        done = self.run_ctl("MID_RESULT.csv", ROWS, "--map", "middle_table")
        self.assertIn("  patient.sex <- SEX: 2 -> female  (by its table)\n", done.stdout)
        self.assertIn("  status <- -: final  (by a condition)\n", done.stdout)
        self.assertIn("  department <- DEPT_NAME  (nothing there)\n", done.stdout)
        self.assertIn("  row 1  observation.flags <- HINT: ↑ -> H\n", done.stdout)
        self.assertIn("ORU^R01", done.stdout)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_rows_in_gbk_and_a_map_that_is_not_there_are_told_with_their_cure(self):
        (self.folder / "gbk.csv").write_bytes(ROWS.encode("gb18030"))
        done = subprocess.run([CTL, "--config", self.folder, "--lang", "en", "try", self.folder / "gbk.csv", "--map", "middle_table", "--event", "report"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(2, done.returncode)
        self.assertIn("iconv -f GB18030 -t UTF-8", done.stderr)
        self.assertNotIn("ODBC", done.stderr)
        done = self.run_ctl("MID_RESULT.csv", ROWS, "--map", "nosuch")
        self.assertEqual(2, done.returncode)
        self.assertIn("There is no map nosuch: name one that comes with huren (gnumed, lis_middleware, middle_table, plain, vendor_xml)", done.stderr)

    def test_xml_and_hl7_are_told_the_same_way(self):
        done = self.run_ctl("sample.xml", XML, "--map", "vendor_xml")
        self.assertIn("  patient.sex <- Body/Patient/Sex: 女 -> female  (by its table)\n", done.stdout)
        self.assertIn("patient.registered/1  P1\n", done.stdout)
        done = self.run_ctl("sample.hl7", HL7, "--map", "lis_middleware", lang="zh")
        self.assertIn("  patient.local_id <- PID-2.1: ZY0001\n", done.stdout)
        self.assertIn("observation.performer.name <- -: 检验科  (默认值)\n", done.stdout)

    def test_rows_of_no_known_table_ask_which_event_they_are(self):
        done = self.run_ctl("export.csv", ROWS, "--map", "middle_table")
        self.assertEqual(2, done.returncode)
        self.assertIn("--event which event the rows are: patient, visit, report, decision", done.stderr)
        self.assertEqual(0, self.run_ctl("export.csv", ROWS, "--map", "middle_table", "--event", "report").returncode)

    def test_a_map_of_one_event_needs_not_be_told_which(self):
        whole = (pathlib.Path(__file__).resolve().parents[4] / "schemas/mapping/middle_table.toml").read_text()
        (self.folder / "one.toml").write_text(whole[:whole.index("[event.visit]")])
        done = self.run_ctl("people.csv", ROWS, "--map", str(self.folder / "one.toml"))
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("  patient.local_id <- PATIENT_ID: P1\n", done.stdout)

    def test_a_faulty_map_is_told_with_file_line_and_key_in_the_language_asked_for(self):
        (self.folder / "ours.toml").write_text('kind = "xml"\n[event.a]\ntype = "patient.registered/1"\n[event.a.from]\n"patient.nam" = "Body/Name"\n')
        for lang, words in (("en", "did you mean patient.name?"), ("zh", "是否想写 patient.name？")):
            done = self.run_ctl("sample.xml", XML, "--map", str(self.folder / "ours.toml"), lang=lang)
            self.assertEqual(2, done.returncode)
            self.assertIn("ours.toml:5 event.a.from.patient.nam", done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
