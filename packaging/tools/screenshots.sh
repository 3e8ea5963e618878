#!/usr/bin/env bash
# screenshots.sh HUREN_CTL: renders the pages of packaging/doc/images anew with Debian's chromium (packages chromium,
# fonts-noto-cjk). The reports are the examples of schemas/event, changed as each picture needs it; all of it is synthetic.
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2,3p "$0" | cut -c3-; exit 2; }
ctl=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=packaging/doc/images
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

python3 - "$work" <<'PY'
import copy, json, sys
report = json.load(open("schemas/event/lab.report.released.1.example.json"))["report"]
first = report["observations"][0]
def item(code, name, value, unit, low, high, flags, **more):
    o = copy.deepcopy(first)
    o.update(local={"code": code, "name": name, "system": "L"}, value=value, unit=unit, flags=flags,
             range={"text": f"{low}-{high}", "low": low, "high": high}, set_id=str(len(report["observations"]) + 1), **more)
    o.pop("standard", None); o.pop("loinc", None)
    report["observations"].append(o)
item("K01", "钾", "6.8", "mmol/L", 3.5, 5.3, ["HH"], notes=["已电话通知临床，09:12"])
item("CREA01", "肌酐", "41", "μmol/L", 45, 84, ["L"])
report["observations"].append({"set_id": "9", "local": {"code": "HBSAG", "name": "乙肝表面抗原", "system": "L"}, "value_type": "ST",
                               "value": "阴性(-)", "status": "final"})
def write(name, r): json.dump(r, open(f"{sys.argv[1]}/{name}.json", "w"), ensure_ascii=False)
write("report", report)
corrected = dict(report, version=2, status="corrected", amendment_reason="血糖复核：标本放置过久，重新采集")
write("corrected", corrected)
write("withdrawn", dict(report, version=3, status="withdrawn", amendment_reason="标本与患者不符"))
PY

picture() {  # picture NAME SOURCE RENDER-OPTION...
  local name=$1 source=$2; shift 2
  "$ctl" cda write --kind C0007 -o "$work/$source.xml" "$work/$source.json"
  "$ctl" cda render "$@" -o "$work/$name.html" "$work/$source.xml"
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1000,860 --screenshot="$work/$name.png" "file://$work/$name.html" >/dev/null 2>&1
  install -m 644 "$work/$name.png" "$out/$name.png"
}
picture report report --viewer HB-CITY-01
picture corrected corrected --viewer HB-CITY-01
picture withdrawn withdrawn --viewer HB-CITY-01
picture report-en report --viewer HB-CITY-01 --lang en
