#include "engine/numbering.hpp"

#include "engine/reports.hpp"

namespace huren::engine {

Result<bool> number_version(store::Unit& unit, const Context& context, model::LabReport& report) {
  auto versions = unit.report_versions(report.origin.code, report.number);
  if (!versions) return versions.error();
  if (versions->empty()) return true;
  report.version = versions->back().version;
  if (versions->back().digest.empty()) return true;
  const auto held = report_in(versions->back());
  const auto same = [&] { return report == held; };  // put_report will refuse it
  if (same()) return false;
  if (report.status == model::Status::final_result) report.status = model::Status::corrected;
  if (report.amendment_reason.empty()) report.amendment_reason = text({"inbound.changed_by_sender", "", {}}, Language::zh);
  if (same()) return false;
  ++report.version;
  context.log.write(Severity::info, "report.version_assigned", {{"version", std::to_string(report.version)}});
  return true;
}

}  // namespace huren::engine
