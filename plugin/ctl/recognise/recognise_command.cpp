#include "ctl/recognise/recognise_command.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "core/recognition/case_file.hpp"

namespace huren::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDone = 0, kFindings = 1, kUnusable = 2;

struct Wishes {
  bool explain = false, dry_run = false, csv = false, json = false, understood = true;
  Language language = Language::zh;
  std::vector<std::string> files;
};

Wishes wishes_of(std::span<const std::string> args) {
  Wishes w;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--explain") w.explain = true;
    else if (args[i] == "--dry-run") w.dry_run = true;
    else if (args[i] == "--csv") w.csv = true;
    else if (args[i] == "--json") w.json = true;
    else if (args[i] == "--lang" && i + 1 < args.size() && (args[i + 1] == "zh" || args[i + 1] == "en")) w.language = args[++i] == "en" ? Language::en : Language::zh;
    else if (args[i].starts_with("--")) w.understood = false;
    else w.files.push_back(args[i]);
  }
  w.understood &= !w.files.empty() && (w.dry_run || w.files.size() == 1) && (w.dry_run || !w.csv) && !(w.dry_run && w.explain) && !(w.csv && w.json);
  return w;
}

std::string said(const Error& e, Language language) { return (e.where.empty() ? "" : e.where + ": ") + text(e, language) + " [" + std::string(e.id) + "]"; }

void print(std::ostream& err, const std::string& file, const Findings& findings, Language language) {
  for (const auto& f : findings) {
    const char* severity = f.severity == Severity::error ? "error" : f.severity == Severity::warning ? "warning" : "note";
    err << file << ": " << severity << ": " << said(f.error, language) << "\n";
  }
}

std::shared_ptr<const recognition::Case> read(const std::string& file, std::ostream& err, bool& findings, Language language) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream bytes;
  if (in) bytes << in.rdbuf();
  if (!in || in.bad()) {
    err << said({"case.no_file", "", {file}}, language) << "\n";
    return nullptr;
  }
  auto parsed = recognition::parse_case(bytes.str());
  print(err, file, parsed.findings, language);
  findings |= !parsed.findings.empty();
  return parsed.value;
}

Json answer_of(const recognition::Case& c, const Wishes& w) {
  const auto decision = recognition::decide(c.input);
  const Json whole = Json::parse(recognition::to_json(c.input, decision));
  Json out{{"terminology", whole["terminology"]}, {"at", whole["at"]}};
  if (decision.orders.size() == 1) {
    out["outcome"] = whole["orders"][0]["outcome"];
    out["reasons"] = recognition::reasons_of(decision.orders[0]);
  }
  Json orders = Json::array();
  for (std::size_t i = 0; i < decision.orders.size(); ++i) {
    Json order = whole["orders"][i];
    Json analytes = std::move(order["analytes"]);
    order.erase("analytes");
    order["reasons"] = recognition::reasons_of(decision.orders[i]);
    Json brief = Json::array();
    for (auto& a : analytes) {
      if (!w.explain) {
        a.erase("considered");
        Json told = Json::array();
        for (const auto& check : a["checks"])
          if (check["verdict"] != "pass") told.push_back(check);
        a["checks"] = std::move(told);
      }
      brief.push_back(std::move(a));
    }
    order["analytes"] = std::move(brief);
    orders.push_back(std::move(order));
  }
  out["orders"] = std::move(orders);
  const Json cards = Json::parse(recognition::to_cards(c.input, decision, {.language = w.language}));
  out["cards"] = cards["cards"];
  return out;
}

std::string padded(std::string text, std::size_t columns) { return text.append(columns > text.size() ? columns - text.size() : 0, ' '); }

// One line a check, as doctor prints its own: what holds, what makes it advisory, what stands in the way.
void print_checks(std::ostream& out, const Json& checks, const char* language) {
  for (const auto& check : checks) {
    const std::string verdict = check["verdict"];
    out << "    " << (verdict == "pass" ? "[ok]   " : verdict == "advise" ? "[note] " : "[FAIL] ") << padded(check["check"], 11) << check[language].get<std::string>() << "\n";
  }
}

void print_answer(std::ostream& out, const Json& answer, const Wishes& w) {
  const char* language = w.language == Language::zh ? "zh" : "en";
  for (const auto& order : answer["orders"]) {
    out << order["order_id"].get<std::string>() << "  " << order["item"]["name"].get<std::string>() << " -> " << order["standard"].get<std::string>() << ": "
        << order["outcome"].get<std::string>() << ", " << order[language].get<std::string>() << "\n";
    for (const auto& analyte : order["analytes"]) {
      out << "  " << analyte["item"].get<std::string>() << " " << analyte["name"][language].get<std::string>() << ": " << analyte["verdict"].get<std::string>()
          << (analyte.contains("result_id") ? ", " + analyte["result_id"].get<std::string>() : "")
          << (analyte["required"].get<bool>() ? "" : w.language == Language::zh ? "（可缺）" : " (may be missing)") << "\n";
      if (!w.explain || analyte["considered"].empty()) print_checks(out, analyte["checks"], language);
      else
        for (const auto& candidate : analyte["considered"]) {
          out << "   " << candidate["result_id"].get<std::string>() << " " << candidate["agreement"].get<std::string>() << ": " << candidate["verdict"].get<std::string>() << "\n";
          print_checks(out, candidate["checks"], language);
        }
    }
  }
}

void print_month(std::ostream& out, const recognition::DryRun& month, Language language) {
  const bool zh = language == Language::zh;
  for (const auto& row : month.rows()) {
    out << padded(row.item, 12) << (zh ? "医嘱 " : "orders ") << row.orders << (zh ? "，互认 " : ", recognised ") << row.recognised << (zh ? "，部分 " : ", partial ") << row.partial
        << (zh ? "，仅供参考 " : ", advisory ") << row.advisory << (zh ? "，无 " : ", none ") << row.none << "\n";
    for (const auto& [reason, orders] : row.reasons) out << "    " << orders << " x " << reason << "\n";
  }
}

}  // namespace

int recognise_command(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const Wishes w = wishes_of(args);
  if (!w.understood) {
    err << said({"case.usage", "", {}}, w.language) << "\n";
    return kUnusable;
  }
  bool findings = false;
  recognition::DryRun month;
  for (const auto& file : w.files) {
    const auto value = read(file, err, findings, w.language);
    if (!value) return kUnusable;
    if (w.dry_run) month.add(*value);
    else if (w.json) out << answer_of(*value, w).dump(2) << "\n";
    else print_answer(out, answer_of(*value, w), w);
  }
  if (w.dry_run && (w.csv || w.json)) out << (w.csv ? month.to_csv() : Json::parse(month.to_json()).dump(2) + "\n");
  else if (w.dry_run) print_month(out, month, w.language);
  return findings ? kFindings : kDone;
}

}  // namespace huren::ctl
