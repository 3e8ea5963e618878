"""The packages in clean machines, as a hospital meets them: what was seen is printed, a step that fails ends it with 1.

usage: package_check.py FOLDER    (root; FOLDER/*.deb as package.sh made them, FOLDER/old/*.deb an older version)

lintian; abidiff against the frozen interface; install, upgrade and purge; the installation manual in both languages under a booted systemd, from the packages
to two hospitals that exchange a result, and the purge that keeps what doctors used; the vendor's manual; the demo.
A clean machine is a Debian made by debootstrap in FOLDER/base, copied for each step and booted by systemd-nspawn.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOC = ROOT / "packaging/doc"
sys.path.insert(0, str(ROOT / "packaging/tools"))
import manual  # noqa: E402
STARTED = time.monotonic()
DEBIAN = ("bookworm", "http://deb.debian.org/debian")


class Failed(Exception):
    """A step that did not hold."""


def say(text):
    print(f"{time.monotonic() - STARTED:5.0f} s  {text}", flush=True)


def need(condition, what):
    if not condition:
        raise Failed(what)


def run(*command, check=True, seconds=900):
    done = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=seconds)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(str(c) for c in command)} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def base(folder):
    """A Debian with systemd and nothing of ours; made once."""
    made = folder / "base"
    if not (made / "made").exists():
        shutil.rmtree(made, ignore_errors=True)
        run("debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus", *DEBIAN[:1], made, DEBIAN[1], seconds=3000)
        (made / "made").touch()
    return made


class Machine:
    """A copy of the base in a folder of its own, gone afterwards; booted when asked."""

    def __init__(self, folder, boot=False):
        self.root, self.boot, self.process = folder / "machine", boot, None
        shutil.rmtree(self.root, ignore_errors=True)
        run("cp", "-a", "--reflink=auto", f"{base(folder)}/.", self.root)
        (self.root / "made").unlink()
        (self.root / "srv/huren").mkdir()
        for deb in folder.glob("*.deb"):
            shutil.copy(deb, self.root / "srv/huren")

    def __enter__(self):
        self.prefix = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.root}/proc", "chroot", str(self.root)]
        if self.boot:
            self.process = subprocess.Popen(["systemd-nspawn", "-q", "-D", str(self.root), "--boot", "--register=no", "--keep-unit", "--console=pipe"],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for _ in range(240):
                leader = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False).stdout.split()
                if self.process.poll() is not None:
                    raise Failed(f"systemd-nspawn does not boot here: {self.process.stderr.read()}")
                if leader:
                    self.prefix = ["nsenter", "-t", leader[0], "-a", "--"]
                    state = subprocess.run([*self.prefix, "systemctl", "is-system-running"], capture_output=True, text=True, check=False).stdout.strip()
                    if state in ("running", "degraded"):
                        break
                time.sleep(0.25)
            else:
                self.__exit__()
                raise Failed("systemd does not come up in a minute")
        return self

    def __exit__(self, *_):
        if self.process:
            subprocess.run([*self.prefix, "systemctl", "poweroff", "--no-block"], capture_output=True, check=False)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def bash(self, script, check=True):
        return run(*self.prefix, "bash", "-euc", "export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/srv; cd /srv; " + script, check=check)

    def follow(self, steps):
        faults = manual.run(steps, prefix=[*self.prefix, "env", "DEBIAN_FRONTEND=noninteractive", "HOME=/srv"], seconds=900)
        need(not faults, "\n".join(faults))

    def version(self):
        return sorted(set(self.bash("dpkg-query -W -f='${Version}\\n' 'huren-*' libhuren1 libhuren-dev 2>/dev/null || true").split()))


def lint(folder):
    debs = sorted(p for p in folder.glob("*.deb") if "-dbgsym_" not in p.name)
    say(f"{len(debs)} packages: " + " ".join(p.name.split("_")[0] for p in debs))
    said = run("lintian", "--no-cfg", "--fail-on", "error,warning", "--display-info", "--show-overrides", "--allow-root", *debs, check=False)
    print("".join(f"         {line}\n" for line in said.splitlines() if not line.startswith("N: ")), end="", flush=True)
    need(not re.search(r"^[EW]: ", said, re.M), "lintian has errors or warnings")
    say("lintian: no error, no warning")


def interface(folder):
    """The module as it is shipped, by its debug information, against the frozen header: no function or type may differ."""
    frozen, stub = ROOT / "tests/abi/frozen", folder / "frozen.so"
    run("cc", "-g", "-shared", "-fPIC", "-Wl,-soname,libhuren.so.1", f"-I{frozen}", frozen / "stub.c", "-o", stub)
    obj = folder / ("source/build/release" if os.environ.get("HUREN_TRIAL") else "source/obj")
    run("abidiff", "--no-added-syms", stub, obj / "lib/libhuren.so.1")
    stub.unlink()
    say("abidiff: the module shipped has the functions and types of the frozen header")


def life(folder):
    """Installed, upgraded from an older version, purged."""
    with Machine(folder) as m:
        shutil.copytree(folder / "old", m.root / "srv/old")
        everything = "find / -xdev -path /proc -prune -o -path /run -prune -o -path /var/lib/apt -prune -o -path /var/cache -prune -o -path /srv -prune -o -path /var/log -prune -o -path /sys -prune -o -print | sort"
        m.bash("apt-get -qq update; apt-get -qq install -y $(apt-get -s install /srv/old/*.deb | sed -n 's/^Inst \\([^ ]*\\).*/\\1/p' | grep -v huren) >/dev/null")
        before = set(m.bash(everything).splitlines())
        m.bash("apt-get -qq install -y /srv/old/*.deb >/dev/null")
        old = m.version()
        m.bash("echo '[hospital]' >/etc/huren/local.toml; touch /var/spool/huren/here")
        say(f"installed {' '.join(old)}: /etc/huren is {m.bash('stat -c %U:%G:%a /etc/huren').strip()}, /var/spool/huren {m.bash('stat -c %U:%G:%a /var/spool/huren').strip()}")
        m.bash("apt-get -qq install -y /srv/huren/*.deb >/dev/null")
        need(m.version() != old and len(m.version()) == 1, f"not upgraded: {m.version()}")
        need(m.bash("cat /etc/huren/local.toml") == "[hospital]\n", "the upgrade lost local.toml")
        say(f"upgraded to {' '.join(m.version())}: local.toml is as it was")
        m.bash("apt-get -qq purge -y 'huren-*' 'libhuren*' >/dev/null 2>&1")
        left = sorted(p for p in set(m.bash(everything).splitlines()) - before if "huren" in p)
        need(not left, "purge leaves behind:\n" + "\n".join(left))
        say("purged: nothing of it is left")


def installation(folder, page, language):
    with Machine(folder, boot=True) as m:
        m.follow(manual.read(DOC / page))
        say(f"{page}: every command of the manual, from the packages to two hospitals that exchanged a result, in a machine under systemd")
        # The last section removed the service; put back, it starts with the settings and the store that it had.
        m.bash("apt-get -qq install -y /srv/huren/huren-agent_*.deb >/dev/null; systemctl start huren-agent; /usr/share/doc/huren-doc/examples/two-hospitals/until.sh active systemctl is-active huren-agent")
        shown = m.bash("systemctl show -p MainPID --value huren-agent").strip()
        user = m.bash(f"ps -o user= -p {shown} 2>/dev/null || stat -c %U /proc/{shown}").strip()
        exposure = re.search(r"exposure level for huren-agent.service: ([\d.]+)", m.bash("systemd-analyze security --no-pager huren-agent.service")).group(1)
        need(user == "huren" and float(exposure) < 3, f"runs as {user}, exposure {exposure}")
        say(f"huren-agent runs as {user}, exposure level {exposure}; {m.bash('systemctl show -p NRestarts --value huren-agent').strip()} restarts")
        m.bash(f"kill -9 {shown}; sleep 4; systemctl is-active huren-agent")
        say("killed, it came back by itself")
        said = m.bash("apt-get -qq purge -y 'huren-*' 2>&1")
        need("/var/lib/huren is kept" in said, f"purge does not say that the store is kept:\n{said}")
        need(m.bash("ls -d /etc/huren /var/spool/huren /var/lib/huren/store.db 2>/dev/null || true").split() == ["/var/lib/huren/store.db"], "purge removed the wrong things")
        say(f"purged ({language}): settings and spool are gone, the store is kept and that is said")


def vendor(folder):
    with Machine(folder) as m:
        m.bash("apt-get -qq update; apt-get -qq install -y /srv/huren/huren-doc_*.deb /srv/huren/huren-agent_*.deb /srv/huren/huren-*.deb /srv/huren/libhuren1_*.deb python3 python3-hl7 openssl >/dev/null")
        page = DOC / "UG-VENDOR-integration.md"
        steps = manual.read(page)
        m.follow([s for s in steps if s["root"]])
        m.follow(manual.trial(DOC / "IG-installation.md") + [s for s in steps if not s["root"]])
        say(f"{page.name}: every command of the manual, the C sample built from the packages alone")
        demo = m.root / "srv/demo"
        shutil.copytree(ROOT / "tests/demo", demo / "tests/demo")
        (demo / "tests/support").mkdir()
        shutil.copy(ROOT / "tests/support/make_certs.sh", demo / "tests/support")
        m.bash("""cd demo; mkdir -p build/bin build/lib; cc -std=c11 tests/demo/host.c -ldl -o build/bin/huren-demo-host
                  ln -s /usr/bin/huren-ctl /usr/bin/huren-agent build/bin/; ln -s /usr/lib/*/libhuren.so build/lib/""")
        for mode in ("embedded", "agent"):
            said = m.bash(f"cd demo; python3 -B tests/demo/demo.py --build build --out out-{mode} --lang en --mode {mode}")
            say(f"the demo, {mode}: {said.strip().splitlines()[-1].strip()}")


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    try:
        lint(folder)
        interface(folder)
        life(folder)
        installation(folder, "IG-installation.zh-CN.md", "zh")
        installation(folder, "IG-installation.md", "en")
        vendor(folder)
    except Failed as why:
        say(f"FAILED: {why}")
        return 1
    say("all as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
