// Partners and agreements: tables of local.toml, changed one table at a time through the engine's own checking; what each
// change was is kept and can be put back.
#include <array>
#include <map>

#include "console/calendar.hpp"
#include "console/console.hpp"
#include "console/preview.hpp"
#include "console/probe.hpp"
#include "console/secret.hpp"
#include "core/base/text.hpp"
#include "core/config/edit.hpp"
#include "core/config/values.hpp"
#include "engine/files.hpp"
#include "engine/health.hpp"

namespace huren::console {
namespace {

namespace fs = std::filesystem;
constexpr const char* kFile = "local.toml";

fs::path file_of(const Call& call) { return fs::path(call.console.ports.config_dir) / kFile; }
std::string read(const Call& call) { return engine::read_file(file_of(call)).value_or(""); }
bool known_kind(std::string_view kind) { return kind == "partner" || kind == "agreement"; }

bool good_name(std::string_view s) {
  return !s.empty() && s.size() <= 64 && s.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == s.npos;
}

Json options_of(std::string_view kind) {
  auto out = Json::array();
  const auto prefix = std::string(kind) + ".*.";
  for (const auto& row : config::declared())
    if (row.key.starts_with(prefix))
      out.push_back({{"key", row.key.substr(prefix.size())}, {"type", row.type}, {"default", row.fallback}, {"required", row.required}, {"zh", row.help_zh}, {"en", row.help_en}});
  return out;
}

Json table_json(std::string_view toml, const config::Section& s) {
  Json values = Json::object();
  auto given = Json::array();
  for (const auto& [key, value] : s.values) {
    values[key] = value.text;
    if (value.line > 0) given.push_back(key);
  }
  return {{"name", s.name}, {"version", digest(config::table_text(toml, s.table + "." + s.name))}, {"values", std::move(values)}, {"given", std::move(given)}};
}

Answer tables(Call& call) {
  const auto toml = read(call);
  const auto sections = config::read_sections(toml, kFile);
  Json out{{"partners", Json::array()}, {"agreements", Json::array()}};
  for (const auto& s : sections.rows) {
    if (s.table == "partner") out["partners"].push_back(table_json(toml, s));
    if (s.table == "agreement") out["agreements"].push_back(table_json(toml, s));
  }
  out["partner_options"] = options_of("partner");
  out["agreement_options"] = options_of("agreement");
  return ok(out);
}

// Refused as a whole when the file as it would be has a fault; the fault's place is the key where it can be told.
Answer put(Call& call, const std::string& part, const std::string& text, const std::string& what) {
  const auto parsed = config::parse(text, kFile);
  Findings errors;
  for (const auto& f : parsed.findings)
    if (f.severity == Severity::error) errors.push_back(f);
  if (!errors.empty()) {
    const auto before = config::parse(read(call), kFile);
    if (!has_error(before.findings)) return failed({"console.not_saved", part, {}}, errors);
    return failed({"console.file_had_faults", kFile, {}}, errors);
  }
  if (auto r = call.console.history.save(file_of(call), text, {.id = "", .file = kFile, .who = call.session.user, .what = what, .part = part, .at_ms = call.context().clock.now_ms()}); !r)
    return failed(r.error());
  if (auto r = note_change(call, part, what); !r) return failed(r.error());
  return tables(call);
}

std::optional<Answer> changed_meanwhile(Call& call, const std::string& toml, const std::string& part) {
  const auto now = config::table_text(toml, part);
  const auto version = call.text("version");
  if (now.empty() ? version.empty() : version == digest(now)) return std::nullopt;
  const auto last = call.console.history.newest(kFile, part);
  return failed({"console.changed_meanwhile", part, {last ? last->who : "?", last ? at(call, last->at_ms) : "?"}});
}

Answer save(Call& call) {
  const auto kind = call.text("kind"), name = call.text("name");
  if (!known_kind(kind)) return failed({"console.bad_body", "/kind", {}});
  if (!good_name(name)) return failed({"console.table_name", "/name", {}});
  const auto part = kind + "." + name;
  std::map<std::string, std::optional<std::string>> values;
  if (!call.body.contains("values") || !call.body["values"].is_object()) return failed({"console.bad_body", "/values", {}});
  for (const auto& [key, value] : call.body["values"].items()) {
    if (value.is_null()) values[key] = std::nullopt;
    else if (value.is_string()) values[key] = value.get<std::string>().empty() ? std::nullopt : std::optional(value.get<std::string>());
    else return failed({"console.bad_body", "/values/" + key, {}});
  }
  const std::lock_guard lock(call.console.history.mutex());
  const auto toml = read(call);
  if (auto conflict = changed_meanwhile(call, toml, part)) return std::move(*conflict);
  auto text = config::edit_table(toml, part, values);
  if (!text) return failed(text.error());
  return put(call, part, *text, "saved");
}

Answer remove(Call& call) {
  const auto kind = call.text("kind"), name = call.text("name");
  if (!known_kind(kind) || !good_name(name)) return failed({"console.bad_body", "/name", {}});
  const auto part = kind + "." + name;
  const std::lock_guard lock(call.console.history.mutex());
  const auto toml = read(call);
  if (auto conflict = changed_meanwhile(call, toml, part)) return std::move(*conflict);
  auto text = config::remove_table(toml, part);
  if (!text) return failed(text.error());
  return put(call, part, *text, "removed");
}

Answer history(Call& call) {
  auto all = call.console.history.list();
  if (!all) return failed(all.error());
  auto rows = Json::array();
  for (const auto& c : *all) {
    if (rows.size() == 200) break;
    rows.push_back({{"id", c.id}, {"file", c.file}, {"part", c.part}, {"who", c.who}, {"what", c.what}, {"at", at(call, c.at_ms)}});
  }
  return ok({{"changes", std::move(rows)}});
}

// The part as it was before a change, put back into the file as it is now: what others changed since stays.
Answer restore(Call& call) {
  const auto id = call.text("id");
  auto all = call.console.history.list();
  if (!all) return failed(all.error());
  const auto change = std::find_if(all->begin(), all->end(), [&](const Change& c) { return c.id == id; });
  auto before = call.console.history.before(id);
  if (!before || change == all->end()) return failed({"console.unknown_object", "/id", {id}});
  if (change->file != kFile) return failed({"console.unknown_object", "/id", {id}});
  const std::lock_guard lock(call.console.history.mutex());
  const auto toml = read(call);
  const auto was = config::table_text(*before, change->part), is = config::table_text(toml, change->part);
  std::string text = toml;
  if (!is.empty()) {
    auto without = config::remove_table(toml, change->part);
    if (!without) return failed(without.error());
    text = std::move(*without);
  }
  if (!was.empty()) text += (text.ends_with("\n\n") ? "" : "\n") + was;
  return put(call, change->part, text, "restored");
}

Answer probe_partner(Call& call) {
  const auto& config = call.context().config;
  const auto file = [&](const char* key) {
    const auto it = config.listener.find(key);
    return it == config.listener.end() || it->second.empty() ? std::string() : (fs::path(call.console.ports.config_dir) / it->second).string();
  };
  return ok(probe({.address = call.text("address"), .server_name = call.text("server_name"), .fingerprint = call.text("fingerprint"), .certificate = file("certificate"),
                   .private_key = file("private_key"), .trust = file("trust"), .tls = call.text("tls") != "false", .timeout_ms = 5000, .now_ms = call.context().clock.now_ms()}));
}

Answer expiry(Call& call) {
  const auto& context = call.context();
  return ok(calendar(context.config, call.console.ports.config_dir, *context.codes, context.clock.now_ms()));
}

Answer preview_agreement(Call& call) {
  const auto part = "agreement." + call.text("name");
  if (!good_name(call.text("name")) || !call.body.contains("values") || !call.body["values"].is_object()) return failed({"console.bad_body", "/name", {}});
  std::map<std::string, std::optional<std::string>> values;
  for (const auto& [key, value] : call.body["values"].items())
    if (value.is_string() && !value.get<std::string>().empty()) values[key] = value.get<std::string>();
    else values[key] = std::nullopt;
  auto text = config::edit_table(read(call), part, values);
  if (!text) return failed(text.error());
  const auto parsed = config::parse(*text, kFile);
  Findings errors;
  for (const auto& f : parsed.findings)
    if (f.severity == Severity::error) errors.push_back(f);
  if (!errors.empty()) return failed({"console.not_saved", part, {}}, errors);
  auto effect = preview(call.context(), parsed.config.agreements);
  if (!effect) return failed(effect.error());
  return ok(*effect);
}

constexpr std::array kRoutes{
    Route{"GET", "/config/tables", Right::read, true, &tables},
    Route{"POST", "/config/save", Right::configure, true, &save},
    Route{"POST", "/config/remove", Right::configure, true, &remove},
    Route{"GET", "/config/history", Right::read, true, &history},
    Route{"POST", "/config/restore", Right::configure, true, &restore},
    Route{"POST", "/partners/probe", Right::configure, true, &probe_partner},
    Route{"POST", "/agreements/preview", Right::configure, true, &preview_agreement},
    Route{"GET", "/calendar", Right::read, true, &expiry},
};

}  // namespace

std::span<const Route> config_routes() { return kRoutes; }

}  // namespace huren::console
