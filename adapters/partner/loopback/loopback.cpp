#include <array>
#include <map>
#include <memory>
#include <utility>

#include "adapters/common/options.hpp"
#include "adapters/common/verdict.hpp"
#include "adapters/partner/loopback/entry.hpp"
#include "core/hl7/ack.hpp"

namespace huren {
namespace partner_loopback {
namespace {

// "channel" of a partner is where deliveries go; "channel" of [listener] is where this engine's own mail comes in,
// handed to accept() with "from" as the proved sender.
constexpr std::array kOptions{
    AdapterOption{"channel", OptionType::text, "", "进程内通道名", "name of the channel inside the process"},
    AdapterOption{"from", OptionType::text, "", "收到的报文视为来自该伙伴",
                  "the partner that received messages count as"},
};

class Loopback final : public PartnerAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
    auto out = std::make_unique<Loopback>();
    common::OptionReader listener(setup.options, kOptions, "listener", setup.config_dir);
    out->engine_ = setup.engine;
    out->inbox_ = listener.text("channel");
    out->from_ = listener.text("from");
    for (const auto& peer : setup.peers) {
      common::OptionReader options(peer.options, kOptions, "partner." + peer.code, setup.config_dir);
      const auto name = options.text("channel");
      out->channels_.emplace(peer.code, &channel(name.empty() ? peer.code : name));
    }
    return std::unique_ptr<Adapter>(std::move(out));
  }
  ~Loopback() override { stop(0); }

  Result<void> start() override {
    if (inbox_.empty()) return {};
    channel(inbox_).connect([this](std::string_view body) {
      return engine_->accept({.source = from_, .content_type = "application/hl7-v2", .body = std::string(body)});
    });
    connected_ = true;
    return {};
  }
  void stop(std::uint32_t) override {
    if (std::exchange(connected_, false)) channel(inbox_).connect({});
  }
  Receipt deliver(const std::string& partner, const Message& message, std::uint32_t) override {
    const auto it = channels_.find(partner);
    if (it == channels_.end()) return common::not_sent({"transport.no_partner", "partner." + partner, {partner}});
    return it->second->take(message, "partner." + partner).receipt;
  }
  Replied ask(const std::string& partner, const Message& question, std::uint32_t) override {
    const auto it = channels_.find(partner);
    if (it == channels_.end()) return {common::not_sent({"transport.no_partner", "partner." + partner, {partner}}), {}};
    return it->second->take(question, "partner." + partner);
  }

 private:
  EngineServices* engine_ = nullptr;
  std::string inbox_, from_;
  bool connected_ = false;
  std::map<std::string, Channel*> channels_;
};

}  // namespace

Channel& channel(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Channel>> channels;
  const std::lock_guard lock(mutex);
  auto& slot = channels[name];
  if (!slot) slot = std::make_unique<Channel>();
  return *slot;
}

void Channel::script(std::vector<Step> steps) {
  const std::lock_guard lock(mutex_);
  for (auto& s : steps) steps_.push_back(std::move(s));
}

void Channel::connect(std::function<Reply(std::string_view)> receiver) {
  const std::lock_guard lock(mutex_);
  receiver_ = std::move(receiver);
}

std::vector<Channel::Sent> Channel::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

void Channel::clear() {
  const std::lock_guard lock(mutex_);
  steps_.clear();
  sent_.clear();
}

// The receiver runs under the lock: a channel carries one message at a time, and disconnecting waits for it.
Replied Channel::take(const Message& message, const std::string& where) {
  const std::lock_guard lock(mutex_);
  std::optional<Step> step;
  if (!steps_.empty()) {
    step = std::move(steps_.front());
    steps_.pop_front();
  }
  if (step && !step->hand_on) return {std::move(step->receipt), {}};
  sent_.push_back({std::string(message.id), std::string(message.type), std::string(message.content_type),
                   std::string(message.body)});
  Reply reply;
  if (receiver_) reply = receiver_(message.body);
  if (step) return {std::move(step->receipt), {}};
  if (!receiver_) return {{.outcome = Outcome::delivered, .code = "AA"}, {}};
  const auto ack = hl7::parse_ack(reply.body);
  if (!ack) return {common::unknown({"transport.ack_unreadable", where, {std::string(ack.error().id)}}), {}};
  if (ack->control_id != message.id) return {common::unknown({"transport.wrong_control_id", where, {}}), {}};
  return {common::judge(*ack, where), std::move(reply.body)};
}

}  // namespace partner_loopback

const AdapterEntry& partner_loopback_entry() {
  static constexpr AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                      .id = "partner.loopback",
                                      .kind = "huren.partner/1",
                                      .summary = "deliveries inside this process, for tests",
                                      .options = partner_loopback::kOptions.data(),
                                      .option_count = partner_loopback::kOptions.size(),
                                      .create = &partner_loopback::Loopback::create};
  return entry;
}

}  // namespace huren
