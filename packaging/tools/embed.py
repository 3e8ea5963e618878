"""Write a C++ file that holds the text of the given files (see core/base/embedded.hpp).

usage: embed.py SYMBOL OUT FILE...
"""
import pathlib
import sys

CHUNK = 12000  # a string literal's safe length for every compiler


def literal(data: bytes) -> str:
    out = []
    for start in range(0, len(data), CHUNK):
        part = data[start:start + CHUNK]
        out.append('"' + "".join(
            chr(b) if 32 <= b < 127 and b not in (34, 92, 63) else f"\\{b:03o}" for b in part) + '"')
    return "\n    ".join(out) or '""'


def main() -> None:
    symbol, out, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    rows = []
    for name in files:
        path = pathlib.Path(name)
        data = path.read_bytes()
        rows.append(f'  {{"{path.name}", std::string_view({literal(data)}, {len(data)})}},')
    text = (
        '#include "core/base/embedded.hpp"\n'
        "namespace huren::embedded {\n"
        f"static const File {symbol}_files[] = {{\n" + "\n".join(rows) + "\n};\n"
        f"std::span<const File> {symbol}() {{ return {symbol}_files; }}\n"
        "}  // namespace huren::embedded\n")
    pathlib.Path(out).write_text(text, encoding="utf-8")


main()
