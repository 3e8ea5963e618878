/* A host that was compiled against the frozen header: host CONFIG_DIR does a day's work and gives 0 when all went well. */
#include <huren/huren.h>
#include <stdio.h>
#include <string.h>

static int rung;
static void HUREN_CALL on_wake(void *user, huren_handle handle) {
  (void)handle;
  ++*(int *)user;
}

static int failed(const char *what, huren_status got) {
  char why[4096];
  uint32_t size = 0;
  if (huren_last_error(why, sizeof why, &size) != HUREN_OK) size = 0;
  fprintf(stderr, "%s gave %d: %.*s\n", what, (int)got, (int)size, why);
  return 1;
}

int main(int argc, char **argv) {
  const char *report = "{\"number\":\"R1\"}";
  char answer[4096];
  uint32_t size = 0;
  huren_handle h = 0;
  huren_status s;
  huren_host host;
  huren_event event;
  if (argc != 2) return 2;

  memset(&host, 0, sizeof host);
  host.struct_size = (uint32_t)sizeof host;
  host.user = &rung;
  host.vendor = "Acme HIS";
  host.wake = on_wake;
  s = huren_open(HUREN_ABI, argv[1], &host, &h);
  if (s != HUREN_OK) return failed("huren_open", s);

  memset(&event, 0, sizeof event);
  event.struct_size = (uint32_t)sizeof event;
  event.type = "lab.report.released/1";
  event.key = "R1.1";
  event.body = report;
  event.body_size = (uint32_t)strlen(report);
  if ((s = huren_submit(h, &event)) != HUREN_OK) return failed("huren_submit", s);
  s = huren_submit_json(h, event.type, event.key, report, event.body_size);
  if (s != HUREN_DUPLICATE) return failed("huren_submit_json", s);
  s = huren_query(h, "order.check/1", "{\"do\":\"notice\"}", 15, 10000, answer, sizeof answer, &size);
  if (s != HUREN_OK) return failed("huren_query", s);
  if ((s = huren_poll(h, 10000, answer, sizeof answer, &size)) != HUREN_OK) return failed("huren_poll", s);
  if ((s = huren_acknowledge(h, "n1")) != HUREN_OK) return failed("huren_acknowledge", s);
  if ((s = huren_health(h, answer, sizeof answer, &size)) != HUREN_OK) return failed("huren_health", s);
  if ((s = huren_submit_json(h, "x", "y", "{}", 2)) != HUREN_E_TYPE) return failed("an unknown type", s);
  if ((s = huren_close(h, 10000)) != HUREN_OK) return failed("huren_close", s);
  return 0;
}
