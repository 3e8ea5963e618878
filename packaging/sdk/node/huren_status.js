// Made by packaging/tools/bindings.py from schemas/catalog/status.csv.
'use strict';

module.exports = Object.freeze({
  OK: 0, // Done
  DUPLICATE: 1, // This key was accepted before with the same body; nothing new was stored
  NO_ANSWER: 2, // No answer in time; the HIS simply carries on
  EMPTY: 3, // Nothing is waiting
  E_ARGUMENT: -101, // An argument is not as agreed: correct the calling code
  E_ABI: -102, // The host was compiled for another interface or struct layout: update huren
  E_HANDLE: -103, // The handle is closed or was never given: call huren_open again
  E_ENCODING: -104, // The text is not valid UTF-8: convert it first
  E_BUFFER: -105, // The buffer is too small: call again with the size in *size
  E_TOO_LARGE: -106, // The body is over the limit: make it smaller or raise spool.max_body_bytes
  E_FORKED: -107, // The handle was opened before fork: open again in the child
  E_REENTRANT: -108, // Called from inside a callback: return first and call from a thread of your own
  E_CONFLICT: -109, // This key was accepted before with another body: use a new key or version
  E_SYNTAX: -110, // The body is not valid JSON: correct it at the place that is told
  E_TYPE: -111, // There is no such event type or query topic: check its name and version
  E_CONFIG: -201, // The configuration is at fault: correct what huren_last_error tells
  E_STORE: -202, // The data file cannot be read or written: check the disk and permissions
  E_STORE_FULL: -203, // The disk is full: free some space; it recovers by itself
  E_BUSY: -204, // Busy and the outcome is unknown: repeat later with the same key
  E_DENIED: -301, // Not allowed by agreement or permission
  E_INTERNAL: -901, // A fault inside huren: tell its maintainers what huren_last_error says
  E_TRIPPED: -902, // Too many internal faults; huren has switched itself off: the HIS carries on; call the maintainers
});
