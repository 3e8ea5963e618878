#include "core/cda/head_read.hpp"

#include <charconv>
#include <cstring>

#include "core/base/text.hpp"
#include "core/cda/profile.hpp"

namespace huren::cda {
namespace {

// <hl7:section> as <section>, when hl7 is bound to urn:hl7-org:v3 at the root.
void strip_prefix(pugi::xml_node root, const std::string& prefix) {
  const auto strip = [&](pugi::xml_node node) {
    const char* name = node.name();
    if (std::strncmp(name, prefix.c_str(), prefix.size()) == 0) node.set_name(std::string(name + prefix.size()).c_str());
  };
  struct Walker : pugi::xml_tree_walker {
    explicit Walker(decltype(strip) f) : fn(f) {}
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_element) fn(node);
      return true;
    }
    decltype(strip) fn;
  } walker(strip);
  strip(root);
  root.traverse(walker);
}

void read_kind(Head& head, pugi::xml_node root, Walk& walk, const TransferIdentity& transfer) {
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

void read_related(Head& head, pugi::xml_node n, Walk& walk) {
  const auto parent = n.child("parentDocument");
  const std::string_view type = n.attribute("typeCode").value();
  if (type == "RPLC" && !head.replaces) {
    head.replaces = walk.id(parent.child("id"));
    head.replaces_version = number_of(parent.child("versionNumber").attribute("value").value());
  } else if (type == "APND" && !head.appends) {
    head.appends = walk.id(parent.child("id"));
  }
}

}  // namespace

int number_of(std::string_view text) {
  int out = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), out).ptr;
  return end == text.data() + text.size() && out > 0 ? out : 0;
}

Result<std::unique_ptr<Parsed>> parse_document(std::string_view bytes, const ReadOptions& options, Findings& findings) {
  auto admitted = admit(bytes, options.charset, options.limits);
  if (!admitted) return admitted.error();
  auto out = std::make_unique<Parsed>();
  out->admitted = std::move(*admitted);
  findings.insert(findings.end(), out->admitted.findings.begin(), out->admitted.findings.end());
  auto& text = out->admitted.text;
  if (out->admitted.offset) {
    out->source = bytes.substr(*out->admitted.offset, text.size());
  } else {
    out->transcoded = text;
    out->source = out->transcoded;
  }
  const auto parsed = out->document.load_buffer_inplace(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return Error{"cda.malformed", "byte " + std::to_string(parsed.offset), {}};
  out->root = out->document.document_element();
  std::string_view name = out->root.name();
  const auto colon = name.find(':');
  std::string declaration = "xmlns";
  if (colon != std::string_view::npos) declaration += ":" + std::string(name.substr(0, colon));
  const std::string_view space = out->root.attribute(declaration.c_str()).value();
  if (colon != std::string_view::npos && space == "urn:hl7-org:v3") {
    strip_prefix(out->root, std::string(name.substr(0, colon + 1)));
    name = out->root.name();
  }
  if (name != "ClinicalDocument" || (!space.empty() && space != "urn:hl7-org:v3")) return Error{"cda.not_cda", "/" + std::string(name.substr(0, 60)), {}};
  if (space.empty()) findings.push_back({Severity::warning, {"cda.namespace_missing", "/ClinicalDocument", {}}});
  return out;
}

Head read_head(pugi::xml_node root, Walk& walk, const TransferIdentity& transfer) {
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
