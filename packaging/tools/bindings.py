"""The status codes of huren.h as constants of the languages that vendors use, from schemas/catalog/status.csv.

usage: bindings.py [--check]   writes packaging/sdk/*/...; --check: writes nothing, exit 1 when a file is not what it would be
"""
import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SDK = ROOT / "packaging/sdk"
NOTE = "Made by packaging/tools/bindings.py from schemas/catalog/status.csv."


def codes():
    with open(ROOT / "schemas/catalog/status.csv", encoding="utf-8") as f:
        return [(row["name"], int(row["value"]), row["en"]) for row in csv.DictReader(f)]


def short(name):
    return name.removeprefix("HUREN_")


def python(rows):
    return f'"""{NOTE}"""\nimport enum\n\n\nclass Status(enum.IntEnum):\n' + "".join(f"    {short(n)} = {v}  # {t}\n" for n, v, t in rows)


def node(rows):
    return f"// {NOTE}\n'use strict';\n\nmodule.exports = Object.freeze({{\n" + "".join(f"  {short(n)}: {v}, // {t}\n" for n, v, t in rows) + "});\n"


def java(rows):
    lines = "".join(f"    /** {t}. */\n    public static final int {short(n)} = {v};\n" for n, v, t in rows)
    return f"// {NOTE}\npublic final class HurenStatus {{\n    private HurenStatus() {{}}\n{lines}}}\n"


def csharp(rows):
    return f"// {NOTE}\npublic enum HurenStatus {{\n" + "".join(f"    /// <summary>{t}.</summary>\n    {short(n)} = {v},\n" for n, v, t in rows) + "}\n"


def pascal(rows):
    return f"// {NOTE}\nunit huren_status;\n\ninterface\n\nconst\n" + "".join(f"  {n} = {v};  // {t}\n" for n, v, t in rows) + "\nimplementation\n\nend.\n"


def vb(rows):
    return f"' {NOTE}\nAttribute VB_Name = \"HurenStatus\"\nOption Explicit\n\n" + "".join(f"Public Const {n} As Long = {v}  ' {t}\n" for n, v, t in rows)


def powerbuilder(rows):
    return f"// {NOTE}\n// Paste into the global or instance variables of the application.\n" + "".join(f"constant long {n} = {v}  // {t}\n" for n, v, t in rows)


FILES = {"python/huren_status.py": python, "node/huren_status.js": node, "java/HurenStatus.java": java, "csharp/HurenStatus.cs": csharp,
         "pascal/huren_status.pas": pascal, "vb/HurenStatus.bas": vb, "powerbuilder/huren_status.txt": powerbuilder}


def main():
    stale = []
    for name, make in FILES.items():
        path, text = SDK / name, make(codes())
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"packaging/sdk/{name} {'differs' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
