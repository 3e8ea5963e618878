#include "core/cda/head_read.hpp"

#include <charconv>

#include "core/base/text.hpp"
#include "core/cda/profile.hpp"
#include "core/cda/xml_scan.hpp"

namespace huren::cda {
namespace {

void read_kind(Head& head, Node root, Walk& walk, const TransferIdentity& transfer) {
  Kind by_code = Kind::unknown, by_template = Kind::unknown;
  for (const auto& row : kinds()) {
    const bool own = row.kind == Kind::transfer_record;
    const auto& code = own && !transfer.code.empty() ? transfer.code : row.code;
    const auto& template_id = own && !transfer.template_id.empty() ? transfer.template_id : row.template_id;
    if (row.kind != Kind::xd_lab && head.code == code) by_code = row.kind;  // LOINC 11502-2 alone names more than XD-LAB
    for (const auto& id : head.template_ids)
      if (id == template_id) by_template = row.kind;
  }
  if (by_template == Kind::unknown && (head.code == "11502-2" || head.code == "26436-6")) by_code = Kind::xd_lab;
  if (by_code != Kind::unknown && by_template != Kind::unknown && by_code != by_template)
    walk.find(Severity::error, "cda.kind_unlike", root.child("code"), {std::string(kind_code(by_template)), std::string(kind_code(by_code))});
  head.kind = by_code != Kind::unknown ? by_code : by_template;
}

void read_related(Head& head, Node n, Walk& walk) {
  const auto parent = n.child("parentDocument");
  const std::string_view type = n.attribute("typeCode");
  if (type == "RPLC" && !head.replaces) {
    head.replaces = walk.id(parent.child("id"));
    head.replaces_version = number_of(parent.child("versionNumber").attribute("value"));
  } else if (type == "APND" && !head.appends) {
    head.appends = walk.id(parent.child("id"));
  }
}

}  // namespace

bool written_by_huren(const Head& head) {
  const auto name = report_name(head.id);
  return name && head.set == set_id(name->origin, name->number);
}

void load_tree(const Parsed& parsed, pugi::xml_document& into) {
  into.load_buffer(parsed.source.data(), parsed.source.size(), pugi::parse_default, pugi::encoding_utf8);
  const std::string_view name = into.document_element().name();
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return;
  struct Walker : pugi::xml_tree_walker {
    explicit Walker(std::string_view p) : prefix(p) {}
    bool for_each(pugi::xml_node& node) override {
      if (std::string_view(node.name()).starts_with(prefix)) node.set_name(std::string(node.name() + prefix.size()).c_str());
      return true;
    }
    std::string prefix;
  } walker(name.substr(0, colon + 1));
  into.traverse(walker);
}

int number_of(std::string_view text) {
  int out = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out).ptr;
  return end == text.data() + text.size() && out > 0 ? out : 0;
}

Result<std::unique_ptr<Parsed>> parse_document(std::string_view bytes, const ReadOptions& options, Findings& findings) {
  auto text = decoded(bytes, options.charset, options.limits);
  if (!text) return text.error();
  auto out = std::make_unique<Parsed>();
  out->text = std::move(text->text);
  out->charset = std::move(text->charset);
  findings.insert(findings.end(), text->findings.begin(), text->findings.end());
  const auto span = scan_xml(out->text, options.limits, out->tree, findings);
  if (!span) return span.error();
  out->source = std::string_view(out->text).substr(0, span->end);
  std::string_view name = out->root().name();
  const auto colon = name.find(':');
  const auto prefix = colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon + 1);
  const auto space = out->root().attribute(prefix.empty() ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon)));
  if (!prefix.empty() && space == "urn:hl7-org:v3")
    for (auto& node : out->tree.nodes)
      if (node.name.starts_with(prefix)) node.name.remove_prefix(prefix.size());
  name = out->root().name();
  if (name != "ClinicalDocument" || (!space.empty() && space != "urn:hl7-org:v3")) return Error{"cda.not_cda", "/" + std::string(name.substr(0, 60)), {}};
  if (space.empty()) findings.push_back({Severity::warning, {"cda.namespace_missing", "/ClinicalDocument", {}}});
  return out;
}

Head read_head(Node root, Walk& walk, const TransferIdentity& transfer) {
  Head head;
  for (auto n = root.first_child(); n; n = n.next_sibling()) {
    const std::string_view name = n.name();
    const auto a = attributes(n);
    if (name == "templateId") {
      head.template_ids.emplace_back(a.root);
    } else if (name == "id") {
      head.id = {std::string(a.root), std::string(trim(a.extension))};
    } else if (name == "code") {
      head.code = a.code;
    } else if (name == "title") {
      head.title = walk.text(n);
    } else if (name == "effectiveTime") {
      head.effective = walk.time(n);
    } else if (name == "languageCode") {
      head.language = a.code;
    } else if (name == "setId") {
      head.set = {std::string(a.root), std::string(trim(a.extension))};
    } else if (name == "versionNumber") {
      head.version = number_of(a.value);
    } else if (name == "recordTarget") {
      const auto role = n.child("patientRole");
      if (role.child("patientType") || role.child("patient").child("age")) head.mode = Mode::cn;
    } else if (name == "relatedDocument") {
      read_related(head, n, walk);
    } else if (name == "component") {
      break;
    }
  }
  read_kind(head, root, walk, transfer);
  return head;
}

}  // namespace huren::cda
