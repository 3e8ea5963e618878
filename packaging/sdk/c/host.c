/* A HIS in C99, as small as it can be: a report is released, an order is placed, the doctor sees the card and decides.
 * usage: host CONFIG_FOLDER
 * JSON is written and read here by hand so that the sample needs no library; use the one that your HIS has. */
#include <huren/huren.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENT "{\"local_id\":\"P1\",\"name\":\"陈东珅\",\"sex\":\"female\",\"birth_date\":\"1949-12-31\"," \
  "\"identifiers\":[{\"type\":\"resident_id\",\"value\":\"11010519491231002X\"}]}"

static char run[16]; /* makes the keys of this run its own */
static time_t started; /* one for the whole run: the same key must come with the same body */
static char answer[1 << 16];

static const char *at(int minus_hours) { /* ISO 8601 in China's zone; four results live at a time */
  static char text[4][32];
  static int next;
  time_t moment = started + (8 - minus_hours) * 3600;
  char *out = text[next = (next + 1) % 4];
  strftime(out, sizeof text[0], "%Y-%m-%dT%H:%M:%S+08:00", gmtime(&moment));
  return out;
}

static huren_status check(huren_status status, const char *what) {
  char why[8192];
  uint32_t size = 0;
  if (status >= 0) return status;
  if (huren_last_error(why, sizeof why, &size) < 0) why[0] = 0;
  fprintf(stderr, "%s: %d %s\n", what, (int)status, why);
  exit(1);
}

static void submit(huren_handle h, const char *what, const char *type, const char *key, const char *json) {
  huren_status status = check(huren_submit_json(h, type, key, json, (uint32_t)strlen(json)), what);
  printf("%s %s\n", what, status == HUREN_OK ? "OK" : "DUPLICATE");
}

static const char *report(const char *number, const char *value) {
  static char json[4096];
  snprintf(json, sizeof json,
           "{\"report\":{\"origin\":{\"code\":\"HB-COUNTY-01\",\"name\":\"县医院\"},\"number\":\"%s\",\"version\":1,\"status\":\"final\","
           "\"panel\":{\"code\":\"SH01\",\"name\":\"生化\"},\"category\":\"生化\",\"patient\":" PATIENT ",\"patient_class\":\"outpatient\","
           "\"specimen\":{\"id\":\"B1\",\"type\":{\"code\":\"serum\",\"name\":\"血清\",\"system\":\"HUREN\"},\"collected_at\":\"%s\"},"
           "\"observations\":[{\"set_id\":\"1\",\"local\":{\"code\":\"GLU01\",\"name\":\"葡萄糖\"},\"value_type\":\"NM\",\"value\":\"%s\","
           "\"unit\":\"mmol/L\",\"range\":{\"text\":\"3.9-6.1\",\"low\":3.9,\"high\":6.1},\"status\":\"final\",\"marks\":[\"鄂HR\"],"
           "\"performer\":{\"code\":\"HB-COUNTY-01\",\"name\":\"检验科\"}}],\"author\":{\"id\":\"L7\",\"name\":\"李强\"},"
           "\"verifier\":{\"id\":\"L2\",\"name\":\"周海\"},\"reported_at\":\"%s\"}}",
           number, at(2), value, at(1));
  return json;
}

static const char *visit(const char *rest) {
  static char json[4096];
  snprintf(json, sizeof json, "{\"patient_id\":\"P1\",\"encounter_id\":\"E%s\",\"department\":\"内分泌科\",\"doctor\":{\"id\":\"D1027\",\"name\":\"赵敏\"},%s}", run, rest);
  return json;
}

/* The text from the first `name":` after `from` up to the character that closes it; empty when there is none. */
static const char *member(const char *from, const char *name, char open, char close) {
  static char found[4][1024];
  static int next;
  char key[64], *out = found[next = (next + 1) % 4];
  const char *p;
  size_t n = 0;
  snprintf(key, sizeof key, "\"%s\":%c", name, open);
  p = from ? strstr(from, key) : NULL;
  for (p = p ? p + strlen(key) : ""; *p && *p != close && n + 1 < sizeof found[0]; ++p) out[n++] = *p;
  out[n] = 0;
  return out;
}

int main(int argc, char **argv) {
  char key[64], rest[2048];
  uint32_t size = 0;
  huren_host host;
  huren_handle h = 0;
  time_t now = (started = time(NULL)) + 8 * 3600;
  if (argc != 2) return 2;
  strftime(run, sizeof run, "%Y%m%d%H%M%S", gmtime(&now));
  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.vendor = "Sample";
  host.product = "C HIS";
  host.version = "1";
  check(huren_open(HUREN_ABI, argv[1], &host, &h), "open");

  snprintf(key, sizeof key, "P1-%s", run);
  submit(h, "patient", "patient.registered/1", key, "{\"patient\":" PATIENT "}");
  snprintf(key, sizeof key, "E%s", run);
  snprintf(rest, sizeof rest, "\"patient_class\":\"outpatient\",\"at\":\"%s\"", at(0));
  submit(h, "encounter", "encounter.started/1", key, visit(rest));
  snprintf(key, sizeof key, "R%s/1", run);
  snprintf(rest, sizeof rest, "R%s", run);
  submit(h, "report", "lab.report.released/1", key, report(rest, "5.42"));
  submit(h, "again", "lab.report.released/1", key, report(rest, "5.42"));

  snprintf(rest, sizeof rest, "\"orders\":[{\"order_id\":\"O%s\",\"item\":{\"code\":\"GLU01\",\"name\":\"葡萄糖\"}}]", run);
  { /* HUREN_NO_ANSWER: none in time; the doctor carries on */
    const char *json = visit(rest);
    if (check(huren_query(h, "order.check/1", json, (uint32_t)strlen(json), 2000, answer, sizeof answer, &size), "query") == HUREN_OK &&
        *member(answer, "summary", '"', '"')) {
      printf("card %s %s\n", member(answer, "outcome", '"', '"'), member(answer, "summary", '"', '"'));
      snprintf(key, sizeof key, "D%s", run);
      snprintf(rest, sizeof rest,
               "\"decision_id\":\"D%s\",\"suggestion_id\":\"%s\",\"order_id\":\"O%s\",\"order_item\":\"GLU01\",\"outcome\":\"accepted\","
               "\"result_ids\":[%s],\"at\":\"%s\"",
               run, member(strstr(answer, "\"suggestions\""), "uuid", '"', '"'), run, member(answer, "result_ids", '[', ']'), at(0));
      submit(h, "decided", "recognition.decided/1", key, visit(rest));
    }
  }

  snprintf(key, sizeof key, "F%s/1", run);
  snprintf(rest, sizeof rest, "F%s", run);
  submit(h, "faulty report", "lab.report.released/1", key, report(rest, ""));
  /* the text for the record; then what was wrong in a body, with its place */
  while (check(huren_poll(h, 2000, answer, sizeof answer, &size), "poll") == HUREN_OK) {
    const char *topic = member(answer, "topic", '"', '"'), *where = member(answer, "where", '"', '"');
    printf("notice %s%s%s\n", topic, *where ? " " : "", where);
    check(huren_acknowledge(h, member(answer, "notice_id", '"', '"')), "acknowledge");
    if (strcmp(topic, "event.rejected/1") == 0) break;
  }
  check(huren_close(h, 2000), "close");
  puts("closed");
  return 0;
}
