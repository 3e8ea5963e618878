#include "core/cda/chain.hpp"

#include <algorithm>

namespace huren::cda {
namespace {

DocumentId set_of(const Head& head) { return head.set.extension.empty() ? head.id : head.set; }
int version_of(const Head& head) { return std::max(head.version, 1); }

void tell(Placed& placed, Severity severity, std::string_view id, std::vector<std::string> args) {
  placed.findings.push_back({severity, {id, "/ClinicalDocument/versionNumber", std::move(args)}});
}

Placed fork(int version) {
  Placed out{Arrival::fork, {}};
  tell(out, Severity::error, "cda.fork", {std::to_string(version)});
  return out;
}

}  // namespace

Placed place(const Chain& held, const Head& incoming) {
  Placed out;
  const int version = version_of(incoming);
  if (incoming.appends) {
    out.arrival = Arrival::addendum;
    return out;
  }
  const auto told_gap = [&] { tell(out, Severity::warning, "cda.version_gap", {std::to_string(version), std::to_string(version - 1)}); };
  if (held.links.empty()) {
    if (version > 1) told_gap();
    return out;
  }
  if (set_of(incoming) != held.set) {
    out.arrival = Arrival::foreign;
    return out;
  }
  for (const auto& link : held.links) {
    if (link.version != version) {
      if (link.id == incoming.id) return fork(version);  // one document, two versions
      continue;
    }
    if (link.id != incoming.id) return fork(version);
    out.arrival = Arrival::same;
    tell(out, Severity::info, "cda.same_version", {});
    return out;
  }
  const auto& newest = held.links.back();
  if (version < newest.version) {
    out.arrival = Arrival::older;
    tell(out, Severity::warning, "cda.older_version", {std::to_string(version), std::to_string(newest.version)});
    return out;
  }
  if (version == newest.version + 1) {
    if (incoming.replaces && *incoming.replaces != newest.id) return fork(version);
    out.arrival = Arrival::newer;
    return out;
  }
  // the parent is missing here; one that replaces an elder of what is held splits the chain
  if (incoming.replaces)
    for (const auto& link : held.links)
      if (link.id == *incoming.replaces) return fork(version);
  out.arrival = Arrival::gap;
  told_gap();
  return out;
}

Chain with(Chain held, const Head& incoming, bool withdrawn) {
  const auto arrival = place(held, incoming).arrival;
  if (arrival == Arrival::same || arrival == Arrival::fork || arrival == Arrival::foreign || arrival == Arrival::addendum) return held;
  if (held.links.empty()) held.set = set_of(incoming);
  held.links.push_back({incoming.id, version_of(incoming), withdrawn});
  std::sort(held.links.begin(), held.links.end(), [](const Link& a, const Link& b) { return a.version < b.version; });
  return held;
}

}  // namespace huren::cda
