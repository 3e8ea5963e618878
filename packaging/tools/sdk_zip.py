"""The vendor's kit as one zip: header, library with engine and adapters, bindings and samples, schemas.

usage: sdk_zip.py PREFIX OUT.zip     PREFIX: where cmake --install put it

Unpacked anywhere it builds its samples from nothing but itself and the compiler of each language. The same installation
gives the same bytes: names in order, one time for all.
"""
import pathlib
import re
import stat
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHEN = (2026, 1, 1, 0, 0, 0)
LINKS = {"../../plugin/include/": "include/", "../../schemas": "schemas"}  # where the pages' links lead in here


def entries(prefix):
    """(name in the zip, file, or the target of a link)"""
    version = re.match(r"huren \(([^)]+)\)", (ROOT / "packaging/deb/changelog").read_text(encoding="utf-8")).group(1)
    top = f"huren-sdk-{version}"
    found = {f"{top}/LICENSE": ROOT / "LICENSE", f"{top}/include/huren/huren.h": ROOT / "plugin/include/huren/huren.h"}
    for path in (ROOT / "packaging/sdk").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            found[f"{top}/{path.relative_to(ROOT / 'packaging/sdk')}"] = path
    for path in (prefix / "share/huren/schemas").rglob("*"):
        if path.is_file():
            found[f"{top}/schemas/{path.relative_to(prefix / 'share/huren/schemas')}"] = path
    library = next(prefix.glob("lib/**/libhuren.so.1"))
    for path in library.parent.glob("libhuren.so*"):
        found[f"{top}/lib/{path.name}"] = path
    for path in (library.parent / "huren").iterdir():
        found[f"{top}/lib/{path.name}"] = path
    return sorted(found.items())


def main():
    prefix, out = pathlib.Path(sys.argv[1]), sys.argv[2]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kit:
        for name, path in entries(prefix):
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            if path.is_symlink():
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
                kit.writestr(entry, str(path.readlink()))
                continue
            data = path.read_bytes()
            entry.external_attr = (stat.S_IFREG | (0o755 if data[:4] == b"\x7fELF" else 0o644)) << 16
            if path.suffix == ".md":
                text = data.decode()
                for old, new in LINKS.items():
                    text = text.replace(old, new)
                data = text.encode()
            kit.writestr(entry, data)


if __name__ == "__main__":
    main()
