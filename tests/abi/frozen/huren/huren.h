/* huren.h - the only header a HIS vendor needs.  Plain C99, no other includes.
 *
 * Tags used on every declaration, always in this order:
 *   [thread: any | owner | plugin]  who may call it (owner: one thread at a time;
 *                                   plugin: called by huren on a huren thread)
 *   [mem: caller | huren]           who owns each buffer; a pointer is never kept
 *                                   after the call returns unless it says so
 *   [wait: none | disk | <= N]      the longest it may block
 *   [since: M.m]                    ABI in which it first appeared
 *
 * Identifiers (type, key, topic, notice_id) are printable ASCII, at most 128 bytes, so
 * they survive every host's code page.  Text lives only in bodies: UTF-8, pointer +
 * length.  Nothing in this header returns memory the host must free.  No function
 * throws, exits, aborts, prints, installs a signal handler or changes locale, cwd or
 * environment.
 *
 * Any function may also return HUREN_E_ARGUMENT (a NULL or an identifier that the rules
 * forbid), HUREN_E_HANDLE (closed, doubled, made up), HUREN_E_FORKED, HUREN_E_REENTRANT,
 * HUREN_E_BUSY (out of memory), HUREN_E_INTERNAL and HUREN_E_TRIPPED.
 *
 * Answers (query, poll, health, last_error) are written into the caller's buffer, and
 * their length without a closing 0 into *size, which must not be NULL; a closing 0
 * follows where there is room for it.  Too small a buffer (NULL with capacity 0 is one)
 * gives HUREN_E_BUFFER and the size needed in *size, and nothing is consumed.
 */
#ifndef HUREN_HUREN_H_
#define HUREN_HUREN_H_

#include <stdint.h>

#if defined(_WIN32)
#  if defined(_M_IX86) || defined(__i386__)
#    define HUREN_CALL __stdcall          /* VB6, PowerBuilder, Delphi: WINAPI or crash */
#  else
#    define HUREN_CALL                    /* x64/arm64 have one convention */
#  endif
#  if defined(HUREN_BUILDING)
#    define HUREN_API                     /* exported by huren.def, undecorated */
#  else
#    define HUREN_API __declspec(dllimport)
#  endif
#else
#  define HUREN_CALL
#  define HUREN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ABI number: (major << 16) | minor.  Same major: a newer huren serves an older host. */
#define HUREN_ABI_MAJOR 1u
#define HUREN_ABI_MINOR 0u
#define HUREN_ABI ((HUREN_ABI_MAJOR << 16) | HUREN_ABI_MINOR)

/* < 0 failed, 0 done, > 0 done with a remark.  The hundreds say who must act.
 * schemas/catalog/status.csv has a sentence for each, in Chinese and English. */
typedef int32_t huren_status;
enum {
  HUREN_OK            =    0,
  HUREN_DUPLICATE     =    1,  /* key already accepted; nothing new was stored        */
  HUREN_NO_ANSWER     =    2,  /* query: no answer in time; the HIS simply carries on */
  HUREN_EMPTY         =    3,  /* poll: nothing waiting                               */
  /* -1xx the calling code is wrong; retrying cannot help */
  HUREN_E_ARGUMENT    = -101,
  HUREN_E_ABI         = -102,
  HUREN_E_HANDLE      = -103,
  HUREN_E_ENCODING    = -104,
  HUREN_E_BUFFER      = -105,  /* *size holds the size needed */
  HUREN_E_TOO_LARGE   = -106,
  HUREN_E_FORKED      = -107,  /* opened before fork(): open again in the child */
  HUREN_E_REENTRANT   = -108,  /* called from inside a host callback */
  HUREN_E_CONFLICT    = -109,  /* this key was accepted before with another body */
  HUREN_E_SYNTAX      = -110,  /* the body is not JSON; huren_last_error tells the place */
  HUREN_E_TYPE        = -111,  /* no such event type or query topic in this huren */
  /* -2xx the machine or its set-up; retry later, tell the operator */
  HUREN_E_CONFIG      = -201,
  HUREN_E_STORE       = -202,
  HUREN_E_STORE_FULL  = -203,
  HUREN_E_BUSY        = -204,
  /* -3xx refused by policy */
  HUREN_E_DENIED      = -301,
  /* -9xx huren is wrong */
  HUREN_E_INTERNAL    = -901,
  HUREN_E_TRIPPED     = -902   /* too many internal faults: huren has switched itself off */
};

/* A small integer looked up in a table, never a pointer: a stale, doubled or made-up
 * handle gives HUREN_E_HANDLE instead of a crash.  0 is never a valid handle. */
typedef int32_t huren_handle;

/* What the host offers.  Every callback may be NULL.  huren copies the struct. */
typedef struct huren_host {
  uint32_t    struct_size;    /* sizeof(huren_host) in the host's own compiler; members
                                 that a later huren appends are read only when it covers them */
  uint32_t    reserved;       /* 0 */
  void       *user;           /* given back to every callback, never dereferenced */
  const char *vendor;         /* "Acme HIS" - for the log and the health report: UTF-8, at most
                                 128 bytes each, or NULL */
  const char *product;
  const char *version;
  /* [thread: plugin] [mem: huren] [wait: none]  Must not call back into huren. */
  void (HUREN_CALL *log)(void *user, int32_t severity, const char *message);
  /* Something is waiting for huren_poll.  A bell, not a message: it carries no data.
   * [thread: plugin] [wait: none] */
  void (HUREN_CALL *wake)(void *user, huren_handle handle);
} huren_host;

/* One thing that happened in the HIS. */
typedef struct huren_event {
  uint32_t    struct_size;
  uint32_t    body_size;
  const char *type;           /* "lab.report.released/1" - schemas/event/          */
  const char *key;            /* unique per type in this HIS; makes submit repeatable */
  const char *content_type;   /* NULL: "application/json; charset=utf-8"            */
  const void *body;
} huren_event;

/* [thread: any] [wait: none] [since: 1.0]  May be called before huren_open. */
HUREN_API uint32_t     HUREN_CALL huren_abi(void);

/* Pass HUREN_ABI as compiled into the host.  config_path is UTF-8: a folder that holds
 * local.toml, or that file itself; NULL: the installed default.  host may be NULL.  A host
 * newer than this huren is refused here (HUREN_E_ABI), at start-up, not later at the first
 * missing function.  HUREN_E_CONFIG: huren_last_error lists every fault with its line.
 * [thread: owner] [mem: caller] [wait: disk] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_open(uint32_t abi, const char *config_path,
                                             const huren_host *host, huren_handle *out);

/* Waits up to grace_ms for calls in progress.  Nothing accepted is lost by closing, and no
 * callback comes after it.  The handle is closed whatever is returned: HUREN_E_BUSY says
 * that something was still running when the time was over; it ends by itself.
 * [thread: owner] [wait: <= grace_ms] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_close(huren_handle h, uint32_t grace_ms);

/* HUREN_OK means: on disk, and will be delivered or surfaced to a person.
 * HUREN_DUPLICATE: this key came before with the same body, so all is well.
 * HUREN_E_TYPE, HUREN_E_ENCODING, HUREN_E_SYNTAX, HUREN_E_TOO_LARGE, HUREN_E_CONFLICT,
 * HUREN_E_STORE, HUREN_E_STORE_FULL: nothing was stored.  HUREN_E_BUSY: the outcome is
 * unknown; repeat with the same key.  What is wrong inside a body (a missing member, a
 * code nobody knows) comes as a notice with its place.
 * Other content types than JSON ("application/hl7-v2; charset=gb18030") are taken as bytes.
 * [thread: any] [mem: caller] [wait: disk] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_submit(huren_handle h, const huren_event *event);

/* The same for hosts that cannot build a struct (PowerBuilder, VB).
 * [thread: any] [mem: caller] [wait: disk] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_submit_json(huren_handle h, const char *type,
                                                    const char *key, const void *json,
                                                    uint32_t json_size);

/* Ask now, answer now or not at all: "order.check/1" at order entry.  HUREN_NO_ANSWER when
 * deadline_ms is over, whatever the cause: the doctor never waits.
 * [thread: any] [mem: caller] [wait: <= deadline_ms] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_query(huren_handle h, const char *topic,
                                              const void *json, uint32_t json_size,
                                              uint32_t deadline_ms, void *buffer,
                                              uint32_t capacity, uint32_t *size);

/* Next notice for the HIS (a recognised result arrived, a delivery needs a person): a JSON
 * object with notice_id, topic and body.  It comes again until acknowledged.  wait_ms 0: do
 * not wait.  HUREN_EMPTY: nothing came.  A look takes a disk write; one that another process
 * holds up is given up after a second, and what it finds later comes next time.
 * [thread: any] [mem: caller] [wait: <= wait_ms] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_poll(huren_handle h, uint32_t wait_ms, void *buffer,
                                             uint32_t capacity, uint32_t *size);
/* The HIS has taken this notice; it will not come again.
 * [thread: any] [mem: caller] [wait: disk] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_acknowledge(huren_handle h, const char *notice_id);

/* A JSON report: versions, depth, oldest age, agent state.  Holds no patient data.  An engine
 * that does not answer at once is shown as it was last.
 * [thread: any] [mem: caller] [wait: <= 500 ms] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_health(huren_handle h, void *buffer,
                                               uint32_t capacity, uint32_t *size);

/* Why the last call on this thread failed, for a log.  Holds no patient data.
 * [thread: any] [mem: caller] [wait: none] [since: 1.0] */
HUREN_API huren_status HUREN_CALL huren_last_error(char *buffer, uint32_t capacity,
                                                   uint32_t *size);

#ifdef __cplusplus
}
#endif
#endif /* HUREN_HUREN_H_ */
