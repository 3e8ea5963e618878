"""Runs the commands of a manual in order, in one shell, and compares what they print with what the manual says one sees.

usage: manual.py FILE.md [--root]

A block fenced as sh is run; one fenced as "sh root" is run only with --root (it installs, or speaks to systemd); one fenced
as "sh clone" stands for the block before it where there is a clone and nothing is installed. A block fenced as text says
what the sh block before it prints: each of its lines must be found in the output, in that order; "…" in a line stands for
anything. What a command must not print cannot be said; a command that fails ends the run.
"""
import os
import re
import signal
import subprocess
import sys

FENCE = re.compile(r"^## (\d+)\.|^```([^\n]*)\n(.*?)^```$", re.M | re.S)
MARK = "@@ block "


def read(path, clone=False):
    """[{section, commands, root, expected}] in order; a text block belongs to the sh block before it."""
    steps, section = [], 0
    with open(path, encoding="utf-8") as f:
        for number, info, body in FENCE.findall(f.read()):
            if number:
                section = int(number)
            elif info == "sh clone":
                steps[-1] = {**steps[-1], "commands": body} if clone else steps[-1]
            elif info in ("sh", "sh root"):
                steps.append({"section": section, "commands": body, "root": info != "sh", "expected": []})
            elif info == "text" and steps:
                steps[-1]["expected"] += body.splitlines()
    return steps


def trial(path):
    """The trial of IG, section 3, up to the exchange: what the other manuals start from."""
    return [s for s in read(path) if s["section"] == 3 and not s["root"]][:-1]


def missing(expected, said):
    """The first expected line that is not there in its order, or None."""
    lines, at = said.splitlines(), 0
    for want in expected:
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in want.split("…")))
        while at < len(lines) and not pattern.fullmatch(lines[at].strip()):
            at += 1
        if at == len(lines):
            return want
        at += 1
    return None


def run(steps, cwd=None, env=None, places=None, prefix=(), seconds=300):
    """Runs the steps; [] or what went wrong, with what was said. places: texts in commands and expectations to be replaced."""
    def here(text):
        for old, new in (places or {}).items():
            text = text.replace(old, new)
        return text

    script = "set -euo pipefail\nexport LC_ALL=C.UTF-8\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    for n, step in enumerate(steps):
        script += f"echo; echo '{MARK}{n}'\n" + here(step["commands"])
    script += f"echo; echo '{MARK}{len(steps)}'\n"
    shell = subprocess.Popen([*prefix, "bash", "-c", script], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True)
    try:
        output = shell.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        output = shell.communicate()[0]
    said = re.split(rf"^{MARK}\d+\n", output.decode(errors="replace"), flags=re.M)[1:]
    faults = []
    for n, step in enumerate(steps):
        if n >= len(said) or (shell.returncode != 0 and n == len(said) - 1):
            faults.append(f"ended with {shell.returncode} at:\n{here(step['commands'])}it said:\n{said[n] if n < len(said) else ''}")
            break
        lost = missing([here(line) for line in step["expected"]], said[n])
        if lost is not None:
            faults.append(f"does not print {lost!r}:\n{here(step['commands'])}it said:\n{said[n]}")
    return faults


def main():
    steps = [s for s in read(sys.argv[1]) if "--root" in sys.argv or not s["root"]]
    faults = run(steps)
    print("\n".join(faults) or f"{sys.argv[1]}: {len(steps)} blocks, all as it says")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
