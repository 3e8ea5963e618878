"""The vendor's kit as one zip: header, library with engine and adapters, bindings and samples, schemas, the vendor's manuals.

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
MANUALS = ("UG-VENDOR-integration", "UG-SYSPAR-settings", "HOOKS-cds-hooks", "TERMS")
CMAKE = """# find_package(huren): the target huren::huren, wherever this kit was unpacked.
get_filename_component(huren_kit "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
add_library(huren::huren SHARED IMPORTED)
set_target_properties(huren::huren PROPERTIES IMPORTED_LOCATION "${huren_kit}/lib/libhuren.so.1" IMPORTED_SONAME libhuren.so.1
  INTERFACE_INCLUDE_DIRECTORIES "${huren_kit}/include")
"""
LINKS = {"manual UG-VENDOR": "manual [UG-VENDOR](doc/UG-VENDOR-integration.md)", "手册 UG-VENDOR": "手册 [UG-VENDOR](doc/UG-VENDOR-integration.zh-CN.md)",
         "../../plugin/include/": "include/", "../../schemas": "schemas"}  # where the pages' links lead in here


def entries(prefix):
    """(name in the zip, the file or link that it is made of, or its text)"""
    version = re.match(r"huren \(([^)]+)\)", (ROOT / "packaging/deb/changelog").read_text(encoding="utf-8")).group(1)
    top = f"huren-sdk-{version}"
    found = {f"{top}/LICENSE": ROOT / "LICENSE", f"{top}/include/huren/huren.h": ROOT / "plugin/include/huren/huren.h"}
    for path in (ROOT / "packaging/sdk").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            found[f"{top}/{path.relative_to(ROOT / 'packaging/sdk')}"] = path
    for path in (prefix / "share/huren/schemas").rglob("*"):
        if path.is_file():
            found[f"{top}/schemas/{path.relative_to(prefix / 'share/huren/schemas')}"] = path
    for manual in MANUALS:
        for path in (ROOT / "packaging/doc").glob(manual + "*.md"):
            found[f"{top}/doc/{path.name}"] = path
    library = next(prefix.glob("lib/**/libhuren.so.1"))
    for path in library.parent.glob("libhuren.so*"):
        found[f"{top}/lib/{path.name}"] = path
    for path in (library.parent / "huren").iterdir():
        found[f"{top}/lib/{path.name}"] = path
    found[f"{top}/lib/cmake/huren/hurenConfig.cmake"] = CMAKE
    found[f"{top}/lib/cmake/huren/hurenConfigVersion.cmake"] = library.parent / "cmake/huren/hurenConfigVersion.cmake"
    return sorted(found.items())


def main():
    prefix, out = pathlib.Path(sys.argv[1]), sys.argv[2]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as kit:
        for name, path in entries(prefix):
            entry = zipfile.ZipInfo(name, WHEN)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            if isinstance(path, str):
                entry.external_attr = (stat.S_IFREG | 0o644) << 16
                kit.writestr(entry, path)
                continue
            if path.is_symlink():
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
                kit.writestr(entry, str(path.readlink()))
                continue
            data = path.read_bytes()
            entry.external_attr = (stat.S_IFREG | (0o755 if data[:4] == b"\x7fELF" else 0o644)) << 16
            if path.name.startswith("README"):
                text = data.decode()
                for old, new in LINKS.items():
                    text = text.replace(old, new)
                data = text.encode()
            kit.writestr(entry, data)


if __name__ == "__main__":
    main()
