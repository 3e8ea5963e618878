#include "core/cda/rules.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <set>
#include <span>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/cda/header_read.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/profile.hpp"
#include "core/cda/record_document.hpp"
#include "core/cda/rule_tests.hpp"

namespace huren {
namespace embedded {
std::span<const File> cda_tables();
}
namespace cda {
namespace {

constexpr std::size_t kMostPerRule = 50;  // a document of 10,000 wrong units says so fifty times

// A required item of sections.csv, or a kind's template id, is a rule like any other.
void generated(std::vector<Rule>& out) {
  for (const auto& k : kinds()) {
    Rule r;
    r.id = "T-" + k.word;
    r.kinds = k.word;
    r.context = "/ClinicalDocument";
    r.condition = k.kind == Kind::transfer_record ? "templateId/@root" : "templateId/@root='" + k.template_id + "'";
    r.zh = "缺少模板号 " + k.template_id;
    r.en = "the template id " + k.template_id + " is missing";
    r.source = k.source;
    out.push_back(std::move(r));
  }
  for (const auto& row : items()) {
    if (!row.required) continue;
    Rule r;
    r.id = "M-" + row.kind + "-" + row.key;
    r.kinds = row.kind;
    r.context = "/ClinicalDocument";
    const std::string section = row.section_code.empty() ? "//section" : "//section[code/@code='" + row.section_code + "']";
    r.condition = row.element.empty() ? section + "/entry/observation/value" : section + "/entry/observation[code/@code='" + row.element + "']/value";
    r.zh = "缺少必需的内容：" + row.name_zh;
    r.en = "required content is missing: " + row.name_en;
    r.source = row.source;
    r.severity = row.source == "unverified" ? Severity::warning : Severity::error;
    out.push_back(std::move(r));
  }
}

std::vector<Rule> load() {
  std::vector<Rule> out;
  for (const auto& file : embedded::cda_tables()) {
    if (file.name != "rules.csv") continue;
    const auto rows = parse_csv(file.text);
    if (!rows) continue;
    for (std::size_t i = 1; i < rows->size(); ++i) {
      const auto& c = (*rows)[i];
      if (c.size() != 8) continue;  // the test of the tables counts the lines
      out.push_back({c[0], c[2], c[3], c[4], c[5], c[6], c[7], c[1] == "error" ? Severity::error : Severity::warning});
    }
  }
  generated(out);
  return out;
}

std::string value_of(const pugi::xpath_query& query, pugi::xpath_node node) { return query.evaluate_string(node); }

// "{in:sex:@code}" as XPath: the code stands in a list of the set's codes.
std::string expanded(std::string text) {
  for (std::size_t at = text.find("{in:"); at != std::string::npos; at = text.find("{in:", at)) {
    const auto colon = text.find(':', at + 4), end = text.find('}', at);
    if (colon == std::string::npos || end == std::string::npos || colon > end) break;
    const auto set = text.substr(at + 4, colon - at - 4);
    std::string list = "|";
    for (const auto& row : value_rows())
      if (row.set == set) list += row.code + "|";
    const auto code = text.substr(colon + 1, end - colon - 1);
    const auto condition = "(string-length(" + code + ")>0 and contains('" + list + "',concat('|'," + code + ",'|')))";
    text.replace(at, end - at + 1, condition);
    at += condition.size();
  }
  return text;
}

// A rule ready to run: a context, and either an XPath condition or a test with XPath arguments.
struct Compiled {
  const Rule* rule = nullptr;
  std::unique_ptr<pugi::xpath_query> context, condition;
  std::string test;
  std::vector<std::unique_ptr<pugi::xpath_query>> arguments;
};

Compiled compile(const Rule& rule) {
  Compiled out;
  out.rule = &rule;
  out.context = std::make_unique<pugi::xpath_query>(rule.context.c_str());
  const auto& c = rule.condition;
  const auto open = c.find('(');
  if (open != std::string::npos && c.ends_with(')')) {
    const auto name = c.substr(0, open);
    static const std::set<std::string, std::less<>> tests{"time", "real", "date", "unit_fits", "value_fits", "before", "resident_id", "loinc", "oid", "icd10",
                                                          "icd10_system", "data_element", "known_element", "known_unit", "unique"};
    if (tests.contains(name)) {
      out.test = name;
      const auto inner = std::string_view(c).substr(open + 1, c.size() - open - 2);
      for (const auto part : split(inner, ';')) out.arguments.push_back(std::make_unique<pugi::xpath_query>(std::string(part).c_str()));
      return out;
    }
  }
  out.condition = std::make_unique<pugi::xpath_query>(expanded(c).c_str());
  return out;
}

std::string location(pugi::xml_node node) {
  std::string out;
  for (; node && node.type() == pugi::node_element; node = node.parent()) {
    std::size_t before = 0;
    for (auto s = node.previous_sibling(node.name()); s; s = s.previous_sibling(node.name())) ++before;
    const bool several = before > 0 || node.next_sibling(node.name());
    out = "/" + std::string(node.name()) + (several ? "[" + std::to_string(before + 1) + "]" : "") + out;
  }
  return out;
}

bool applies(const Rule& rule, std::string_view kind) {
  for (const auto word : split(rule.kinds, ' '))
    if (word == kind) return true;
  return false;
}

void run(const Compiled& c, pugi::xml_node root, Findings& findings) {
  std::set<std::string> seen;  // for unique()
  std::size_t told = 0;
  for (const auto& node : root.select_nodes(*c.context)) {
    bool holds = false;
    if (c.test.empty()) {
      holds = c.condition->evaluate_boolean(node);
    } else {
      std::vector<std::string> arguments;
      for (const auto& a : c.arguments) arguments.push_back(value_of(*a, node));
      holds = c.test == "unique" ? seen.insert(arguments[0]).second : run_test(c.test, arguments).value_or(false);
    }
    if (holds) continue;
    const auto place = node.node() ? node.node() : node.parent();
    findings.push_back({c.rule->severity, {"cda.rule", location(place), {c.rule->id, c.rule->zh, c.rule->en}}});
    if (++told == kMostPerRule) return;
  }
}

const char* severity_word(Severity s) { return s == Severity::error ? "error" : s == Severity::warning ? "warning" : "info"; }

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += "\\|";
    else out += c;
  }
  return out;
}

}  // namespace

const std::vector<Rule>& rules() {
  static const auto all = load();
  return all;
}

Checked check(std::string_view bytes, const ReadOptions& options) {
  Checked out;
  Findings gate;
  auto parsed = parse_document(bytes, options, gate);
  if (!parsed) {
    out.findings = std::move(gate);
    out.findings.push_back({Severity::error, parsed.error()});
    return out;
  }
  out.readable = true;
  Walk walk((*parsed)->source, options.assumed_offset_minutes);
  out.head = read_head((*parsed)->root(), walk, options.transfer);
  const bool lab = out.head.kind == Kind::lab_report || out.head.kind == Kind::xd_lab || out.head.kind == Kind::unknown;
  if (lab) out.findings = read_lab_report(bytes, options).findings;
  else out.findings = read_record(bytes, options).findings;
  out.head.charset = (*parsed)->charset;
  const auto kind = kind_code(out.head.kind);
  pugi::xml_document tree;
  load_tree(**parsed, tree);
  for (const auto& rule : rules())
    if (applies(rule, kind)) run(compile(rule), tree.document_element(), out.findings);
  return out;
}

std::string conformance_statement() {
  std::string out =
      "# 互认文书符合性声明 · Conformance statement of the transfer documents\n\n"
      "由 `huren-ctl cda conformance` 从 `schemas/cda` 生成，请勿手改。 Generated from `schemas/cda` by `huren-ctl cda conformance`; do not edit.\n\n"
      "“unverified” 表示出处尚未核实，可由联盟自行配置。 \"unverified\": the source could not be verified; an alliance may set its own.\n\n"
      "## 文书 · Documents\n\n| kind | 文书 | document | templateId | code | source |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& k : kinds())
    out += "| " + k.word + " | " + k.title_zh + " | " + k.title_en + " | " + k.template_id + " | " + k.code + " (" + k.code_system + ") | " + k.source + " |\n";
  out += "\n模式 · Modes: `strict` = HL7 CDA.xsd; `cn` = strict + patientType, age.\n";
  for (const auto& k : kinds()) {
    const auto rows = items_of(k.word);
    if (rows.empty()) continue;
    out += "\n### " + k.word + " " + k.title_zh + " · " + k.title_en + "\n\n| 章节 section | LOINC | key | 数据元 element | 内容 content | 必需 required | source |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    for (const auto* r : rows)
      out += "| " + r->section_zh + " | " + r->section_code + " | " + r->key + " | " + r->element + " | " + r->name_zh + " · " + r->name_en + " | " +
             (r->required ? "1" : "") + " | " + r->source + " |\n";
  }
  out += "\n## 规则 · Rules\n\n| id | severity | kinds | 规则 | rule | source |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& r : rules())
    out += "| " + r.id + " | " + severity_word(r.severity) + " | " + r.kinds + " | " + cell(r.zh) + " | " + cell(r.en) + " | " + cell(r.source) + " |\n";
  out += "\n## 值域 · Value sets\n\n| set | codes |\n| --- | --- |\n";
  std::map<std::string, std::string> sets;
  for (const auto& v : value_rows()) sets[v.set] += (sets[v.set].empty() ? "" : ", ") + v.code + (v.name.empty() ? "" : " " + v.name);
  for (const auto& [set, codes] : sets) out += "| " + set + " | " + cell(codes) + " |\n";
  const Limits limits;
  out += "\n## 接收限制 · Limits on what is received\n\n" + std::to_string(limits.bytes) + " bytes, depth " + std::to_string(limits.depth) + ", " +
         std::to_string(limits.nodes) + " nodes, " + std::to_string(limits.attributes) + " attributes of one element, " + std::to_string(limits.text) +
         " bytes of one text. UTF-8, GB18030 (GBK, GB2312), UTF-16. No DOCTYPE, no processing instruction inside the root, no active content.\n";
  return out;
}

}  // namespace cda
}  // namespace huren
