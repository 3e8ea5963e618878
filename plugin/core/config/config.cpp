// From checked values to Config, and the faults that only show when tables are seen together.
#include "core/config/config.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/text.hpp"
#include "core/config/values.hpp"

namespace huren::config {
namespace {

class Builder {
 public:
  Builder(std::string_view file_name, Sections&& sections) : file_name_(file_name), sections_(std::move(sections)) {}

  Parsed build() {
    config_.hospital = hospital(sections_.one("hospital"), "code");
    engine();
    // Without the table there is no listener, whatever its keys' defaults are.
    if (const auto& listener = sections_.one("listener"); listener.line > 0) config_.listener = options(listener, {});
    for (const auto& s : sections_.rows) {
      if (s.table == "partner") partner(s);
      if (s.table == "feed") feed(s);
    }
    for (const auto& s : sections_.rows) {
      if (s.table == "agreement") agreement(s);
      if (s.table == "feed" && !text(s, "relay_to").empty()) known_partner(s, text(s, "relay_to"), "relay_to");
    }
    together();
    // In the order of the file: toml++ hands tables out by name.
    std::stable_sort(sections_.findings.begin(), sections_.findings.end(),
                     [](const Finding& a, const Finding& b) { return line_number(a.error.where) < line_number(b.error.where); });
    return {std::move(config_), std::move(sections_.findings)};
  }

 private:
  static int line_number(std::string_view where) {
    const auto colon = where.rfind(':');
    int line = 0;
    if (colon != where.npos) std::from_chars(where.data() + colon + 1, where.data() + where.size(), line);
    return line;
  }
  static std::string text(const Section& s, const char* key) {
    const auto found = s.values.find(key);
    return found == s.values.end() ? std::string() : found->second.text;
  }
  static bool given(const Section& s, const char* key) { return s.values.contains(key); }  // perhaps with a wrong value
  static int line(const Section& s, const char* key) {
    const auto found = s.values.find(key);
    return found == s.values.end() || found->second.line == 0 ? s.line : found->second.line;
  }
  // Which adapters there are shows only when they are loaded; the fault is told here all the same.
  std::string adapter_at(const Section& s) const {
    return at(file_name_, line(s, "adapter")) + " " + s.table + (s.name.empty() ? "" : "." + s.name) + ".adapter";
  }
  static std::int64_t number(const Section& s, const char* key) {
    const auto t = text(s, key);
    return t.empty() ? 0 : std::stoll(t);  // values.cpp let only numbers through
  }
  static int small(const Section& s, const char* key) { return static_cast<int>(number(s, key)); }
  static bool flag(const Section& s, const char* key) { return text(s, key) == "true"; }

  static bool loopback(std::string_view address) {  // the figures go out in the clear and to anybody who asks
    const auto host = address.substr(0, address.rfind(':'));
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
  }

  static std::map<std::string, int> numbers(const std::string& pairs) {  // "GLU=30,TC=14"
    std::map<std::string, int> out;
    for (const auto pair : split(pairs, ','))
      if (const auto equals = pair.find('='); equals != pair.npos) out[std::string(pair.substr(0, equals))] = std::stoi(std::string(pair.substr(equals + 1)));
    return out;
  }

  static Options options(const Section& s, const std::set<std::string_view>& consumed) {
    Options out;
    for (const auto& [key, value] : s.values)
      if (!consumed.contains(key)) out.emplace(key, value.text);
    return out;
  }

  static int offset_minutes(const std::string& zone) {  // "+08:00"
    if (zone.size() != 6) return 480;
    const int minutes = std::stoi(zone.substr(1, 2)) * 60 + std::stoi(zone.substr(4));
    return zone[0] == '-' ? -minutes : minutes;
  }

  static model::Hospital hospital(const Section& s, const char* code_key) {
    return {text(s, code_key), text(s, "name"), text(s, "region"), small(s, "level"), offset_minutes(text(s, "zone"))};
  }

  void engine() {
    const auto& e = sections_.one("engine");
    config_.mode = text(e, "mode");
    config_.engine_path = text(e, "path");
    config_.adapter_dir = text(e, "adapter_dir");
    config_.log_level = text(e, "log_level");
    const auto& store = sections_.one("store");
    config_.data_dir = text(store, "directory");
    config_.store_adapter = text(store, "adapter");
    config_.store_adapter_at = adapter_at(store);
    config_.store_options = options(store, {"adapter", "keep_days"});
    config_.keep_days = small(store, "keep_days");
    const auto& spool = sections_.one("spool");
    config_.spool_dir = text(spool, "directory");
    const auto& agent = sections_.one("agent");
    config_.agent = {text(agent, "socket"), text(agent, "group"), {}};
    const auto users = text(agent, "users");
    for (const auto user : split(users, ','))
      if (!user.empty()) config_.agent.users.emplace_back(user);
    const auto& metrics = sections_.one("metrics");
    config_.metrics_listen = text(metrics, "listen");
    if (!config_.metrics_listen.empty() && !loopback(config_.metrics_listen))
      add(line(metrics, "listen"), "config.metrics_not_loopback", {config_.metrics_listen});
    const auto& console = sections_.one("console");
    config_.console = {.listen = text(console, "listen"), .certificate = text(console, "certificate"), .private_key = text(console, "private_key"),
                       .address = text(console, "address"), .idle_minutes = small(console, "idle_minutes"), .link_seconds = small(console, "link_seconds")};
    while (config_.console.address.ends_with('/')) config_.console.address.pop_back();
    if (config_.console.certificate.empty() != config_.console.private_key.empty()) add(console.line, "config.key_without_certificate", {"[console]"});
    if (!config_.console.listen.empty() && config_.console.certificate.empty() && !loopback(config_.console.listen))
      add(line(console, "listen"), "config.console_in_the_clear", {config_.console.listen});
    config_.submit_timeout_ms = small(spool, "submit_timeout_ms");
    config_.max_body_bytes = number(spool, "max_body_bytes");
    const auto& codes = sections_.one("codes");
    config_.local_items = text(codes, "local_items");
    config_.prices = text(codes, "prices");
    const auto& signing = sections_.one("signing");
    config_.signing = {text(signing, "certificate"), text(signing, "private_key"), text(signing, "authority"), text(signing, "crl")};
    if (config_.signing.certificate.empty() != config_.signing.private_key.empty()) add(signing.line, "config.key_without_certificate", {"[signing]"});
    const auto& document = sections_.one("document");
    config_.transfer_template = text(document, "transfer_template");
    config_.transfer_code = text(document, "transfer_code");
    const auto& recognition = sections_.one("recognition");
    config_.ignored_after_minutes = small(recognition, "ignored_after_minutes");
    config_.escalate_after_minutes = small(recognition, "escalate_after_minutes");
    config_.quality_manager = text(recognition, "quality_manager");
    const auto& delivery = sections_.one("delivery");
    config_.retry_first_ms = small(delivery, "retry_first_ms");
    config_.retry_ceiling_ms = small(delivery, "retry_ceiling_ms");
    config_.max_attempts = small(delivery, "max_attempts");
    config_.deliver_timeout_ms = small(delivery, "deliver_timeout_ms");
    const auto& exchange = sections_.one("exchange");
    config_.exchange = {.key_file = text(exchange, "key_file"), .ask_timeout_ms = small(exchange, "ask_timeout_ms"),
                        .ask_within_ms = small(exchange, "ask_within_ms"), .questions_per_minute = small(exchange, "questions_per_minute"),
                        .backfill_per_minute = small(exchange, "backfill_per_minute"), .reconcile_hour = small(exchange, "reconcile_hour"),
                        .reconcile_days = small(exchange, "reconcile_days")};
    if (config_.retry_ceiling_ms < config_.retry_first_ms) add(line(delivery, "retry_ceiling_ms"), "config.retry_reversed", {});
  }

  void partner(const Section& s) {
    Partner p;
    p.code = s.name;
    p.hospital = hospital(s, "organisation");
    p.adapter = text(s, "adapter");
    p.adapter_at = adapter_at(s);
    p.deduplicates = flag(s, "deduplicates");
    p.huren = flag(s, "huren");
    p.cda_mode = text(s, "cda_mode");
    for (const auto* key : {"signer_sha256", "next_signer_sha256"})
      if (auto pin = text(s, key); !pin.empty()) p.signers.push_back(std::move(pin));
    p.orders = flag(s, "orders");
    p.enhanced = text(s, "acknowledgement") == "enhanced";
    p.application_ack_timeout_ms = small(s, "application_ack_timeout_ms");
    p.profile = text(s, "profile");
    p.packed = flag(s, "packed");
    p.concurrency = small(s, "concurrency");
    p.window = small(s, "window");
    p.time_to_live_hours = numbers(text(s, "time_to_live_hours"));
    p.options = options(s, {"organisation", "name", "region", "level", "zone", "adapter", "deduplicates", "huren", "cda_mode", "signer_sha256", "next_signer_sha256", "orders", "packed", "concurrency", "window", "time_to_live_hours", "acknowledgement",
                            "application_ack_timeout_ms", "profile"});
    config_.partners.push_back(std::move(p));
  }

  void feed(const Section& s) {
    static constexpr const char* ways[] = {"listen", "directory", "connection_file", "vendor_address"};
    if (std::none_of(std::begin(ways), std::end(ways), [&](const char* way) { return given(s, way); })) add(s.line, "config.feed_without_source", {s.name});
    if (given(s, "certificate") != given(s, "private_key"))
      add(s.line, "config.key_without_certificate", {"[feed." + s.name + "]"});
    config_.feeds.push_back({s.name, text(s, "adapter"), text(s, "mapping"), text(s, "relay_to"), text(s, "profile"), options(s, {"adapter", "mapping", "relay_to", "profile"}), adapter_at(s)});
  }

  void agreement(const Section& s) {
    model::Agreement a;
    a.id = s.name;
    a.partner = text(s, "partner");
    a.from = parse_date(text(s, "from")).value_or(Date{});
    a.to = parse_date(text(s, "to")).value_or(Date{});
    a.send = flag(s, "send");
    a.receive = flag(s, "receive");
    a.mode = text(s, "mode");
    a.basis = text(s, "basis");
    a.all_items = flag(s, "all_items");
    const auto items = text(s, "items");
    for (const auto item : split(items, ','))
      if (!item.empty()) a.items.emplace_back(item);
    a.window_days = numbers(text(s, "window_days"));
    a.window_base = text(s, "window_base");
    a.min_level = small(s, "min_level");
    a.signature = text(s, "signature");
    if (a.signature == "required" && a.send && config_.signing.private_key.empty()) add(line(s, "signature"), "config.signature_without_key", {s.name});
    a.backfill_days = small(s, "backfill_days");
    if (a.mode == "index" && config_.exchange.key_file.empty()) add(line(s, "mode"), "config.index_without_key", {s.name});
    int rank = 0;
    for (const char* priority : {"routine", "urgent", "critical"}) {
      a.answer_minutes[rank] = small(s, (std::string("answer_minutes_") + priority).c_str());
      a.reading_minutes[rank++] = small(s, (std::string("reading_minutes_") + priority).c_str());
    }
    a.referral_days = small(s, "referral_days");
    a.package_days = small(s, "package_days");
    a.attachment_max_bytes = small(s, "attachment_max_bytes");
    const auto summary = text(s, "summary_items");
    for (const auto item : split(summary, ','))
      if (!item.empty()) a.summary_items.emplace_back(item);
    if (!a.partner.empty()) known_partner(s, a.partner);
    if (a.from.present() && a.to.present() && to_iso_date(a.to) < to_iso_date(a.from)) add(line(s, "to"), "config.dates_reversed", {s.name});
    config_.agreements.push_back(std::move(a));
  }

  void known_partner(const Section& s, const std::string& code, const char* key = "partner") {
    std::vector<std::string_view> codes;
    for (const auto& p : config_.partners) codes.push_back(p.code);
    if (std::find(codes.begin(), codes.end(), code) != codes.end()) return;
    if (const auto close = closest(code, codes); !close.empty())
      add(line(s, key), "config.unknown_partner_near", {s.name, code, std::string(close)});
    else
      add(line(s, key), "config.unknown_partner", {s.name, code});
  }

  // Faults between tables: one hospital twice, one port twice, TLS without a certificate.
  void together() {
    std::set<std::string> organisations{config_.hospital.code}, addresses;
    bool tls = false;
    const auto once = [&](const Section& s) {
      const auto address = text(s, "listen");
      if (address.empty() || address.ends_with(":0")) return;  // port 0: the system picks one
      if (!addresses.insert(address).second) add(line(s, "listen"), "config.address_twice", {address});
    };
    const auto& listener = sections_.one("listener");
    once(listener);
    for (const auto& s : sections_.rows) {
      if (s.table == "feed") once(s);
      if (s.table != "partner") continue;
      tls = tls || ((text(s, "adapter") == "partner.mllp" || text(s, "adapter") == "partner.https") && text(s, "tls") != "false");
      const auto code = text(s, "organisation");
      if (!code.empty() && !organisations.insert(code).second) add(line(s, "organisation"), "config.organisation_twice", {code});
    }
    if (!tls && !given(listener, "listen") && !given(listener, "https_listen")) return;
    for (const auto* key : {"certificate", "private_key", "trust"}) {
      if (given(listener, key)) continue;
      for (const auto& row : declared())
        if (row.key == std::string("listener.") + key) add(listener.line, "config.missing_key", {row.key, row.help_zh, row.help_en});
    }
  }

  void add(int line, std::string_view id, std::vector<std::string> args) {
    sections_.findings.push_back({Severity::error, {id, at(file_name_, line), std::move(args)}});
  }

  std::string_view file_name_;
  Sections sections_;
  Config config_;
};

}  // namespace

Parsed parse(std::string_view toml, std::string_view file_name) {
  auto sections = read_sections(toml, file_name);
  if (sections.rows.empty()) return {{}, std::move(sections.findings)};  // not TOML at all: one fault is enough
  return Builder(file_name, std::move(sections)).build();
}

}  // namespace huren::config
