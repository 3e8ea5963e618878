// huren.h for Node.js through koffi: one class over the ten functions.
// Promises: bodies are objects, UTF-8 JSON on the wire; a failure throws with huren's own words.
// Refuses: hiding a status. submit() gives 'OK' or 'DUPLICATE', query() and poll() give null where huren has no answer.
'use strict';
const koffi = require('koffi');
const Status = require('./huren_status.js');

const ABI = 1 << 16; // (major << 16) | minor of the huren.h that this file was written from
const NAMES = Object.fromEntries(Object.entries(Status).map(([name, value]) => [value, name]));

class Huren {
  constructor(configPath, { vendor = '', product = '', version = '', library = 'libhuren.so.1' } = {}) {
    const lib = koffi.load(library);
    const Host = koffi.struct({
      struct_size: 'uint32_t', reserved: 'uint32_t', user: 'void *', vendor: 'str', product: 'str', version: 'str', log: 'void *', wake: 'void *',
    });
    this.c = {
      open: lib.func('huren_open', 'int32_t', ['uint32_t', 'str', koffi.pointer(Host), koffi.out(koffi.pointer('int32_t'))]),
      close: lib.func('huren_close', 'int32_t', ['int32_t', 'uint32_t']),
      submit: lib.func('huren_submit_json', 'int32_t', ['int32_t', 'str', 'str', 'void *', 'uint32_t']),
      query: lib.func('huren_query', 'int32_t', ['int32_t', 'str', 'void *', 'uint32_t', 'uint32_t', 'void *', 'uint32_t', koffi.out(koffi.pointer('uint32_t'))]),
      poll: lib.func('huren_poll', 'int32_t', ['int32_t', 'uint32_t', 'void *', 'uint32_t', koffi.out(koffi.pointer('uint32_t'))]),
      acknowledge: lib.func('huren_acknowledge', 'int32_t', ['int32_t', 'str']),
      health: lib.func('huren_health', 'int32_t', ['int32_t', 'void *', 'uint32_t', koffi.out(koffi.pointer('uint32_t'))]),
      last_error: lib.func('huren_last_error', 'int32_t', ['void *', 'uint32_t', koffi.out(koffi.pointer('uint32_t'))]),
    };
    const handle = [0];
    const host = { struct_size: koffi.sizeof(Host), reserved: 0, user: null, vendor, product, version, log: null, wake: null };
    this.check(this.c.open(ABI, configPath, host, handle));
    this.handle = handle[0];
  }

  // 'OK': on disk. 'DUPLICATE': it already was.
  submit(type, key, body) {
    const text = Buffer.from(JSON.stringify(body), 'utf8');
    return this.check(this.c.submit(this.handle, type, key, text, text.length));
  }

  // The answer, or null when there was none in time: the doctor carries on.
  query(topic, body, deadlineMs) {
    const text = Buffer.from(JSON.stringify(body), 'utf8');
    return this.answer((buffer, size) => this.c.query(this.handle, topic, text, text.length, deadlineMs, buffer, buffer.length, size));
  }

  // The next notice, or null. It comes again until it is acknowledged. A long wait holds the event loop: poll with 0 there.
  poll(waitMs = 0) {
    return this.answer((buffer, size) => this.c.poll(this.handle, waitMs, buffer, buffer.length, size));
  }

  acknowledge(noticeId) { this.check(this.c.acknowledge(this.handle, noticeId)); }
  health() { return this.answer((buffer, size) => this.c.health(this.handle, buffer, buffer.length, size)); }
  close(graceMs = 2000) { this.check(this.c.close(this.handle, graceMs)); }

  answer(call) {
    const size = [64 << 10];
    for (;;) {
      const buffer = Buffer.alloc(size[0]);
      const status = call(buffer, size);
      if (status === Status.E_BUFFER) continue; // the size needed is in size now; nothing was consumed
      this.check(status);
      return status === Status.OK ? JSON.parse(buffer.toString('utf8', 0, size[0])) : null;
    }
  }

  check(status) {
    if (status >= 0) return NAMES[status];
    const buffer = Buffer.alloc(8192);
    const size = [0];
    this.c.last_error(buffer, buffer.length, size);
    throw new Error(`${NAMES[status]}: ${buffer.toString('utf8', 0, size[0])}`);
  }
}

module.exports = { Huren, Status };
