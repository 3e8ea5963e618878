// partner.mllp as the engine sees it: deliver() to every configured partner, and a listener that takes from all of
// them. Promises: an incoming message is handed on with the partner that its certificate proves, whatever the message
// claims. Refuses: two partners with one certificate; a caller whose certificate no partner names
// (transport.peer_rejected, with
//   the fingerprint to enter if it is welcome).
#pragma once
#include <map>
#include <memory>
#include <string>

#include "adapters/common/mllp_server.hpp"
#include "adapters/partner/mllp/link.hpp"

namespace huren::partner_mllp {

class MllpPartner final : public PartnerAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup);
  ~MllpPartner() override;

  Result<void> start() override;
  void stop(std::uint32_t grace_ms) override;
  Receipt deliver(const std::string& partner, const Message& message, std::uint32_t deadline_ms) override;
  [[nodiscard]] bool pipelines() const override { return true; }
  std::vector<Receipt> deliver_many(const std::string& partner, std::span<const Message> messages, std::uint32_t deadline_ms) override;
  Replied ask(const std::string& partner, const Message& question, std::uint32_t deadline_ms) override;

 private:
  explicit MllpPartner(EngineServices& engine) : engine_(engine) {}
  Result<void> configure(const AdapterSetup& setup);
  std::vector<Replied> exchange_with(const std::string& partner, std::span<const Message> messages, std::uint32_t deadline_ms);

  EngineServices& engine_;
  common::Waker stop_;
  common::Gate gate_;
  std::map<std::string, std::unique_ptr<Link>> links_;  // fixed after create
  common::PartnerOf known_;
  std::unique_ptr<common::MllpServer> server_;
};

}  // namespace huren::partner_mllp
