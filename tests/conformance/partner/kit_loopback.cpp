// partner.loopback: no connection, so nothing about connections can be expressed.
#include <atomic>

#include "adapters/partner/loopback/entry.hpp"
#include "tests/conformance/partner/kit.hpp"

namespace huren::test {
namespace {

Reply answer(Behave how, std::string_view body) {
  const auto id = control_id_of(body);
  switch (how) {
    case Behave::AE:
      return {.body = ack("AE", id, "ERR||PID^1^3|101|E")};
    case Behave::AR:
      return {.body = ack("AR", id)};
    case Behave::AR_lasting:
      return {.body = ack("AR", id, "ERR||MSH^1^9|200|E")};
    case Behave::CA:
      return {.body = ack("CA", id)};
    case Behave::CE:
      return {.body = ack("CE", id)};
    case Behave::CR:
      return {.body = ack("CR", id)};
    case Behave::error_with_text:
      return {.body = ack("AE", id, "ERR||PID^1^5|207|E||||王小明 not found")};
    case Behave::foreign_only:
      return {.body = ack("AA", "SOMEBODY")};
    case Behave::unreadable:
      return {.body = "no message at all"};
    case Behave::blank:
      return {.body = " "};
    case Behave::xml:
      return {.body = "<ACK><MSA><MSA.1>AA</MSA.1></MSA></ACK>"};
    default:
      return {.body = ack("AA", id)};
  }
}

class LoopbackKit final : public Kit {
 public:
  explicit LoopbackKit(std::vector<Behave> script) : script_(std::move(script)) {
    static std::atomic<int> number{0};
    name_ = "conformance-" + std::to_string(++number);
    auto made = partner_loopback_entry().create(
        {.engine = &engine, .config_dir = "", .options = {}, .peers = {{"b", {{"channel", name_}}}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter_ = std::move(*made);
    partner_loopback::channel(name_).connect(
        [this](std::string_view body) { return answer(next_ < script_.size() ? script_[next_++] : Behave::AA, body); });
  }
  ~LoopbackKit() override { partner_loopback::channel(name_).connect({}); }
  PartnerAdapter& adapter() override { return dynamic_cast<PartnerAdapter&>(*adapter_); }
  std::vector<std::string> received() override {
    std::vector<std::string> out;
    for (const auto& sent : partner_loopback::channel(name_).sent()) out.push_back(sent.body);
    return out;
  }

 private:
  std::vector<Behave> script_;
  std::size_t next_ = 0;
  std::string name_;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace

KitMaker loopback_kit() {
  return {{.name = "partner.loopback",
           .cannot = {Behave::never, Behave::half_then_close, Behave::half_then_silence, Behave::foreign_then_own,
                      Behave::twice, Behave::close_after_message, Behave::reset_after_message, Behave::close_at_once,
                      Behave::drip}},
          [](std::vector<Behave> script) { return std::make_unique<LoopbackKit>(std::move(script)); }};
}

}  // namespace huren::test
