"""Exchanges messages between huren-ctl and foreign HL7 v2 software, both ways, over real sockets.

usage: interop.py CASE CTL        CASE: see CASES below; CTL: the huren-ctl program
Prints "SKIP: reason" and exits 0 where the foreign software is not installed.
"""
import asyncio
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
NODE_MODULES = os.environ.get("HUREN_NODE_MODULES", "")
CTL = sys.argv[2] if len(sys.argv) > 2 else ""
NAME = "欧阳^珅"


def message(label: str, codec: str) -> bytes:
    text = "\r".join([
        "MSH|^~\\&|LIS|東瑋院|HIS|市医院|20261122093000+0800||ORU^R01^ORU_R01|M42|P|2.5.1||||||" + label,
        "PID|1||11010519491231002X^^^MPS^NI||" + NAME + "||19491231|F",
        "OBR|1|A1|L1|2345-7^Glucose^LN|||20261122080500+0800|||||||||||||||20261122092500+0800||CH|F",
        "OBX|1|NM|2345-7^Glucose^LN^GLU^葡萄糖^L||5.62|mmol/L|3.90-6.10|N|||F|||20261122080500+0800", ""])
    return text.encode(codec)


UTF8 = ("UNICODE UTF-8", "utf-8")
GB18030 = ("GB 18030-2000", "gb18030")


def skip(reason: str) -> None:
    print("SKIP:", reason)
    sys.exit(0)


def expect(holds: bool, what: str) -> None:
    if not holds:
        print("FAILED:", what)
        sys.exit(1)


class Listener:
    """huren-ctl hl7 listen, keeping what it got."""

    def __init__(self, folder: str, messages: int = 1):
        self.folder = folder
        self.process = subprocess.Popen([CTL, "hl7", "listen", "0", "--messages", str(messages), "--keep", folder],
                                        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        first = self.process.stdout.readline().decode()
        self.port = int(first.rsplit(" ", 1)[1])

    def finish(self) -> str:
        out, _ = self.process.communicate(timeout=20)
        return out.decode()

    def kept(self, number: int = 1) -> bytes:
        return pathlib.Path(self.folder, f"{number}.hl7").read_bytes()


def ctl_send(port: int, file: str) -> subprocess.CompletedProcess:
    return subprocess.run([CTL, "--lang", "en", "hl7", "send", "--timeout", "10000", f"127.0.0.1:{port}", file],
                          capture_output=True, timeout=30, check=False)


def node() -> str:
    program = shutil.which("node")
    if not program:
        skip("node is not installed")
    if not pathlib.Path(NODE_MODULES, "@medplum/hl7").is_dir():
        skip("the npm packages of tests/interop are not installed (./dev setup)")
    return program


def foreign_client(folder: str, command, charset) -> None:
    file = os.path.join(folder, "out.hl7")
    sent = message(*charset)
    pathlib.Path(file).write_bytes(sent)
    listener = Listener(folder)
    done = subprocess.run(command(listener.port, file), capture_output=True, timeout=30, check=False)
    said = done.stdout.decode("utf-8", "replace")
    log = listener.finish()
    expect("AA ORU^R01 M42" in log, "huren accepts it:\n" + log + said + done.stderr.decode("utf-8", "replace"))
    expect("AA" in said and "M42" in said, "the client reads the answer: " + said + done.stderr.decode("utf-8", "replace"))
    values = subprocess.run([CTL, "hl7", "show", os.path.join(folder, "1.hl7")], capture_output=True, check=True).stdout.decode()
    expect('"PID-5.1": "欧阳"' in values and '"PID-5.2": "珅"' in values and '"MSH-4": "東瑋院"' in values, "names arrive: " + values)


def python_client(folder: str, charset) -> None:
    if not shutil.which("mllp_send"):
        skip("python3-hl7 is not installed")
    foreign_client(folder, lambda port, file: ["mllp_send", "--loose", "--file", file, "--port", str(port), "127.0.0.1"], charset)


def node_client(folder: str, library: str, charset) -> None:
    program = node()
    foreign_client(folder, lambda port, file: [program, str(HERE / "peers.cjs"), "client", library, str(port), file, charset[1]], charset)


def send_to(folder: str, port: int, charset) -> None:
    file = os.path.join(folder, "out.hl7")
    pathlib.Path(file).write_bytes(message(*charset))
    done = ctl_send(port, file)
    expect(done.returncode == 0 and b"AA M42" in done.stdout, "the peer's answer is understood: " + (done.stdout + done.stderr).decode())


def node_server(folder: str, library: str, charset) -> None:
    with subprocess.Popen([node(), str(HERE / "peers.cjs"), "server", library, charset[1]], stdout=subprocess.PIPE, text=True) as peer:
        try:
            port = int(peer.stdout.readline().rsplit(" ", 1)[1])
            send_to(folder, port, charset)
            expect(peer.stdout.readline().strip() == NAME, "the name arrives at the peer")
        finally:
            peer.kill()


def python_server(folder: str, charset) -> None:
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        import hl7
        from hl7.mllp import start_hl7_server
    except ImportError:
        skip("python3-hl7 is not installed")
    names = []
    ready = threading.Event()
    place = {}

    async def handle(reader, writer):
        received = await reader.readmessage()
        names.append(str(received.segment("PID")[5]))
        writer.writemessage(received.create_ack())
        await writer.drain()
        writer.close()

    async def serve():
        server = await start_hl7_server(handle, host="127.0.0.1", port=0, encoding=charset[1])
        place["port"] = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    expect(ready.wait(10), "the peer listens")
    send_to(folder, place["port"], charset)
    expect(names == [NAME], "the name arrives at the peer: " + repr(names))


def dissector(folder: str) -> None:
    if not shutil.which("tshark") or not shutil.which("text2pcap"):
        skip("tshark is not installed")
    wire = bytearray()
    server = socket.create_server(("127.0.0.1", 0))

    def record() -> None:
        connection, _ = server.accept()
        while not wire.endswith(b"\x1c\r"):
            wire.extend(connection.recv(4096))
        connection.sendall(b"\x0bMSH|^~\\&|A|B|C|D|20261122||ACK^R01^ACK|1|P|2.5.1\rMSA|AA|M42\r\x1c\r")
        connection.close()

    recorder = threading.Thread(target=record)
    recorder.start()
    send_to(folder, server.getsockname()[1], UTF8)
    recorder.join(10)
    dump = os.path.join(folder, "wire.txt")
    pathlib.Path(dump).write_text("".join(
        f"{i:06x} " + " ".join(f"{b:02x}" for b in wire[i:i + 16]) + "\n" for i in range(0, len(wire), 16)))
    capture = os.path.join(folder, "wire.pcap")
    subprocess.run(["text2pcap", "-q", "-T", "40000,2575", dump, capture], check=True, capture_output=True)
    shown = subprocess.run(["tshark", "-r", capture, "-d", "tcp.port==2575,hl7", "-V"], check=True, capture_output=True).stdout.decode()
    for part in ("Health Level Seven", "ORU", "PID", "OBX", "2345-7^Glucose"):
        expect(part in shown, f"the dissector sees {part}:\n" + shown[-3000:])


def second_opinion(_: str) -> None:
    schemas = HERE.parents[2] / "schemas" / "hl7v2"
    done = subprocess.run([node(), str(HERE / "dictionary.cjs"), str(schemas)], capture_output=True, text=True, check=False)
    print(done.stdout)
    expect(done.returncode == 0, "schemas/hl7v2 and hl7-dictionary agree\n" + done.stderr)


CASES = {
    "python_client_utf8": lambda f: python_client(f, UTF8),
    "python_client_gb18030": lambda f: python_client(f, GB18030),
    "python_server_utf8": lambda f: python_server(f, UTF8),
    "python_server_gb18030": lambda f: python_server(f, GB18030),
    "medplum_client_utf8": lambda f: node_client(f, "medplum", UTF8),
    "medplum_client_gb18030": lambda f: node_client(f, "medplum", GB18030),
    "medplum_server_utf8": lambda f: node_server(f, "medplum", UTF8),
    "medplum_server_gb18030": lambda f: node_server(f, "medplum", GB18030),
    "node_hl7_client_utf8": lambda f: node_client(f, "node-hl7-client", UTF8),
    "simple_hl7_client_utf8": lambda f: node_client(f, "simple-hl7", UTF8),
    "simple_hl7_server_utf8": lambda f: node_server(f, "simple-hl7", UTF8),
    "tshark_dissector": dissector,
    "dictionary_second_opinion": second_opinion,
}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        CASES[sys.argv[1]](directory)
    print("passed")
