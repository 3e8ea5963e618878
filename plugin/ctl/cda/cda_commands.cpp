#include "ctl/cda/cda_commands.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "core/cda/lab_document.hpp"
#include "core/cda/page.hpp"
#include "core/cda/record_document.hpp"
#include "core/cda/rules.hpp"
#include "core/model/event.hpp"
#include "engine/signing/signing.hpp"

namespace huren::ctl {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDone = 0, kFindings = 1, kUnusable = 2;
constexpr std::string_view kUsage =
    "huren-ctl cda show|check|render|write|sign|verify|conformance [--lang zh|en] [--json] [--kind KIND] [--mode cn|strict] "
    "[--key KEY --cert CERT] [--signature P7S] [-o FILE] FILE...";

struct Wishes {
  std::string verb;
  std::map<std::string, std::string> options;  // without dashes
  std::vector<std::string> files;
  bool json = false;
  std::string wrong;  // what was not understood
  [[nodiscard]] std::string get(const std::string& name) const {
    const auto it = options.find(name);
    return it == options.end() ? "" : it->second;
  }
  [[nodiscard]] Language language() const { return get("lang") == "en" ? Language::en : Language::zh; }
};

Wishes wishes_of(std::span<const std::string> args) {
  static const std::set<std::string> known{"lang", "kind", "mode", "o",   "key",       "cert",              "signature",
                                           "at",   "crl",  "authority", "organisation", "charset", "transfer-template", "transfer-code", "viewer"};
  Wishes w;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto& a = args[i];
    if (a == "--json") {
      w.json = true;
    } else if (a.size() > 1 && a[0] == '-') {
      const auto name = a.substr(a.starts_with("--") ? 2 : 1);
      if (!known.contains(name) || i + 1 == args.size()) {
        w.wrong = a;
        return w;
      }
      w.options[name] = args[++i];
    } else if (w.verb.empty()) {
      w.verb = a;
    } else {
      w.files.push_back(a);
    }
  }
  return w;
}

class Command {
 public:
  Command(const Wishes& wishes, std::ostream& out, std::ostream& err) : w_(wishes), out_(out), err_(err) {
    read_.charset = w_.get("charset");
    read_.transfer = {w_.get("transfer-template"), w_.get("transfer-code")};
  }

  int run() {
    if (w_.wrong == "--help" || w_.wrong == "-h" || w_.verb == "help") {
      out_ << text(Error{"cda.usage", "", {std::string(kUsage)}}, w_.language()) << "\n";
      return kDone;
    }
    if (const auto& lang = w_.get("lang"); !lang.empty() && lang != "zh" && lang != "en") return usage();
    if (!w_.wrong.empty() || (w_.files.empty() && w_.verb != "conformance")) return usage();
    if (w_.verb == "conformance") {
      out_ << cda::conformance_statement();
      return kDone;
    }
    if (w_.verb == "check") return check();
    if (w_.files.size() != 1) return usage();
    const auto bytes = file(w_.files[0]);
    if (!bytes) return kUnusable;
    if (w_.verb == "show") return show(*bytes);
    if (w_.verb == "render") return render(*bytes);
    if (w_.verb == "write") return write(*bytes);
    if (w_.verb == "sign") return sign(*bytes);
    if (w_.verb == "verify") return verify(*bytes);
    return usage();
  }

 private:
  int usage() { return fail({"cda.usage", w_.wrong, {std::string(kUsage)}}); }
  int fail(const Error& e, int code = kUnusable) {
    err_ << (e.where.empty() ? "" : e.where + ": ") << text(e, w_.language()) << " [" << e.id << "]\n";
    return code;
  }

  std::optional<std::string> file(const std::string& path) {
    std::stringstream text;
    if (path == "-") {
      text << std::cin.rdbuf();
      return text.str();
    }
    std::error_code ignored;
    std::ifstream in;
    if (!std::filesystem::is_directory(path, ignored)) in.open(path, std::ios::binary);
    if (in.is_open()) text << in.rdbuf();
    if (!in.is_open() || in.bad()) {
      fail({"cda.file", path, {}});
      return std::nullopt;
    }
    return text.str();
  }

  int deliver(const std::string& bytes) {
    const auto path = w_.get("o");
    if (path.empty()) {
      out_ << bytes;
      return kDone;
    }
    std::ofstream to(path, std::ios::binary);
    to << bytes;
    to.close();
    return to ? kDone : fail({"cda.file", path, {}});
  }

  static const char* word(Severity s) { return s == Severity::error ? "error" : s == Severity::warning ? "warning" : "info"; }
  static Json finding(const Finding& f) {
    return {{"severity", word(f.severity)},
            {"where", f.error.where},
            {"id", f.error.id == "cda.rule" ? f.error.args.at(0) : std::string(f.error.id)},
            {"zh", text(f.error, Language::zh)},
            {"en", text(f.error, Language::en)}};
  }
  static Json findings(const Findings& all) {
    auto out = Json::array();
    for (const auto& f : all) out.push_back(finding(f));
    return out;
  }
  static Json id(const cda::DocumentId& i) { return {{"root", i.root}, {"extension", i.extension}}; }

  static Json head(const cda::Head& h) {
    Json out{{"kind", std::string(cda::kind_code(h.kind))}, {"code", h.code}, {"title", h.title}, {"mode", h.mode == cda::Mode::cn ? "cn" : "strict"},
             {"charset", h.charset}, {"id", id(h.id)}, {"set", id(h.set)}, {"version", h.version}, {"effective", to_iso_time(h.effective)},
             {"templates", h.template_ids}};
    if (h.replaces) out["replaces"] = id(*h.replaces);
    if (h.appends) out["appends"] = id(*h.appends);
    return out;
  }

  int show(const std::string& bytes) {
    Json out = Json::object();
    const auto lab = cda::read_lab_report(bytes, read_);
    const auto put = [&](const cda::Head& h, const Findings& f, const std::vector<cda::Kept>& kept) {
      out["findings"] = findings(f);
      out["kept"] = Json::array();
      for (const auto& k : kept) out["kept"].push_back({{"where", k.where}, {"xml", k.xml}});
      out["head"] = head(h);
    };
    bool understood = lab.report.has_value();
    if (lab.report || lab.head.kind == cda::Kind::unknown || lab.head.kind == cda::Kind::lab_report || lab.head.kind == cda::Kind::xd_lab) {
      if (lab.report) out["report"] = Json::parse(model::to_json(*lab.report));
      put(lab.head, lab.findings, lab.kept);
    } else {
      const auto record = cda::read_record(bytes, read_);
      understood = record.record.has_value();
      if (record.record) out["record"] = Json::parse(model::to_json(*record.record));
      put(record.head, record.findings, record.kept);
    }
    out_ << out.dump(2) << "\n";
    return understood ? kDone : kUnusable;
  }

  int check() {
    int worst = kDone;
    auto all = Json::array();
    for (const auto& path : w_.files) {
      const auto bytes = file(path);
      if (!bytes) {
        worst = kUnusable;
        continue;
      }
      const auto checked = cda::check(*bytes, read_);
      worst = std::max(worst, !checked.readable ? kUnusable : has_error(checked.findings) ? kFindings : kDone);
      if (w_.json) {
        all.push_back({{"file", path}, {"readable", checked.readable}, {"head", head(checked.head)}, {"findings", findings(checked.findings)}});
        continue;
      }
      for (const auto& f : checked.findings)
        out_ << path << ": " << word(f.severity) << ": " << (f.error.where.empty() ? "" : f.error.where + ": ") << text(f.error, w_.language()) << " ["
             << f.error.id << "]\n";
    }
    if (w_.json) out_ << all.dump(2) << "\n";
    return worst;
  }

  int render(const std::string& bytes) {
    cda::PageOptions options;
    options.language = w_.language();
    options.viewer = w_.get("viewer");
    const auto page = cda::page(bytes, read_, options);
    return page ? deliver(*page) : fail(page.error());
  }

  int write(const std::string& json) {
    const auto mode = cda::mode_from_word(w_.get("mode").empty() ? "cn" : w_.get("mode"));
    if (!mode) return fail({"cda.mode", "--mode", {w_.get("mode")}});
    const auto wanted = w_.get("kind").empty() ? std::string("C0007") : w_.get("kind");
    const auto kind = cda::kind_from_code(wanted);
    if (!kind) return fail({"cda.kind", "--kind", {wanted, "C0007 C0006 C0001 C0053 C0049 C0045 TRANSFER XD-LAB"}});
    const auto wrong = [&](const Findings& all) {
      for (const auto& f : all)
        if (f.severity == Severity::error) fail(f.error);
      return kUnusable;
    };
    if (*kind == cda::Kind::lab_report || *kind == cda::Kind::xd_lab) {
      const auto parsed = model::lab_report_from_json(json, 480);
      if (!parsed.report) return wrong(parsed.findings);
      const auto bytes = cda::write_lab_report(*parsed.report, {.mode = *mode, .kind = *kind, .id = {}, .effective_time = {}});
      return bytes ? deliver(*bytes) : fail(bytes.error());
    }
    auto parsed = model::clinical_record_from_json(json, 480);
    if (!parsed.record) return wrong(parsed.findings);
    if (parsed.record->kind != wanted) return fail({"cda.kind", "/kind", {parsed.record->kind, wanted}});
    const auto bytes = cda::write_record(*parsed.record, {.mode = *mode, .id = {}, .transfer = read_.transfer});
    return bytes ? deliver(*bytes) : fail(bytes.error());
  }

  bool lacks(const char* option) {
    if (!w_.get(option).empty()) return false;
    fail({"cda.usage", std::string("--") + option, {std::string(kUsage)}});
    return true;
  }

  int sign(const std::string& bytes) {
    if (lacks("key") || lacks("cert")) return kUnusable;
    const auto key = file(w_.get("key")), certificate = file(w_.get("cert"));
    if (!key || !certificate) return kUnusable;
    const auto signature = signing::sign(bytes, *key, *certificate);
    return signature ? deliver(*signature) : fail(signature.error());
  }

  int verify(const std::string& bytes) {
    if (lacks("signature")) return kUnusable;
    const auto signature = file(w_.get("signature"));
    if (!signature) return kUnusable;
    signing::Trust trust;
    trust.organisation = w_.get("organisation");
    for (const auto& [option, into] : {std::pair{"authority", &trust.authority_pem}, std::pair{"crl", &trust.crl_pem}}) {
      if (w_.get(option).empty()) continue;
      const auto text = file(w_.get(option));
      if (!text) return kUnusable;
      *into = *text;
    }
    if (!w_.get("cert").empty()) {
      const auto certificate = file(w_.get("cert"));
      if (!certificate) return kUnusable;
      const auto print = signing::certificate_sha256(*certificate);
      if (print.empty()) return fail({"signature.certificate", w_.get("cert"), {}});
      trust.pinned_sha256 = {print};
    }
    trust.at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (const auto at = w_.get("at"); !at.empty()) {
      const auto time = parse_iso_time(at, 480);
      if (!time) return fail({"cda.time", "--at", {}});
      trust.at_ms = time->epoch_ms;
    }
    const auto signer = signing::verify(bytes, *signature, trust);
    if (!signer) return fail(signer.error(), kFindings);
    out_ << Json{{"subject", signer->subject}, {"sha256", signer->sha256}, {"algorithm", signer->algorithm}}.dump(2) << "\n";
    return kDone;
  }

  const Wishes& w_;
  std::ostream& out_;
  std::ostream& err_;
  cda::ReadOptions read_;
};

}  // namespace

int cda_command(std::span<const std::string> args, std::ostream& out, std::ostream& err) {
  const auto wishes = wishes_of(args);
  return Command(wishes, out, err).run();
}

}  // namespace huren::ctl
