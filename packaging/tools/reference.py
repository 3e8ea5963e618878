"""The tables of the catalogue in the manuals: settings in UG-SYSPAR, audit events in SPEC-AL, statuses in UG-VENDOR, figures in UG-ADMIN.

usage: reference.py [--check]   rewrites what stands between <!-- NAME --> and <!-- /NAME --> in packaging/doc; --check:
writes nothing, exit 1 when a page is not what it would be
"""
import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOC = ROOT / "packaging/doc"
TABLES = {  # the file's section: what it is for
    "hospital": ("本院", "this hospital"), "engine": ("引擎在哪里运行", "where the engine runs"), "agent": ("huren-agent 与谁可以连接它", "huren-agent, and who may reach it"),
    "metrics": ("监控指标", "figures for monitoring"), "console": ("管理页面与医生面板", "the console and the doctor's panel"), "store": ("存储", "what is kept"), "spool": ("HIS 的提交", "what the HIS submits"),
    "listener": ("接收伙伴报文，本院证书", "receiving from partners; our certificate"), "partner": ("伙伴医院，每家一节", "one table a partner hospital"),
    "feed": ("HIS、检验系统的接入，每个一节", "one table a system of the hospital that feeds huren"), "agreement": ("与伙伴的协议，每份一节", "one table an agreement with a partner"),
    "signing": ("文书签名", "signatures of documents"), "document": ("文书", "documents"), "recognition": ("建议与更正通知的时限", "suggestions and retractions over time"),
    "codes": ("本院编码表", "this hospital's code tables"), "delivery": ("重试", "retries"), "exchange": ("查询、索引、补发与核对", "asking, index, back-fill, comparison"),
}
TYPES = {
    "identifier": ("标识符", "identifier"), "text": ("文字", "text"), "digits": ("数字串", "digits"), "offset": ("时差，如 +08:00", "offset such as +08:00"), "path": ("路径", "path"),
    "address": ("HOST:PORT", "HOST:PORT"), "list": ("列表", "list"), "boolean": ("true / false", "true / false"), "sha256": ("指纹", "fingerprint"), "date": ("日期", "date"),
    "days": ("各类的数", "numbers by kind"),
}


def rows(name):
    with open(ROOT / "schemas/catalog" / name, encoding="utf-8") as f:
        return list(csv.DictReader(f))


def cell(text):
    return text.replace("|", "\\|")


def table(head, lines):
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines]) + "\n"


def shape(kind, english):
    """The type as a reader takes it: integer:1:9 is 1 – 9, choice:a|b is a / b."""
    name, _, rest = kind.partition(":")
    if name == "integer":
        low, high = rest.split(":")
        return f"{int(low):,} – {int(high):,}"
    if name == "choice":
        return " / ".join(f"`{word}`" for word in rest.split("|"))
    return TYPES[name][english] if name in TYPES else name


def options(english):
    out, sections = "", {}
    for row in rows("options.csv"):
        sections.setdefault(row["key"].split(".")[0], []).append(row)
    for section, listed in sections.items():
        named = ".*." in listed[0]["key"]
        out += f"\n## [{section}{'.…' if named else ''}]\n\n"
        if section in TABLES:
            words = TABLES[section][english]
            out += words[0].upper() + words[1:] + ("." if english else "。") + "\n\n"
        lines = []
        for row in listed:
            key = row["key"].split(".")[-1]
            needed = {"yes": ("必填", "required"), "": ("", "")}.get(row["required"], (f"{row['required']} 必填", f"required by {row['required']}"))[english]
            default = f"`{row['default']}`" if row["default"] else needed or ("空" if english == 0 else "empty")
            lines.append([f"`{key}`", shape(row["type"], english), default, cell(row["en" if english else "zh"])])
        out += table(["key", "value", "default", "meaning"] if english else ["键", "取值", "默认", "含义"], lines)
    return out


def audit(english):
    return "\n" + table(["event", "who", "object", "outcome", "further fields", "when"] if english else ["事件", "谁", "对象", "结果", "其他字段", "何时"],
                        [[f"`{r['event']}`", r["who"], r["object"], cell(r["outcome"]), " ".join(f"`{f}`" for f in r["fields"].split()), cell(r["en" if english else "zh"])]
                         for r in rows("audit_events.csv")])


def statuses(english):
    return "\n" + table(["status", "number", "meaning"] if english else ["状态", "数值", "含义"],
                        [[f"`{r['name']}`", r["value"], cell(r["en" if english else "zh"])] for r in rows("status.csv")])


def figures(english):
    return "\n" + table(["figure", "labels", "in /health", "alarm when", "meaning"] if english else ["指标", "标签", "/health 中", "报警条件", "含义"],
                        [[f"`{r['name']}`", " ".join(f"`{label}`" for label in r["labels"].split()), f"`{r['health']}`" if r["health"] else "", cell(r["alarm"]),
                          cell(r["en" if english else "zh"])] for r in rows("metrics.csv")])


PAGES = {"UG-SYSPAR-settings": ("options", options), "SPEC-AL-audit-events": ("audit", audit), "UG-VENDOR-integration": ("statuses", statuses),
         "UG-ADMIN-operation": ("figures", figures)}


def main():
    stale = []
    for page, (name, make) in PAGES.items():
        for english, ending in enumerate((".zh-CN.md", ".md")):
            path = DOC / (page + ending)
            text = path.read_text(encoding="utf-8")
            begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
            new = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: begin + make(english) + end, text, count=1, flags=re.S)
            if begin not in text or end not in text:
                stale.append(f"{path.name} has no place for {name}")
            elif new != text:
                stale.append(path.name)
                if "--check" not in sys.argv:
                    path.write_text(new, encoding="utf-8")
    for name in stale:
        print(f"packaging/doc/{name} {'is not what the catalogue says: run packaging/tools/reference.py' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
