"""The parts list of an installation as CycloneDX 1.5: what its programs load, what was built into them, what tests it.

usage: sbom.py PREFIX OUT.json     PREFIX: where cmake --install put it

Libraries loaded are found by the loader and named by dpkg; what Build-Depends of packaging/deb/control names besides is
built in (static or headers) or a tool; tests/interop/package-lock.json names the foreign software of the tests. Same
input, same bytes: the time is that of the changelog or SOURCE_DATE_EPOCH.
"""
import base64
import datetime
import email.utils
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = {"cmake", "ninja-build", "python3", "pkg-config"}


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def elf_files(prefix):
    for path in sorted(prefix.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as f:
                if f.read(4) == b"\x7fELF":
                    yield path


def spellings(library):
    """A library's file as dpkg may know it: some by their path before /usr was merged."""
    return [name for path in (library, os.path.realpath(library)) for name in (path, path.removeprefix("/usr"), "/usr" + path)]


def owners(libraries):
    """The Debian package that each library file belongs to, asked of dpkg at once: each asking reads its lists of all files."""
    said = run("dpkg-query", "-S", *sorted({name for library in libraries for name in spellings(library)}))
    known = {path: owner.split(":")[0] for owner, path in re.findall(r"^(\S+): (\S+)$", said, re.M)}
    for library in libraries:
        yield next((known[name] for name in spellings(library) if name in known), None) or sys.exit(f"no package owns {library}")


def loaded(prefix):
    libraries = {library for path in elf_files(prefix) for library in re.findall(r"=> (/\S+)", run("ldd", path))}
    return set(owners(sorted(library for library in libraries if not library.startswith(str(prefix)))))


def licences(package):
    """What DEP-5 says of the package's own files; nothing where the page is prose."""
    try:
        text = pathlib.Path(f"/usr/share/doc/{package}/copyright").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found = re.search(r"^Files: \*\n(?:.*\n)*?License: *(\S[^\n]*)", text, re.M)
    return [{"license": {"name": found.group(1)}}] if found else []


def debian(package, use):
    version, arch, source = run("dpkg-query", "-W", "-f=${Version} ${Architecture} ${source:Package}", package).split()[:3]
    purl = f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace('~', '%7E').replace(':', '%3A')}?arch={arch}&distro=debian-12"
    out = {"type": "application" if use == "tool" else "library", "bom-ref": purl, "name": package, "version": version, "purl": purl,
           "scope": "excluded" if use == "tool" else "required", "properties": [{"name": "huren:use", "value": use}, {"name": "huren:source", "value": source}]}
    return {**out, "licenses": licences(package)} if licences(package) else out


def build_depends():
    text = (ROOT / "packaging/deb/control").read_text(encoding="utf-8")
    listed = re.search(r"^Build-Depends: ((?:.*\n)(?: .*\n)*)", text, re.M).group(1)
    return [re.split(r"[ (]", name.strip())[0] for name in listed.split(",") if "debhelper" not in name]


def npm():
    lock = json.loads((ROOT / "tests/interop/package-lock.json").read_text(encoding="utf-8"))
    for path, entry in sorted(lock["packages"].items()):
        if not path:
            continue
        name = path.split("node_modules/")[-1]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{entry['version']}"
        kind, _, digest = entry.get("integrity", "").partition("-")
        yield {"type": "library", "bom-ref": purl + "#" + path, "name": name, "version": entry["version"], "purl": purl, "scope": "excluded",
               **({"hashes": [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]} if kind == "sha512" else {}),
               **({"licenses": [{"license": {"name": entry["license"]}}]} if entry.get("license") else {}),
               "properties": [{"name": "huren:use", "value": "test"}]}


def make(prefix):
    changelog = (ROOT / "packaging/deb/changelog").read_text(encoding="utf-8")
    version = re.match(r"huren \(([^)]+)\)", changelog).group(1)
    when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc) if "SOURCE_DATE_EPOCH" in os.environ \
        else email.utils.parsedate_to_datetime(re.search(r"^ -- .*>  (.*)$", changelog, re.M).group(1))
    at_run_time = loaded(prefix)
    parts = [debian(name, "loaded") for name in sorted(at_run_time)]
    for name in sorted(set(build_depends())):
        parts.append(debian(name, "tool" if name in TOOLS else "built in"))
    required = [p["bom-ref"] for p in parts if p["scope"] == "required"]
    parts += npm()
    huren = f"pkg:generic/huren@{version}"
    bom = {"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
           "metadata": {"timestamp": when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                        "component": {"type": "application", "bom-ref": huren, "name": "huren", "version": version, "purl": huren, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
           "components": parts, "dependencies": [{"ref": huren, "dependsOn": required}]}
    bom["serialNumber"] = "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True)))
    return bom


def main():
    bom = make(pathlib.Path(sys.argv[1]).resolve())
    pathlib.Path(sys.argv[2]).write_text(json.dumps(bom, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
