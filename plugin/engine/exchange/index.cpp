#include "engine/exchange/index.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/reports.hpp"

namespace huren::engine::exchange {
namespace {

constexpr std::size_t kLeastKeyBytes = 32;
constexpr std::string_view kPrefix = "index:";

std::string keyed(const std::string& key, std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text.append(part).push_back('\0');
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    constexpr const char* digits = "0123456789abcdef";
    out += digits[mac[i] >> 4];
    out += digits[mac[i] & 15];
  }
  return out;
}

}  // namespace

Result<std::string> read_key(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  auto key = bytes.str();
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();  // an editor's line end is not part of it
  if (!in || key.size() < kLeastKeyBytes) return Error{"exchange.key_unreadable", "exchange.key_file", {}};
  std::error_code ec;
  const auto rights = std::filesystem::status(path, ec).permissions();
  if (ec || (rights & std::filesystem::perms::others_read) != std::filesystem::perms::none) return Error{"exchange.key_open", "exchange.key_file", {}};
  return key;
}

// The birth date goes in: a number typed wrongly at one hospital must not point to somebody else.
std::vector<std::string> tokens_of(const std::string& key, const model::Patient& patient) {
  std::vector<std::string> out;
  if (key.empty() || !patient.birth_date.present()) return out;
  for (const auto& [type, value] : verified_ids(patient)) {
    if (out.size() == mapping::kMostIdentifiers) break;
    out.push_back(keyed(key, {"person/1", type, value, to_iso_date(patient.birth_date)}));
  }
  return out;
}

std::string handle_of(const std::string& key, const std::string& origin, const std::string& number) {
  return keyed(key, {"report/1", origin, number}).substr(0, 32);
}

Result<void> send_index(store::Unit& unit, const Context& context, const store::ReportRow& row, const model::LabReport& report,
                        const config::Partner& partner, bool withdrawn) {
  if (!partner.huren || context.index_key.empty()) return {};
  mapping::IndexMessage entry{.handle = handle_of(context.index_key, row.origin, row.number), .version = row.version, .withdrawn = withdrawn,
                              .tokens = {}, .items = {}, .collected_at = report.specimen.collected_at};
  if (!withdrawn) {
    entry.tokens = tokens_of(context.index_key, report.patient);
    for (const auto& o : report.observations) {
      const auto& item = o.standard.code;
      const bool agreed = std::any_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
        return a.partner == partner.code && a.mode == "index" && a.send && (a.items.empty() || std::find(a.items.begin(), a.items.end(), item) != a.items.end());
      });
      if (!item.empty() && agreed && std::find(entry.items.begin(), entry.items.end(), item) == entry.items.end()) entry.items.push_back(item);
    }
    // Nobody could find it or use it.
    if (entry.tokens.empty() || entry.items.empty() || !entry.collected_at.present()) return {};
  }
  const auto now = context.clock.now_ms();
  const auto control_id = new_control_id(now);
  auto bytes = mapping::write_index(entry, {.control_id = control_id, .sender = context.config.hospital.code, .receiver = partner.hospital.code, .at = context.now()});
  if (!bytes) return bytes.error();
  if (auto r = unit.put_disclosure({.subject = subject_of(row.origin, row.number), .partner = partner.code, .how = "index", .query = control_id, .at_ms = now}); !r)
    return r;
  return unit.enqueue({.id = 0, .message_id = control_id, .partner = partner.code, .type = "ZIX^Z11", .content_type = "application/hl7-v2; charset=utf-8",
                       .body = std::move(*bytes), .order_key = row.patient_id, .subject = "index:" + entry.handle, .lane = 1,
                       .state = store::OutboxState::waiting, .attempts = 0, .next_ms = 0, .created_ms = now, .changed_ms = now, .remark = ""});
}

Result<void> apply_index(store::Unit& unit, const Context& context, const std::string& partner, const mapping::IndexMessage& entry) {
  store::IndexRow row{.partner = partner, .handle = entry.handle, .version = entry.version, .tokens = entry.tokens, .items = entry.items,
                      .collected_ms = entry.collected_at.epoch_ms, .at_ms = context.clock.now_ms()};
  if (entry.withdrawn) {
    row.tokens.clear();
    row.items.clear();
  }
  auto newer = unit.put_index(row);
  return newer ? Result<void>() : Result<void>(newer.error());
}

Result<std::vector<store::IndexEntry>> elsewhere(store::Reader& reader, const Context& context, const model::Patient& patient, std::int64_t since_ms) {
  const auto tokens = tokens_of(context.index_key, patient);
  if (tokens.empty()) return std::vector<store::IndexEntry>();
  auto entries = reader.index_entries(tokens, since_ms);
  if (entries)  // a partner that has left the configuration, or from whom nothing is received any more, is not shown
    std::erase_if(*entries, [&](const store::IndexEntry& e) {
      return std::none_of(context.config.agreements.begin(), context.config.agreements.end(), [&](const model::Agreement& a) {
        return a.partner == e.partner && a.receive && a.mode == "index" && in_force(a, context.today());
      });
    });
  return entries;
}

Result<std::string> held_as(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& partner, const std::string& handle) {
  auto reports = reader.reports_of(patient_id);
  if (!reports) return reports.error();
  for (const auto& r : *reports)
    if (r.source == partner && r.current && handle_of(context.index_key, r.origin, r.number) == handle) return r.id;
  return std::string();
}

std::string entry_id(const store::IndexEntry& entry) { return std::string(kPrefix) + entry.partner + ":" + entry.handle; }

bool split_entry_id(const std::string& id, std::string& partner, std::string& handle) {
  const auto colon = id.rfind(':');
  if (!id.starts_with(kPrefix) || colon < kPrefix.size()) return false;
  partner = id.substr(kPrefix.size(), colon - kPrefix.size());
  handle = id.substr(colon + 1);
  return true;
}

}  // namespace huren::engine::exchange
