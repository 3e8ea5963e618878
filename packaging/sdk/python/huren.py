"""huren.h for Python: one class over the ten functions.

Promises: bodies are dicts, UTF-8 JSON on the wire; a failure raises Failure with huren's own words; any thread may call.
Refuses: hiding a status. submit() gives OK or DUPLICATE, query() and poll() give None where huren has no answer.
"""
import ctypes
import json

from huren_status import Status

ABI = 1 << 16  # (major << 16) | minor of the huren.h that this file was written from


class Failure(Exception):
    def __init__(self, status, why):
        super().__init__(f"{Status(status).name}: {why}")
        self.status = Status(status)


class Host(ctypes.Structure):
    LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p)
    WAKE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32)
    _fields_ = [("struct_size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("user", ctypes.c_void_p),
                ("vendor", ctypes.c_char_p), ("product", ctypes.c_char_p), ("version", ctypes.c_char_p), ("log", LOG), ("wake", WAKE)]


class Huren:
    def __init__(self, config_path, vendor="", product="", version="", library="libhuren.so.1"):
        self._lib = ctypes.CDLL(library)
        host = Host(struct_size=ctypes.sizeof(Host), vendor=vendor.encode(), product=product.encode(), version=version.encode())
        handle = ctypes.c_int32()
        self._check(self._lib.huren_open(ctypes.c_uint32(ABI), str(config_path).encode(), ctypes.byref(host), ctypes.byref(handle)))
        self._handle = handle

    def submit(self, event_type, key, body):
        """OK: on disk. DUPLICATE: it already was."""
        text = json.dumps(body, ensure_ascii=False).encode()
        return self._check(self._lib.huren_submit_json(self._handle, event_type.encode(), key.encode(), text, ctypes.c_uint32(len(text))))

    def query(self, topic, body, deadline_ms):
        """The answer, or None when there was none in time: the doctor carries on."""
        text = json.dumps(body, ensure_ascii=False).encode()
        return self._answer(lambda buffer, capacity, size: self._lib.huren_query(
            self._handle, topic.encode(), text, ctypes.c_uint32(len(text)), ctypes.c_uint32(deadline_ms), buffer, capacity, size))

    def poll(self, wait_ms=0):
        """The next notice, or None. It comes again until it is acknowledged."""
        return self._answer(lambda buffer, capacity, size: self._lib.huren_poll(self._handle, ctypes.c_uint32(wait_ms), buffer, capacity, size))

    def acknowledge(self, notice_id):
        self._check(self._lib.huren_acknowledge(self._handle, notice_id.encode()))

    def health(self):
        return self._answer(lambda buffer, capacity, size: self._lib.huren_health(self._handle, buffer, capacity, size))

    def close(self, grace_ms=2000):
        self._check(self._lib.huren_close(self._handle, ctypes.c_uint32(grace_ms)))

    def _answer(self, call):
        size = ctypes.c_uint32(64 << 10)
        while True:
            buffer = ctypes.create_string_buffer(size.value)
            status = Status(call(buffer, ctypes.c_uint32(len(buffer)), ctypes.byref(size)))
            if status != Status.E_BUFFER:  # the size needed is in size now; nothing was consumed
                break
        self._check(status)
        return json.loads(buffer.raw[:size.value]) if status == Status.OK else None

    def _check(self, status):
        if status >= 0:
            return Status(status)
        why, size = ctypes.create_string_buffer(8192), ctypes.c_uint32()
        self._lib.huren_last_error(why, ctypes.c_uint32(len(why)), ctypes.byref(size))
        raise Failure(status, why.value.decode())
