"""The rules of the house that a machine can check: who may include whom, and what no file may hold.

Promises: the layer rules are read from the table in plugin/doc/ARCHITECTURE.md, so page and check cannot drift; every
function returns its faults as sentences, an empty list when the house is in order. Refuses: exceptions to a rule.
"""
import os
import re
import subprocess

TOP_LEVEL_FOLDERS = {"plugin", "adapters", "schemas", "tests", "packaging", ".ci"}
TOP_LEVEL_FILES = {"CMakeLists.txt", "CMakePresets.json", "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md",
                   "SECURITY.md", "LICENSE", "dev", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes"}
MAX_LINES = 500
MAX_BYTES = 500_000
CODE = (".cpp", ".hpp", ".c", ".h", ".py", ".sh", ".cmake", ".sql", ".java", ".cs", ".js", ".ts")

# What the table calls a library, and what its includes start with.
LIBRARIES = {
    "nlohmann": ("nlohmann/",), "RapidJSON": ("rapidjson/",), "iconv": ("iconv.h",), "pugixml": ("pugixml.hpp", "pugiconfig.hpp"), "toml++": ("toml++/",),
    "xxHash": ("xxhash.h",), "SQLite": ("sqlite3.h",), "Boost.DLL": ("boost/dll/",), "Poco": ("Poco/",),
    "zstd": ("zstd.h",), "OpenSSL": ("openssl/",), "prometheus-cpp": ("prometheus/",), "argon2": ("argon2.h",), "CLI11": ("CLI/",),
}
# core/ is pure: no I/O, threads or clock. (std::chrono's calendar types are arithmetic, so <chrono> is not listed.)
IMPURE = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "stop_token", "semaphore", "fstream", "iostream",
          "filesystem", "random", "unistd.h", "fcntl.h", "poll.h", "pthread.h", "signal.h", "csignal", "netdb.h", "dlfcn.h"}
IMPURE_PREFIXES = ("sys/", "netinet/", "arpa/")

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
WANTED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b")
SPLIT_NAME = re.compile(r'TEST_CASE' + r'\("([^"\n]*;[^"\n]*)"')
MACHINE_PATH = re.compile(r"(?<![\w./@*)\]}$-])/(?:work|ro" + r"ot|home)(?=[/\s\"'`:;,)]|$)", re.M)


def tracked(root):
    """Relative paths of all files that belong to the project: as git tells, else all but what .gitignore names."""
    git = subprocess.run(["git", "-c", "safe.directory=*", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True, check=False, stdin=subprocess.DEVNULL) if os.path.exists(os.path.join(root, ".git")) else None
    if git and git.returncode == 0:
        names = git.stdout.decode().split("\0")
    else:
        names = []
        for folder, folders, files in os.walk(root):
            folders[:] = [f for f in folders if f not in {".git", "build", "demo-out", "node_modules", "__pycache__"}]
            names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return sorted(n for n in names if n and os.path.isfile(os.path.join(root, n)))


def text_of(root, name):
    with open(os.path.join(root, name), "rb") as f:
        data = f.read()
    return "" if b"\0" in data[:8000] else data.decode("utf-8", "replace")


def read_table(page):
    """{room: allowed words} from the page's table; a room is a path, adapters/* stands for every adapter."""
    rooms = {}
    for line in page.splitlines():
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) != 3 or not cells[0].startswith("`"):
            continue
        rooms[cells[0].strip("`")] = {word.strip().strip("`") for word in cells[2].split(",")} - {""}
    if not rooms:
        raise ValueError("plugin/doc/ARCHITECTURE.md has no table of rooms")
    return rooms


def room_of(path, rooms):
    """The row that a file falls under, and its own folder as a room of its own."""
    best = None
    for row in rooms:
        prefix = row[:-1] if row.endswith("/*") else row + "/"
        if path.startswith(prefix) and (best is None or len(row) > len(best)):
            best = row
    return best


def target_of(include, folder, files):
    """Where an include with quotes leads inside the project; None when nowhere."""
    for base in (folder + "/", "plugin/", "plugin/include/", ""):
        path = os.path.normpath(base + include)
        if path in files:
            return path
    return None


def word_for(path):
    """A project file as the table's third column names it."""
    if path.startswith("plugin/include/huren/"):
        return os.path.basename(path)
    folder = os.path.dirname(path)
    return folder.removeprefix("plugin/")


def allows(words, word):
    """Who may include a room may include its subfolders."""
    for depth in range(word.count("/") + 1):
        room = word.rsplit("/", depth)[0]
        if room in words or (room.startswith("core/") and (room.removeprefix("core/") in words or "core/*" in words)):
            return True
    return False


def include_faults(path, text, rooms, files):
    row = room_of(path, rooms)
    if row is None:
        return [f"{path}: no row of plugin/doc/ARCHITECTURE.md names its folder"]
    words = rooms[row]
    faults = []
    for kind, name in INCLUDE.findall(text):
        if kind == '"':
            target = target_of(name, os.path.dirname(path), files)
            if target is None:
                faults.append(f'{path}: "{name}" is not in the project; libraries are included with < >')
            elif os.path.dirname(target) != os.path.dirname(path) and not os.path.dirname(target).startswith(row + "/") \
                    and not (os.path.dirname(target) == row) and not allows(words, word_for(target)):
                faults.append(f"{path}: may not include {target} (allowed: {', '.join(sorted(words))})")
            continue
        library = next((lib for lib, starts in LIBRARIES.items() if name.startswith(starts)), None)
        if library:
            if library not in words and "own libraries" not in words:
                faults.append(f"{path}: may not include <{name}> ({library})")
        elif path.startswith("plugin/core/") and (name in IMPURE or name.startswith(IMPURE_PREFIXES)):
            faults.append(f"{path}: core/ is pure: no <{name}>")
        elif "/" in name and not name.startswith(IMPURE_PREFIXES) and "own libraries" not in words:
            faults.append(f"{path}: <{name}> is of a library that the checker does not know: add it to the table and here")
    return faults


def layer_faults(root):
    files = set(tracked(root))
    rooms = read_table(text_of(root, "plugin/doc/ARCHITECTURE.md"))
    faults = []
    for path in sorted(files):
        if path.startswith(("plugin/", "adapters/")) and path.endswith((".cpp", ".hpp", ".h", ".c")):
            faults += include_faults(path, text_of(root, path), rooms, files)
    for row in rooms:
        folder = row.removesuffix("/*") + "/"
        if not any(f.startswith(folder) for f in files):
            faults.append(f"plugin/doc/ARCHITECTURE.md: the room {row} does not exist")
    return faults


def length_faults(root):
    faults = []
    for path in tracked(root):
        if not path.endswith(CODE) and os.path.basename(path) not in {"CMakeLists.txt", "dev", "run"}:
            continue
        lines = text_of(root, path).count("\n")
        if lines > MAX_LINES:
            faults.append(f"{path}: {lines} lines, {MAX_LINES} at most: split it by noun")
    return faults


def top_level_faults(root):
    faults = []
    for path in tracked(root):
        head, _, tail = path.partition("/")
        if head not in (TOP_LEVEL_FOLDERS if tail else TOP_LEVEL_FILES):
            faults.append(f"{path}: not a place that the layout knows")
    return sorted(set(faults))


def wording_faults(path, text):
    faults = [f"{path}: leaves {m} behind: do it, or write an issue" for m in WANTED.findall(text)]
    faults += [f"{path}: a semicolon cuts the test's name in two, and neither half is ever run: {m}" for m in SPLIT_NAME.findall(text)]
    faults += [f"{path}: names a path of one machine: {m.strip()}" for m in MACHINE_PATH.findall(text)]
    return faults


def content_faults(root):
    faults = []
    for path in tracked(root):
        size = os.path.getsize(os.path.join(root, path))
        if size >= MAX_BYTES:
            faults.append(f"{path}: {size} bytes, less than {MAX_BYTES} allowed")
        faults += wording_faults(path, text_of(root, path))
    return faults
