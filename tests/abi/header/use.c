/* Every name of huren.h, used once, in the common subset of C99 and C++11. */
#include <huren/huren.h>

int use(void);

int use(void) {
  huren_handle h = 0;
  huren_host host = {0, 0, 0, 0, 0, 0, 0, 0};
  huren_event event = {0, 0, 0, 0, 0, 0};
  uint32_t size = 0;
  char buffer[8];
  huren_status s = HUREN_OK;
  host.struct_size = (uint32_t)sizeof host;
  event.struct_size = (uint32_t)sizeof event;
  if (huren_abi() != HUREN_ABI) return 1;
  s += huren_open(HUREN_ABI, "x", &host, &h);
  s += huren_submit(h, &event);
  s += huren_submit_json(h, "t", "k", "{}", 2);
  s += huren_query(h, "t", "{}", 2, 1, buffer, sizeof buffer, &size);
  s += huren_poll(h, 0, buffer, sizeof buffer, &size);
  s += huren_acknowledge(h, "n");
  s += huren_health(h, buffer, sizeof buffer, &size);
  s += huren_last_error(buffer, sizeof buffer, &size);
  s += huren_close(h, 0);
  return s == HUREN_E_TRIPPED + HUREN_DUPLICATE + HUREN_NO_ANSWER + HUREN_EMPTY + HUREN_E_SYNTAX + HUREN_E_TYPE;
}
