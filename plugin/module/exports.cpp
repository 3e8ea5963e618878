// The ten functions of huren.h: each checks its arguments, finds its instance, does one thing, and names the outcome.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "core/base/text.hpp"
#include "module/content.hpp"
#include "module/guard.hpp"
#include "module/handles.hpp"
#include "module/instance.hpp"

namespace huren::module {
namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr auto kExitGrace = std::chrono::milliseconds(2000);
std::atomic<bool> exit_watched{false}, exiting{false};

template <class Body>
huren_status with(huren_handle handle, Body&& body) {
  auto table = table_for_call();
  if (!table) return fail(table.error());
  auto lease = (*table)->acquire(handle);
  if (!lease) return fail(lease.error());
  return body(*lease->operator->());
}

huren_status deliver(std::string_view text, void* buffer, std::uint32_t capacity, std::uint32_t* size) {
  if (text.size() > UINT32_MAX) return fail({"module.internal", "", {}});
  *size = static_cast<std::uint32_t>(text.size());
  if (capacity < text.size()) return fail({"module.buffer", "buffer", {std::to_string(text.size())}});
  std::memcpy(buffer, text.data(), text.size());
  if (capacity > text.size()) static_cast<char*>(buffer)[text.size()] = '\0';
  return HUREN_OK;
}

Result<void> answer_place(const void* buffer, std::uint32_t capacity, std::uint32_t* size) {
  if (!size) return Error{"module.null", "size", {"size"}};
  *size = 0;
  if (!buffer && capacity > 0) return Error{"module.null", "buffer", {"buffer"}};
  return {};
}

huren_status said(const QueryAnswer& answer) {
  if (answer.status >= 0) return answer.status;
  if (answer.error.id.empty()) return fail({"module.engine_fault", "", {}});
  static_cast<void>(fail(answer.error));
  return answer.status;
}

// Stops, waits for the calls in progress, tears down, frees the slot. On a thread of its own, so that nothing that hangs
// inside can hold the host longer than it agreed to.
struct Ending {
  HandleTable* table;
  huren_handle handle;
  std::uint32_t grace_ms;
  std::shared_ptr<Instance> instance;
  void run() {
    instance->stop(grace_ms);
    table->wait_idle(handle);
    instance.reset();  // the last reference: every lease gave its own back before it was counted out
    table->forget(handle);
  }
};

huren_status close_handle(HandleTable& table, huren_handle handle, std::uint32_t grace_ms, Deadline deadline) {
  auto ending = std::make_unique<Ending>(Ending{&table, handle, grace_ms, nullptr});
  auto instance = table.begin_close(handle);
  if (!instance) return fail(instance.error());
  ending->instance = *std::move(instance);
  const auto callbacks = ending->instance->callbacks();
  try {
    const process::QuietSignals quiet;
    auto* work = ending.get();
    std::thread([work] { std::unique_ptr<Ending>(work)->run(); }).detach();
    static_cast<void>(ending.release());
  } catch (const std::exception&) {  // no thread to be had: then here
    ending->run();
  }
  const bool gone = table.wait_forgotten(handle, deadline);
  const bool silent = callbacks->silence(deadline);
  return gone && silent ? HUREN_OK : fail({"module.closing", "", {}});
}

// A host that exits without closing: our threads end before our statics do.
void close_all_at_exit() {
  auto* table = current_table();
  if (!table || table->process() != process::id() || in_callback()) return;
  exiting = true;
  const auto deadline = std::chrono::steady_clock::now() + kExitGrace;
  for (const auto handle : table->living())
    guarded(WhenTripped::run, [&] { return close_handle(*table, handle, static_cast<std::uint32_t>(kExitGrace.count()), deadline); });
  table->wait_empty(deadline);
}

Result<std::string> config_path(const char* path) {
  if (!path) return std::string(process::kDefaultConfig);
  const std::string_view s(path, strnlen(path, kMaxPath + 1));
  if (s.empty() || s.size() > kMaxPath) return Error{"module.path", "config_path", {std::to_string(kMaxPath)}};
  if (const auto bad = invalid_utf8(s)) return Error{"module.not_utf8", "config_path", {std::to_string(*bad)}};
  return std::string(s);
}

huren_status open(std::uint32_t abi, const char* path, const huren_host* host, huren_handle* out) {
  if (abi >> 16 != HUREN_ABI_MAJOR || (abi & 0xFFFF) > HUREN_ABI_MINOR)
    return fail({"module.abi", "abi", {std::to_string(abi >> 16) + "." + std::to_string(abi & 0xFFFF),
                                       std::to_string(HUREN_ABI_MAJOR) + "." + std::to_string(HUREN_ABI_MINOR)}});
  auto copied = copy_host(host);
  if (!copied) return fail(copied.error());
  const auto where = config_path(path);
  if (!where) return fail(where.error());
  if (exiting) return fail({"module.exiting", "", {}});
  auto table = table_for_open();
  if (!table) return fail(table.error());
  const auto handle = (*table)->reserve();
  if (!handle) return fail(handle.error());
  struct Reservation {
    HandleTable* table;
    huren_handle handle;
    bool kept = false;
    ~Reservation() { if (!kept) table->abandon(handle); }
  } reservation{*table, *handle};
  auto opened = Instance::open(*where, *std::move(copied));
  if (!opened.instance) return fail_all(opened.findings);
  if (!exit_watched.exchange(true) && !process::run_at_exit(&close_all_at_exit)) exit_watched = false;  // no memory: next time
  (*table)->publish(*handle, std::move(opened.instance));
  reservation.kept = true;
  *out = *handle;
  if (auto lease = (*table)->acquire(*handle)) (*lease)->published(*handle);
  return HUREN_OK;
}

huren_status submit(Instance& instance, const char* type, const char* key, const char* content_type, const void* body, std::uint32_t size) {
  const auto type_name = identifier(type, "type");
  if (!type_name) return fail(type_name.error());
  const auto key_name = identifier(key, "key");
  if (!key_name) return fail(key_name.error());
  std::string_view content = "application/json; charset=utf-8";
  if (content_type) {
    const auto given = identifier(content_type, "content_type");
    if (!given) return fail(given.error());
    content = *given;
  }
  const auto text = bytes(body, size, instance.max_body_bytes(), "body");
  if (!text) return fail(text.error());
  if (auto known = known_event(*type_name); !known) return fail(known.error());
  if (is_json(content)) {
    if (auto fine = json_charset(content); !fine) return fail(fine.error());
    if (auto fine = json_text(*text); !fine) return fail(fine.error());
  }
  const auto appended = instance.submit(*type_name, *key_name, content, *text);
  if (!appended) return fail(appended.error());
  if (*appended == storage::Appended::conflict) return fail({"module.conflict", "key", {std::string(*type_name)}});
  return *appended == storage::Appended::stored ? HUREN_OK : HUREN_DUPLICATE;
}

}  // namespace
}  // namespace huren::module

using namespace huren;
using namespace huren::module;

extern "C" {

uint32_t HUREN_CALL huren_abi(void) { return HUREN_ABI; }

huren_status HUREN_CALL huren_open(uint32_t abi, const char* path, const huren_host* host, huren_handle* out) {
  return guarded(WhenTripped::refuse, [&] {
    if (!out) return fail({"module.null", "out", {"out"}});
    *out = 0;
    return huren::module::open(abi, path, host, out);
  });
}

huren_status HUREN_CALL huren_close(huren_handle h, uint32_t grace_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(grace_ms);
  return guarded(WhenTripped::run, [&] {
    const auto table = table_for_call();
    return table ? close_handle(**table, h, grace_ms, deadline) : fail(table.error());
  });
}

huren_status HUREN_CALL huren_submit(huren_handle h, const huren_event* event) {
  return guarded(WhenTripped::refuse, [&] {
    if (!event) return fail({"module.null", "event", {"event"}});
    constexpr auto first_size = offsetof(huren_event, body) + sizeof(event->body);
    if (event->struct_size < first_size)
      return fail({"module.struct_size", "huren_event", {std::to_string(event->struct_size), std::to_string(first_size)}});
    return with(h, [&](Instance& instance) {
      return submit(instance, event->type, event->key, event->content_type, event->body, event->body_size);
    });
  });
}

huren_status HUREN_CALL huren_submit_json(huren_handle h, const char* type, const char* key, const void* json, uint32_t json_size) {
  return guarded(WhenTripped::refuse, [&] {
    return with(h, [&](Instance& instance) { return submit(instance, type, key, nullptr, json, json_size); });
  });
}

huren_status HUREN_CALL huren_query(huren_handle h, const char* topic, const void* json, uint32_t json_size, uint32_t deadline_ms,
                                    void* buffer, uint32_t capacity, uint32_t* size) {
  return guarded(WhenTripped::refuse, [&] {
    if (auto fine = answer_place(buffer, capacity, size); !fine) return fail(fine.error());
    return with(h, [&](Instance& instance) {
      const auto name = identifier(topic, "topic");
      if (!name) return fail(name.error());
      const auto text = bytes(json, json_size, instance.max_body_bytes(), "json");
      if (!text) return fail(text.error());
      if (auto known = known_topic(*name); !known) return fail(known.error());
      if (auto fine = json_text(*text); !fine) return fail(fine.error());
      auto answer = instance.query(*name, *text, deadline_ms);
      if (answer.status != HUREN_OK) return said(answer);
      const auto status = deliver(answer.json, buffer, capacity, size);
      if (status == HUREN_E_BUFFER) instance.unanswered(*name, *text, std::move(answer));
      return status;
    });
  });
}

huren_status HUREN_CALL huren_poll(huren_handle h, uint32_t wait_ms, void* buffer, uint32_t capacity, uint32_t* size) {
  return guarded(WhenTripped::refuse, [&] {
    if (auto fine = answer_place(buffer, capacity, size); !fine) return fail(fine.error());
    return with(h, [&](Instance& instance) {
      const auto answer = instance.poll(wait_ms);
      if (answer.status != HUREN_OK) return said(answer);
      const auto status = deliver(answer.json, buffer, capacity, size);
      if (status != HUREN_OK) instance.unpoll(answer.json);
      return status;
    });
  });
}

huren_status HUREN_CALL huren_acknowledge(huren_handle h, const char* notice_id) {
  return guarded(WhenTripped::refuse, [&] {
    return with(h, [&](Instance& instance) {
      const auto id = identifier(notice_id, "notice_id");
      return id ? said(instance.acknowledge(*id)) : fail(id.error());
    });
  });
}

huren_status HUREN_CALL huren_health(huren_handle h, void* buffer, uint32_t capacity, uint32_t* size) {
  return guarded(WhenTripped::run, [&] {
    if (auto fine = answer_place(buffer, capacity, size); !fine) return fail(fine.error());
    return with(h, [&](Instance& instance) { return deliver(instance.health(), buffer, capacity, size); });
  });
}

huren_status HUREN_CALL huren_last_error(char* buffer, uint32_t capacity, uint32_t* size) {
  return copy_last_error(buffer, capacity, size);
}

}  // extern "C"
