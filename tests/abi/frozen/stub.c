/* The ten functions with empty bodies: something that abidiff can read a header's types from. */
#include <huren/huren.h>

uint32_t HUREN_CALL huren_abi(void) { return HUREN_ABI; }
huren_status HUREN_CALL huren_open(uint32_t abi, const char *config_path, const huren_host *host, huren_handle *out) {
  (void)abi; (void)config_path; (void)host; (void)out;
  return HUREN_OK;
}
huren_status HUREN_CALL huren_close(huren_handle h, uint32_t grace_ms) { (void)h; (void)grace_ms; return HUREN_OK; }
huren_status HUREN_CALL huren_submit(huren_handle h, const huren_event *event) { (void)h; (void)event; return HUREN_OK; }
huren_status HUREN_CALL huren_submit_json(huren_handle h, const char *type, const char *key, const void *json, uint32_t json_size) {
  (void)h; (void)type; (void)key; (void)json; (void)json_size;
  return HUREN_OK;
}
huren_status HUREN_CALL huren_query(huren_handle h, const char *topic, const void *json, uint32_t json_size, uint32_t deadline_ms,
                                    void *buffer, uint32_t capacity, uint32_t *size) {
  (void)h; (void)topic; (void)json; (void)json_size; (void)deadline_ms; (void)buffer; (void)capacity; (void)size;
  return HUREN_OK;
}
huren_status HUREN_CALL huren_poll(huren_handle h, uint32_t wait_ms, void *buffer, uint32_t capacity, uint32_t *size) {
  (void)h; (void)wait_ms; (void)buffer; (void)capacity; (void)size;
  return HUREN_OK;
}
huren_status HUREN_CALL huren_acknowledge(huren_handle h, const char *notice_id) { (void)h; (void)notice_id; return HUREN_OK; }
huren_status HUREN_CALL huren_health(huren_handle h, void *buffer, uint32_t capacity, uint32_t *size) {
  (void)h; (void)buffer; (void)capacity; (void)size;
  return HUREN_OK;
}
huren_status HUREN_CALL huren_last_error(char *buffer, uint32_t capacity, uint32_t *size) {
  (void)buffer; (void)capacity; (void)size;
  return HUREN_OK;
}
