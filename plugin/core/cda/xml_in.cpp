#include "core/cda/xml_in.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/text.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

constexpr std::size_t kMostFindings = 2000;  // a hostile document must not buy memory with remarks

constexpr std::size_t kMostKept = 20000;

// What CDA R2 has at most once in its parent and a reader takes a value from; 0: may stand there again.
std::uint32_t single(std::string_view name) {
  switch (name.size()) {
    case 3: return name == "low" ? 1U << 0 : name == "age" ? 1U << 1 : 0;
    case 4: return name == "code" ? 1U << 2 : name == "text" ? 1U << 3 : name == "high" ? 1U << 4 : name == "time" ? 1U << 5 : 0;
    case 5: return name == "value" ? 1U << 6 : name == "title" ? 1U << 7 : name == "setId" ? 1U << 8 : 0;
    case 6: return name == "typeId" ? 1U << 9 : 0;
    case 9: return name == "birthTime" ? 1U << 10 : name == "numerator" ? 1U << 11 : name == "realmCode" ? 1U << 12 : 0;
    case 10: return name == "statusCode" ? 1U << 13 : 0;
    case 11: return name == "denominator" ? 1U << 14 : name == "patientType" ? 1U << 15 : 0;
    case 12: return name == "originalText" ? 1U << 16 : name == "languageCode" ? 1U << 17 : 0;
    case 13: return name == "effectiveTime" ? 1U << 18 : name == "versionNumber" ? 1U << 19 : name == "signatureCode" ? 1U << 20 : 0;
    case 15: return name == "patienttypeCode" || name == "patientTypeCode" ? 1U << 21 : 0;
    case 19: return name == "confidentialityCode" ? 1U << 22 : 0;
    case 24: return name == "administrativeGenderCode" ? 1U << 23 : 0;
    default: return 0;
  }
}

}  // namespace

Attributes attributes(Node node) {
  Attributes a;
  if (!node) return a;
  const auto& data = node.data();
  const auto* at = node.tree().attributes.data() + data.attributes;
  for (const auto* end = at + data.attribute_count; at != end; ++at) {
    switch (at->key) {
      case Key::code: a.code = at->value; break;
      case Key::system: a.system = at->value; break;
      case Key::system_name: a.system_name = at->value; break;
      case Key::display: a.display = at->value; break;
      case Key::value: a.value = at->value; break;
      case Key::unit: a.unit = at->value; break;
      case Key::root: a.root = at->value; break;
      case Key::extension: a.extension = at->value; break;
      case Key::type: a.type = at->value; break;
      case Key::null: a.null = at->value; break;
      case Key::inclusive: a.inclusive = at->value; break;
      case Key::assigner: a.assigner = at->value; break;
      case Key::none:
      case Key::odd: break;
    }
  }
  return a;
}

std::uint32_t Walk::position(Node node) {
  const auto parent = node.parent();
  if (!parent) return 0;
  if (positions_.empty()) positions_.resize(node.tree().nodes.size());
  if ((parent.data().marks & kIndexed) == 0) {  // all children at once: a hostile document has 200,000
    parent.data().marks |= kIndexed;
    std::map<std::string_view, std::pair<std::uint32_t, Node>> seen;  // how many, the first
    for (auto c = parent.first_child(); c; c = c.next_sibling()) {
      auto& [count, first] = seen[c.name()];
      if (++count == 1) first = c;
      if (count == 2) positions_[first.index()] = 1;
      positions_[c.index()] = count == 1 ? 0 : count;
    }
  }
  return positions_[node.index()];
}

std::string Walk::location(Node node) {
  std::vector<std::string> steps;
  for (; node; node = node.parent()) {
    if (!node.is_element()) {
      steps.emplace_back("text()");
      continue;
    }
    auto& step = steps.emplace_back(node.name());
    if (const auto n = position(node); n > 0) step += "[" + std::to_string(n) + "]";
  }
  std::string out;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) out += "/" + *it;
  return out;
}

void Walk::find(Severity severity, std::string_view id, Node node, std::vector<std::string> args) {
  if (findings.size() < kMostFindings) findings.push_back({severity, {id, location(node), std::move(args)}});
}

void Walk::keep(Node node) {
  if (!node || (node.data().marks & kKept)) return;
  pass_over(node);
  keep_as(node, node.is_element() ? source_.substr(node.data().at, node.data().to - node.data().at) : node.value());
}

void Walk::keep_as(Node node, std::string_view xml) {
  if (kept.size() == kMostKept) {
    if (!flooded_) findings.push_back({Severity::error, {"cda.limit", "/ClinicalDocument", {"unplaced elements", std::to_string(kMostKept)}}});
    flooded_ = true;
    return;
  }
  auto where = location(node);
  if (findings.size() < kMostFindings) findings.push_back({Severity::info, {"cda.kept", where, {}}});
  kept.push_back({std::move(where), std::string(xml)});
}

void Walk::keep_repeated(Node parent) {
  std::uint32_t seen = 0, twice = 0;
  for (auto c = parent.first_child(); c; c = c.next_sibling()) {
    const auto bit = single(c.name());
    twice |= seen & bit;
    seen |= bit;
  }
  if (twice == 0) return;
  for (auto c = parent.first_child(); c; c = c.next_sibling())
    if (single(c.name()) & twice) keep(c);
}

void Walk::sweep(Node root) {
  auto& nodes = root.tree().nodes;
  const auto end = root.data().end;
  take(root);
  for (auto i = root.index(); i < end;) {
    const Node node(root.tree(), i);
    auto& data = nodes[i];
    if ((data.marks & kKept) == 0) {
      if (data.element ? (data.marks & kTaken) == 0 : (nodes[data.parent].marks & kText) == 0) {
        keep(node);
      } else if (data.element) {
        if (data.odd)  // the start tag says it all
          keep_as(node, source_.substr(data.at, (data.end > i + 1 ? nodes[i + 1].at : data.to) - data.at));
        if (data.end > i + 2) keep_repeated(node);
      }
    }
    i = data.marks & kKept ? data.end : i + 1;
  }
}

std::string Walk::text(Node node) {
  if (!node) return {};
  node.data().marks |= kTaken | kText;
  const auto first = node.first_child();
  if (!first) return {};
  if (!first.is_element() && !first.next_sibling()) return std::string(trim(first.value()));
  std::string out;
  for (auto child = first; child; child = child.next_sibling()) {
    if (child.is_element()) keep(child);
    else out += child.value();
  }
  return std::string(trim(out));
}

Timestamp Walk::time_of(Node node, std::string_view value) {
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

Timestamp Walk::time(Node node) {
  const auto a = attributes(node);
  take(node);
  if (!a.value.empty()) return time_of(node, a.value);
  if (a.value.data() && a.null.empty()) find(Severity::info, "cda.empty_attribute", node, {"value"});
  return {};
}

model::Code Walk::code(Node node) {
  const auto a = attributes(node);
  take(node);
  model::Code out{std::string(trim(a.code)), std::string(trim(a.display)), system_of_oid(a.system, a.system_name)};
  each(node, [&](Node child) {
    if (!is(child, "originalText")) return false;
    auto original = text(child);
    if (a.code.empty()) out.code = std::move(original);
    else if (out.name.empty()) out.name = std::move(original);
    else if (original != out.name) return false;
    return true;
  });
  return out;
}

bool Walk::label(Node node) {
  each(node, [&](Node child) {
    if (!is(child, "originalText")) return false;
    text(child);
    return true;
  });
  return true;
}

DocumentId Walk::id(Node node) {
  const auto a = attributes(node);
  if (a.extension.data() && a.extension.empty()) find(Severity::info, "cda.empty_attribute", node, {"extension"});
  take(node);
  return {std::string(a.root), std::string(trim(a.extension))};
}

model::Organisation Walk::organisation(Node node) {
  model::Organisation out;
  take(node);
  each(node, [&](Node child) {
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
    return false;
  });
  return out;
}

}  // namespace huren::cda
