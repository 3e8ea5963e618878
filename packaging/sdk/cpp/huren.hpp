// huren.h for C++17: one class over the ten functions.
// Promises: text is UTF-8 std::string; a failure throws Failure with huren's own words; the handle closes with the object.
// Refuses: hiding a status. submit gives HUREN_OK or HUREN_DUPLICATE, query and poll are empty where huren has no answer.
#pragma once
#include <huren/huren.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace huren_sdk {

struct Failure : std::runtime_error {
  Failure(huren_status s, const std::string& why) : std::runtime_error(std::to_string(s) + ": " + why), status(s) {}
  huren_status status;
};

class Huren {
 public:
  Huren(const std::string& config_path, const char* vendor, const char* product, const char* version) {
    huren_host host{};
    host.struct_size = sizeof host;
    host.vendor = vendor;
    host.product = product;
    host.version = version;
    check(huren_open(HUREN_ABI, config_path.c_str(), &host, &handle_));
  }
  Huren(const Huren&) = delete;
  Huren& operator=(const Huren&) = delete;
  ~Huren() { huren_close(handle_, 2000); }

  // HUREN_OK: on disk. HUREN_DUPLICATE: it already was.
  huren_status submit(const std::string& type, const std::string& key, const std::string& json) {
    return check(huren_submit_json(handle_, type.c_str(), key.c_str(), json.data(), static_cast<uint32_t>(json.size())));
  }
  // Empty when there was no answer in time: the doctor carries on.
  std::optional<std::string> query(const std::string& topic, const std::string& json, uint32_t deadline_ms) {
    return answer([&](std::string& b, uint32_t* n) {
      return huren_query(handle_, topic.c_str(), json.data(), static_cast<uint32_t>(json.size()), deadline_ms, b.data(), static_cast<uint32_t>(b.size()), n);
    });
  }
  // The next notice; it comes again until it is acknowledged.
  std::optional<std::string> poll(uint32_t wait_ms) {
    return answer([&](std::string& b, uint32_t* n) { return huren_poll(handle_, wait_ms, b.data(), static_cast<uint32_t>(b.size()), n); });
  }
  void acknowledge(const std::string& notice_id) { check(huren_acknowledge(handle_, notice_id.c_str())); }
  std::string health() {
    return answer([&](std::string& b, uint32_t* n) { return huren_health(handle_, b.data(), static_cast<uint32_t>(b.size()), n); }).value_or("");
  }

 private:
  template <class Ask>
  static std::optional<std::string> answer(Ask ask) {
    std::string buffer(64 << 10, '\0');
    uint32_t size = 0;
    huren_status status;
    while ((status = ask(buffer, &size)) == HUREN_E_BUFFER) buffer.resize(size);  // nothing was consumed
    if (check(status) != HUREN_OK) return std::nullopt;
    buffer.resize(size);
    return buffer;
  }
  static huren_status check(huren_status status) {
    if (status >= 0) return status;
    char why[8192] = "";
    uint32_t size = 0;
    huren_last_error(why, sizeof why, &size);
    throw Failure(status, why);
  }
  huren_handle handle_ = 0;
};

}  // namespace huren_sdk
