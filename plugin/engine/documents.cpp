#include "engine/documents.hpp"

#include <algorithm>
#include <filesystem>

#include "core/base/pack.hpp"
#include "core/cda/chain.hpp"
#include "core/cda/lab_document.hpp"
#include "engine/context.hpp"
#include "engine/files.hpp"

namespace huren::engine {
namespace {

// The strictest word of the agreements in force with the partner.
signing::Policy policy_with(const Context& context, const config::Partner& partner) {
  auto strictest = signing::Policy::off;
  for (const auto& a : context.config.agreements) {
    if (a.partner != partner.code || !in_force(a, context.today())) continue;
    const auto policy = signing::policy_from_word(a.signature).value_or(signing::Policy::off);
    if (policy == signing::Policy::required || strictest == signing::Policy::off) strictest = policy;
  }
  return strictest;
}

Result<std::string> plain(std::string_view document) {
  if (!is_packed(document)) return std::string(document);
  auto whole = unpack(document, mapping::kLargestDocument);
  return whole ? std::move(whole) : Error{whole.error().id, "OBX", whole.error().args};
}

// The first place at which the document and its message disagree; empty: nowhere that matters for care.
std::string unlike(const model::LabReport& document, const model::LabReport& message, bool versioned) {
  if (document.origin.code != message.origin.code || document.number != message.number) return "OBR-3";
  if (versioned && document.version != message.version) return "OBR-20";
  if (document.patient.identifiers != message.patient.identifiers || document.patient.name != message.patient.name ||
      document.patient.birth_date != message.patient.birth_date)
    return "PID";
  if (document.status != message.status) return "OBR-25";
  if (document.specimen.collected_at != message.specimen.collected_at) return "SPM-17";
  if (document.observations.size() != message.observations.size()) return "OBX";
  for (std::size_t i = 0; i < document.observations.size(); ++i) {
    const auto &a = document.observations[i], &b = message.observations[i];
    if (a.local.code != b.local.code || a.value != b.value || a.comparator != b.comparator || a.unit != b.unit || a.status != b.status || a.range != b.range ||
        a.flags != b.flags)
      return "OBX[" + std::to_string(i + 1) + "]";
  }
  return {};
}

cda::LabRead read(const Context& context, const config::Partner& partner, std::string_view bytes) {
  return cda::read_lab_report(bytes, {.assumed_offset_minutes = partner.hospital.offset_minutes, .charset = {}, .limits = {},
                                      .transfer = {context.config.transfer_template, context.config.transfer_code}});
}

}  // namespace

Result<Documents> Documents::load(const config::Config& config, const std::string& config_dir) {
  Documents out;
  const std::filesystem::path folder = config_dir;
  const auto& s = config.signing;
  for (const auto& [name, path, into] : {std::tuple{"signing.private_key", &s.private_key, &out.key_}, std::tuple{"signing.certificate", &s.certificate, &out.certificate_},
                                         std::tuple{"signing.authority", &s.authority, &out.authority_}, std::tuple{"signing.crl", &s.crl, &out.crl_}}) {
    if (path->empty()) continue;
    auto text = read_file(folder / *path);
    if (!text) return Error{"signature.file", name, {*path}};
    *into = std::move(*text);
  }
  if (out.key_.empty()) return out;
  if (auto r = signing::sign("?", out.key_, out.certificate_); !r) return Error{r.error().id, "signing.private_key", r.error().args};
  return out;
}

Result<std::string> Documents::sign(const Context& context, const config::Partner& partner, std::string_view document) const {
  if (key_.empty() || document.empty() || policy_with(context, partner) == signing::Policy::off) return std::string();
  const auto bytes = plain(document);
  if (!bytes) return bytes.error();
  return signing::sign(*bytes, key_, certificate_);
}

Findings Documents::admit(const Context& context, const config::Partner& partner, const mapping::OruRead& message, std::int64_t at_ms) const {
  const auto refused = [](const Error& e, const char* where) { return Findings{{Severity::error, {e.id, e.where.empty() ? where : e.where, e.args}}}; };
  const auto policy = policy_with(context, partner);
  if (policy == signing::Policy::off || (policy == signing::Policy::accepted && message.signature.empty())) return {};
  if (message.document.empty()) return refused({"signature.missing", "", {}}, "OBX");
  const auto bytes = plain(message.document);
  if (!bytes) return refused(bytes.error(), "OBX");
  const auto signer = signing::admit(policy, *bytes, message.signature,
                                     {.pinned_sha256 = partner.signers, .authority_pem = authority_, .crl_pem = crl_, .organisation = partner.hospital.code, .at_ms = at_ms});
  if (!signer) return refused(signer.error(), "OBX");
  // From here on the document speaks under a signature: the message may say nothing else.
  const auto read = engine::read(context, partner, *bytes);
  if (!read.report) return read.findings;
  if (message.reports.size() != 1) return refused({"inbound.document_differs", "", {}}, "OBR");
  if (const auto place = unlike(*read.report, cda::canonical(message.reports.front()), message.versioned); !place.empty())
    return refused({"inbound.document_differs", place, {}}, "OBX");
  return {};
}

Result<void> Documents::admit(const Context& context, const config::Partner& partner, std::string_view document, std::string_view signature, std::int64_t at_ms) const {
  const auto signer = signing::admit(policy_with(context, partner), document, signature,
                                     {.pinned_sha256 = partner.signers, .authority_pem = authority_, .crl_pem = crl_, .organisation = partner.hospital.code, .at_ms = at_ms});
  return signer ? Result<void>() : Result<void>(signer.error());
}

Result<Findings> chained(const Context& context, const config::Partner& partner, const std::vector<store::ReportRow>& held, std::string_view document) {
  if (partner.huren || document.empty()) return Findings{};
  const auto bytes = plain(document);
  if (!bytes) return bytes.error();
  const auto incoming = read(context, partner, *bytes).head;
  if (incoming.version == 0) return Findings{};
  cda::Chain chain;
  for (const auto& row : held) {
    const auto earlier = plain(row.document);
    if (!earlier || earlier->empty()) continue;
    const auto was = read(context, partner, *earlier);
    if (was.head.version > 0) chain = cda::with(std::move(chain), was.head, was.report && was.report->status == model::Status::withdrawn);
  }
  auto placed = cda::place(chain, incoming);
  for (const auto& f : placed.findings)
    if (f.severity == Severity::error) return f.error;
  return std::move(placed.findings);
}

}  // namespace huren::engine
