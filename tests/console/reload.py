"""A configuration that names what is not there: --check tells, SIGHUP and the console's apply refuse, and every port stays open."""
import signal
import socket
import subprocess

from pair import B, PASSWORD, free_port, need, wait_for


def off_the_air(pair, admin):
    """Whatever local.toml names and is not there: told, refused, and the hospital goes on."""
    folder, agent = pair.alliance.folder(B), pair.alliance.agents["b"]
    toml, tokens, port = folder / "local.toml", folder / "tokens.txt", free_port()
    log = pair.alliance.out / "agent-b.log"
    program = str(pair.alliance.build / "bin/huren-agent")

    def check():
        done = subprocess.run([program, "--config", str(folder), "--check"], capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    def listens():
        for p in (pair.alliance.ports["b"], port):
            socket.create_connection(("127.0.0.1", p), timeout=5).close()
        return True

    def refusals():
        return log.read_bytes().count(b'"agent.reload_refused"')

    plain = toml.read_text()
    good = plain + f'\n[feed.cds]\nadapter = "his.cds_hooks"\nlisten = "127.0.0.1:{port}"\ntoken_file = "tokens.txt"\n'
    toml.write_text(good)
    tokens.write_text("a token of the HIS that is long enough to be one\n")
    need(check() == (0, ""), f"right: {check()}")
    admin.must("post", "/apply")
    need(listens(), "the hooks' port is open")
    faults = {"codes": (good.replace('"local_items.csv"', '"nope.csv"'), "nope.csv"),
              "map": (good + f'\n[feed.his]\nadapter = "his.hl7v2_feed"\nlisten = "127.0.0.1:{free_port()}"\nmapping = "nope.toml"\n', "nope.toml"),
              "key": (good.replace("b.key", "nope.key"), "private_key"), "certificate": (good.replace("b.pem", "nope.pem"), "certificate"),
              "another's key": (good.replace("b.key", "c.key"), "private_key"), "tokens": (good.replace("tokens.txt", "nope.txt"), "token_file"),
              "tokens that have gone": (good, "token_file")}
    for what, (text, word) in faults.items():
        toml.write_text(text)
        if what == "tokens that have gone":
            tokens.rename(folder / "away.txt")  # the configuration that runs names them: it could not be opened again
        need(text != good or word == "token_file", f"{what}: the test's own text is changed")
        code, said = check()
        need(code != 0 and word in said, f"--check tells of {what}: {code} {said}")
        before = refusals()
        agent.process.send_signal(signal.SIGHUP)
        wait_for(f"{what}: a refusal in the log", lambda n=before: refusals() > n)
        need(listens(), f"{what}: reload closes no port")
        got, answer = admin.call("post", "/apply", {})
        need(got != 200, f"{what}: the console refuses it, too: {answer}")
        need(listens() and admin.must("get", "/status")["health"]["live"], f"{what}: apply closes no port")
    (folder / "away.txt").rename(tokens)
    toml.write_text(good.replace(f":{port}", f":{pair.ports['a']}"))  # taken: that shows only when it is opened
    agent.process.send_signal(signal.SIGHUP)
    wait_for("the former configuration goes on", lambda: log.read_bytes().count(b'"agent.former_goes_on"') == 1)
    need(listens(), "with all its ports")
    toml.write_text(plain)
    started = log.read_bytes().count(b'"agent.started"')
    agent.process.send_signal(signal.SIGHUP)
    wait_for("a right one is taken", lambda: log.read_bytes().count(b'"agent.started"') > started)
    wait_for("the console answers again", lambda: pair.answers(admin))
    admin.must("post", "/login", {"name": "admin", "password": PASSWORD})
    need(not admin.must("get", "/status")["pending_changes"], "what the agent opened from local.toml is in force")
