/* A small HIS process for the demo and the flow tests: loads the module as a vendor would, by dlopen of the C ABI.
 * usage: huren-demo-host LIBHUREN CONFIG_DIR
 * Reads one command a line and answers each with one line "STATUS BODY" (BODY: JSON or text without line ends):
 *   submit TYPE KEY JSON | bytes TYPE KEY CONTENT_TYPE FILE | query TOPIC DEADLINE_MS JSON | poll WAIT_MS | ack NOTICE_ID | health | close
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "huren/huren.h"

#define LINE_SIZE (10u << 20)
#define ANSWER_SIZE (4u << 20)

static uint32_t (*p_abi)(void);
static huren_status (*p_open)(uint32_t, const char *, const huren_host *, huren_handle *);
static huren_status (*p_close)(huren_handle, uint32_t);
static huren_status (*p_submit)(huren_handle, const huren_event *);
static huren_status (*p_submit_json)(huren_handle, const char *, const char *, const void *, uint32_t);
static huren_status (*p_query)(huren_handle, const char *, const void *, uint32_t, uint32_t, void *, uint32_t, uint32_t *);
static huren_status (*p_poll)(huren_handle, uint32_t, void *, uint32_t, uint32_t *);
static huren_status (*p_acknowledge)(huren_handle, const char *);
static huren_status (*p_health)(huren_handle, void *, uint32_t, uint32_t *);
static huren_status (*p_last_error)(char *, uint32_t, uint32_t *);

/* ISO C has no cast from an object pointer to a function pointer; the bytes are the same on every system with dlopen. */
static void find(void *module, const char *name, void *into) {
  void *symbol = dlsym(module, name);
  if (!symbol) {
    fprintf(stderr, "no %s in the module\n", name);
    exit(2);
  }
  memcpy(into, &symbol, sizeof symbol);
}

static void say(huren_status status, const char *body, uint32_t size) {
  char why[8192];
  uint32_t why_size = 0, i;
  printf("%d ", status);
  if (status < 0) {
    if (p_last_error(why, sizeof why, &why_size) == HUREN_OK)
      for (i = 0; i < why_size && why[i]; ++i) putchar(why[i] == '\n' ? ' ' : why[i]);
  } else {
    for (i = 0; i < size; ++i) putchar(body[i] == '\n' ? ' ' : body[i]);
  }
  putchar('\n');
  fflush(stdout);
}

static char *word(char **rest) {
  char *start = *rest;
  char *end = strchr(start, ' ');
  if (end) {
    *end = 0;
    *rest = end + 1;
  } else {
    *rest = start + strlen(start);
  }
  return start;
}

static huren_status submit_bytes(huren_handle h, const char *type, const char *key, const char *content_type, const char *path) {
  static char body[1u << 20];
  huren_event event;
  FILE *file = fopen(path, "rb");
  if (!file) return HUREN_E_ARGUMENT;
  memset(&event, 0, sizeof event);
  event.struct_size = sizeof event;
  event.body_size = (uint32_t)fread(body, 1, sizeof body, file);
  fclose(file);
  event.type = type;
  event.key = key;
  event.content_type = content_type;
  event.body = body;
  return p_submit(h, &event);
}

int main(int argc, char **argv) {
  char *line = malloc(LINE_SIZE), *answer = malloc(ANSWER_SIZE);
  huren_handle handle = 0;
  huren_host host;
  huren_status status;
  void *module;
  if (argc != 3 || !line || !answer) return 2;
  module = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  find(module, "huren_abi", &p_abi);
  find(module, "huren_open", &p_open);
  find(module, "huren_close", &p_close);
  find(module, "huren_submit", &p_submit);
  find(module, "huren_submit_json", &p_submit_json);
  find(module, "huren_query", &p_query);
  find(module, "huren_poll", &p_poll);
  find(module, "huren_acknowledge", &p_acknowledge);
  find(module, "huren_health", &p_health);
  find(module, "huren_last_error", &p_last_error);

  memset(&host, 0, sizeof host);
  host.struct_size = sizeof host;
  host.vendor = "huren";
  host.product = "demo host";
  host.version = "1";
  status = p_open(HUREN_ABI, argv[2], &host, &handle);
  say(status, "open", 4);
  if (status != HUREN_OK) return 1;

  while (fgets(line, LINE_SIZE, stdin)) {
    char *rest = line, *verb, *a, *b, *c;
    uint32_t size = 0;
    line[strcspn(line, "\n")] = 0;
    verb = word(&rest);
    if (strcmp(verb, "submit") == 0) {
      a = word(&rest);
      b = word(&rest);
      say(p_submit_json(handle, a, b, rest, (uint32_t)strlen(rest)), "", 0);
    } else if (strcmp(verb, "bytes") == 0) {
      a = word(&rest);
      b = word(&rest);
      c = word(&rest);
      while (strchr(c, '_')) *strchr(c, '_') = ' '; /* "application/hl7-v2;_charset=gb18030" */
      say(submit_bytes(handle, a, b, c, rest), "", 0);
    } else if (strcmp(verb, "query") == 0) {
      a = word(&rest);
      b = word(&rest);
      status = p_query(handle, a, rest, (uint32_t)strlen(rest), (uint32_t)atoi(b), answer, ANSWER_SIZE, &size);
      say(status, answer, size);
    } else if (strcmp(verb, "poll") == 0) {
      status = p_poll(handle, (uint32_t)atoi(rest), answer, ANSWER_SIZE, &size);
      say(status, answer, status == HUREN_OK ? size : 0);
    } else if (strcmp(verb, "ack") == 0) {
      say(p_acknowledge(handle, rest), "", 0);
    } else if (strcmp(verb, "health") == 0) {
      status = p_health(handle, answer, ANSWER_SIZE, &size);
      say(status, answer, size);
    } else if (strcmp(verb, "close") == 0) {
      break;
    } else {
      say(HUREN_E_ARGUMENT, "", 0);
    }
  }
  status = p_close(handle, 5000);
  say(status, "closed", 6);
  free(line);
  free(answer);
  return status == HUREN_OK ? 0 : 1;
}
