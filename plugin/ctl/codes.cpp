// huren-ctl codes: the hospital's vocabulary as CSV: in, out, and what it covers.
// Promises: import takes all files or none: they are tried over the whole set first and every bad row is told with file,
//   line and column; what export writes, import takes. Refuses: files whose name is no table.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "console/tables.hpp"
#include "core/base/csv.hpp"
#include "core/recognition/coverage.hpp"
#include "ctl/place.hpp"
#include "engine/codes.hpp"

namespace huren::ctl {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  if (!in || !(text << in.rdbuf())) return std::nullopt;
  return text.str();
}

// Error findings are told; false: there was one.
bool tell(Place& place, const Findings& findings) {
  bool good = true;
  for (const auto& f : findings) {
    place.err << (f.severity == Severity::error ? "error: " : "warning: ") << place.say(f.error) << "\n";
    good = good && f.severity != Severity::error;
  }
  return good;
}

}  // namespace

std::string table_list() {
  std::string names;
  for (const auto name : terminology::table_names()) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

int codes_export(Place& place, const std::string& table, const std::string& folder) {
  const auto loaded = engine::load_codes(place.config, place.config_dir);
  if (!tell(place, loaded.findings) || !loaded.set) return kUnusable;
  bool any = false;
  for (const auto name : terminology::table_names()) {
    if (!table.empty() && name != table && name != table + ".csv") continue;
    any = true;
    const auto text = loaded.set->export_csv(name);
    if (folder.empty()) {
      place.out << text;
      continue;
    }
    std::error_code ec;
    fs::create_directories(folder, ec);
    std::ofstream file(fs::path(folder) / name, std::ios::binary);
    if (!(file << text).flush()) {
      place.failed({"ctl.codes_unwritable", folder, {std::string(name)}});
      return kUnusable;
    }
  }
  if (!any) place.failed({"ctl.codes_table", "--table", {table, table_list()}});
  return any ? kOk : kUnusable;
}

int codes_import(Place& place, const std::vector<std::string>& files, bool dry_run) {
  std::map<std::string, std::string> texts;  // table → text
  for (const auto& file : files) {
    const auto name = fs::path(file).filename().string();
    if (name == console::kCatalogue && files.size() == 1) {
      const auto list = read_file(file);
      if (!list) {
        place.failed({"ctl.no_file", "", {file}});
        return kUnusable;
      }
      return codes_catalogue(place, *list, dry_run);
    }
    const auto names = terminology::table_names();
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      place.failed({"ctl.codes_table", "", {name, table_list()}});
      return kUnusable;
    }
    auto text = read_file(file);
    if (!text) {
      place.failed({"ctl.no_file", "", {file}});
      return kUnusable;
    }
    texts[name] = std::move(*text);
  }
  const auto before = engine::load_codes(place.config, place.config_dir);
  const auto after = engine::load_codes(place.config, place.config_dir, texts);
  if (!tell(place, after.findings) || !after.set) {
    place.failed({"ctl.codes_nothing_imported", "", {}});
    return kUnusable;
  }
  place.out << (before.set ? before.set->version() : "-") << " -> " << after.set->version() << "\n";
  if (dry_run) return kOk;
  auto history = console::History(place.data + "/console/history");
  const auto now = engine::Clock().now_ms();
  for (const auto& [name, text] : texts)
    if (auto r = history.keep(engine::codes_file(place.config, place.config_dir, name), {.id = "", .file = name, .who = operator_name(), .what = "imported", .part = "", .at_ms = now}); !r) {
      place.failed(r.error());
      return kUnusable;
    }
  if (auto r = engine::put_codes(place.config, place.config_dir, texts); !r) {
    place.failed(r.error());
    return kUnusable;
  }
  place.out << place.say("已导入，重启引擎后生效", "imported; in force when the engine starts again") << "\n";
  return kOk;
}

int codes_coverage(Place& place, const std::string& catalogue) {
  const auto loaded = engine::load_codes(place.config, place.config_dir);
  if (!tell(place, loaded.findings) || !loaded.set) return kUnusable;
  std::vector<terminology::LocalFacts> facts;
  if (catalogue.empty()) {
    facts = console::read_catalogue(console::Tables(place.config_dir).own(console::kCatalogue)).rows;
  } else {
    const auto list = read_file(catalogue);
    if (!list) {
      place.failed({"ctl.no_file", "", {catalogue}});
      return kUnusable;
    }
    auto read = console::read_catalogue(*list);
    if (!tell(place, read.findings)) return kUnusable;
    facts = std::move(read.rows);
  }
  const Date today = terminology::day_of(engine::Clock().now_ms(), place.config.hospital.offset_minutes);
  for (const auto& local : loaded.set->local_items())
    if (terminology::holds(local.period, today) && std::none_of(facts.begin(), facts.end(), [&](const auto& f) { return f.code == local.code; })) {
      terminology::LocalFacts own;
      own.code = local.code;
      own.name = local.name;
      own.unit = local.unit;
      facts.push_back(std::move(own));
    }
  std::vector<recognition::PartnerAgreement> agreements;
  for (const auto& a : place.config.agreements)
    for (const auto& p : place.config.partners)
      if (p.code == a.partner) agreements.push_back({a, p.hospital});
  const auto report = recognition::coverage(*loaded.set, facts, agreements, today);
  place.out << recognition::to_csv(report, place.language);
  return report.never > 0 ? kFindings : kOk;
}

}  // namespace huren::ctl
