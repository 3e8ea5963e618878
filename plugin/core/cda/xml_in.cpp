#include "core/cda/xml_in.hpp"

#include <algorithm>

#include "core/base/text.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

constexpr std::size_t kMostFindings = 2000;  // a hostile document must not buy memory with remarks

// The extent of the element whose name starts at `from`, in text that the gate found well-formed.
std::string_view element_at(std::string_view text, std::size_t from) {
  std::size_t depth = 0, i = from - 1;
  const auto begin = i;
  while (i < text.size()) {
    if (text[i] != '<') {
      i = text.find('<', i);
      continue;
    }
    if (text.substr(i, 4) == "<!--") {
      i = text.find("-->", i) + 3;
      continue;
    }
    if (text.substr(i, 9) == "<![CDATA[") {
      i = text.find("]]>", i) + 3;
      continue;
    }
    const bool closing = text[i + 1] == '/';
    char quote = 0;
    bool empty = false;
    for (++i; i < text.size(); ++i) {
      if (quote) {
        if (text[i] == quote) quote = 0;
      } else if (text[i] == '"' || text[i] == '\'') {
        quote = text[i];
      } else if (text[i] == '>') {
        empty = text[i - 1] == '/';
        break;
      }
    }
    ++i;
    if (closing) --depth;
    else if (!empty) ++depth;
    if (depth == 0) return text.substr(begin, i - begin);
  }
  return text.substr(begin);
}

bool structural(std::string_view name) {
  return name == "classCode" || name == "moodCode" || name == "typeCode" || name == "determinerCode" || name == "contextControlCode" ||
         name == "contextConductionInd" || name == "inversionInd" || name == "xsi:schemaLocation" || name.starts_with("xmlns");
}

}  // namespace

std::string location(pugi::xml_node node) {
  std::vector<std::string> steps;
  for (; node && node.type() != pugi::node_document; node = node.parent()) {
    if (node.type() != pugi::node_element) {
      steps.emplace_back("text()");
      continue;
    }
    std::string step = node.name();
    std::size_t before = 0;
    for (auto s = node.previous_sibling(node.name()); s; s = s.previous_sibling(node.name())) ++before;
    if (before > 0 || node.next_sibling(node.name())) step += "[" + std::to_string(before + 1) + "]";
    steps.push_back(std::move(step));
  }
  std::string out;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) out += "/" + *it;
  return out;
}

Attributes attributes(pugi::xml_node node) {
  Attributes a;
  for (pugi::xml_attribute x = node.first_attribute(); x; x = x.next_attribute()) {
    const std::string_view name = x.name();
    const std::string_view value = x.value();
    switch (name.size()) {
      case 4:
        if (name == "code") { a.code = value; continue; }
        if (name == "unit") { a.unit = value; continue; }
        if (name == "root") { a.root = value; continue; }
        break;
      case 5:
        if (name == "value") { a.value = value; continue; }
        break;
      case 8:
        if (name == "xsi:type") { a.type = value; continue; }
        break;
      case 9:
        if (name == "extension") { a.extension = value; continue; }
        if (name == "inclusive") { a.inclusive = value; continue; }
        break;
      case 10:
        if (name == "codeSystem") { a.system = value; continue; }
        if (name == "nullFlavor") { a.null = value; continue; }
        break;
      case 11:
        if (name == "displayName") { a.display = value; continue; }
        break;
      case 14:
        if (name == "codeSystemName") { a.system_name = value; continue; }
        break;
      case 22:
        if (name == "assigningAuthorityName") { a.assigner = value; continue; }
        break;
      default: break;
    }
    if (!structural(name)) a.other = true;
  }
  return a;
}

void Walk::find(Severity severity, std::string_view id, pugi::xml_node node, std::vector<std::string> args) {
  if (findings.size() < kMostFindings) findings.push_back({severity, {id, location(node), std::move(args)}});
}

void Walk::keep(pugi::xml_node node) {
  const auto offset = node.offset_debug();
  if (offset <= 0 || static_cast<std::size_t>(offset) >= source_.size()) return;
  auto where = location(node);
  if (findings.size() < kMostFindings) findings.push_back({Severity::info, {"cda.kept", where, {}}});
  kept.push_back({std::move(where), std::string(element_at(source_, static_cast<std::size_t>(offset)))});
}

void Walk::keep_text(pugi::xml_node node) {
  auto where = location(node);
  if (findings.size() < kMostFindings) findings.push_back({Severity::info, {"cda.kept", where, {}}});
  kept.push_back({std::move(where), node.value()});
}

std::string Walk::text(pugi::xml_node node) {
  const auto first = node.first_child();
  if (!first) return {};
  if (!first.next_sibling() && first.type() != pugi::node_element) return std::string(trim(first.value()));
  std::string out;
  for (auto child = first; child; child = child.next_sibling()) {
    if (child.type() == pugi::node_element) keep(child);
    else if (child.type() != pugi::node_comment) out += child.value();
  }
  return std::string(trim(out));
}

Timestamp Walk::time_of(pugi::xml_node node, std::string_view value) {
  value = trim(value);
  if (value.empty()) return {};
  if (auto t = parse_hl7_time(value, offset_minutes_)) return *t;
  if (auto t = parse_iso_time(value, offset_minutes_)) {  // written by some generators
    find(Severity::warning, "cda.time", node);
    return *t;
  }
  find(Severity::warning, "cda.time", node);
  keep(node);
  return {};
}

Timestamp Walk::time(pugi::xml_node node) {
  const auto a = attributes(node);
  if (a.other) keep(node);
  each(node, [](pugi::xml_node) { return false; });
  if (!a.value.empty()) return time_of(node, a.value);
  if (a.value.data() && a.null.empty()) find(Severity::info, "cda.empty_attribute", node, {"value"});
  return {};
}

model::Code Walk::code(pugi::xml_node node) {
  const auto a = attributes(node);
  if (a.other) keep(node);
  model::Code out{std::string(trim(a.code)), std::string(trim(a.display)), system_of_oid(a.system, a.system_name)};
  each(node, [&](pugi::xml_node child) {
    if (!is(child, "originalText")) return false;
    auto original = text(child);
    if (a.code.empty()) out.code = std::move(original);
    else if (out.name.empty()) out.name = std::move(original);
    else if (original != out.name) return false;
    return true;
  });
  return out;
}

DocumentId Walk::id(pugi::xml_node node) {
  const auto a = attributes(node);
  if (a.extension.data() && a.extension.empty()) find(Severity::info, "cda.empty_attribute", node, {"extension"});
  if (a.other) keep(node);
  return {std::string(a.root), std::string(trim(a.extension))};
}

model::Organisation Walk::organisation(pugi::xml_node node, bool keep_rest) {
  model::Organisation out;
  each(node, [&](pugi::xml_node child) {
    if (is(child, "id")) {
      const auto ii = id(child);
      if (ii.extension.empty()) return true;
      if (!out.code.empty() || (ii.root != kOrganisationRoot && !ii.root.empty() && !is_oid(ii.root))) return out.code == ii.extension;
      out.code = ii.extension;
      return ii.root == kOrganisationRoot;
    }
    if (is(child, "name")) {
      out.name = text(child);
      return true;
    }
    return !keep_rest;
  });
  return out;
}

}  // namespace huren::cda
