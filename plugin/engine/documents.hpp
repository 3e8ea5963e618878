// Signatures of the documents that travel with reports: ours when sent, the partner's when received.
// Promises: what is verified is the very span of bytes that is read and compared with the message, and a signed document that
//   says something else than its message is refused; expired, revoked and wrong-hospital signers are refused by name.
// Refuses: opening the engine with a key that cannot sign.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.hpp"
#include "core/mapping/oru.hpp"
#include "engine/signing/signing.hpp"
#include "huren/store.hpp"

namespace huren::engine {

struct Context;

class Documents {
 public:
  // Reads what [signing] names; errors: signature.* with the option.
  static Result<Documents> load(const config::Config& config, const std::string& config_dir);

  // Empty when no agreement with the partner asks for it or this hospital has no key. document: as it is sent, perhaps packed.
  [[nodiscard]] Result<std::string> sign(const Context& context, const config::Partner& partner, std::string_view document) const;
  // What forbids taking the message: empty when nothing does. at_ms: when it arrived.
  [[nodiscard]] Findings admit(const Context& context, const config::Partner& partner, const mapping::OruRead& message, std::int64_t at_ms) const;

 private:
  std::string key_, certificate_, authority_, crl_;
};

// Where a stranger's document stands among the documents of the versions held of its report: the error of a fork (cda.fork), else
// what a person should know (a version missing between, one that came late). Nothing for a huren, whose ids follow from the
// version, and for a document that states no version: the message alone counts there.
[[nodiscard]] Result<Findings> chained(const Context& context, const config::Partner& partner, const std::vector<store::ReportRow>& held, std::string_view document);

}  // namespace huren::engine
