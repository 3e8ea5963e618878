// partner.mllp over real TLS sockets against ScriptedPeer.
#include "adapters/partner/mllp/entry.hpp"
#include "tests/conformance/partner/kit.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/scripted_peer.hpp"

namespace huren::test {
namespace {

void behave(Session& s, Behave how) {
  if (how == Behave::close_at_once) return;
  const auto got = s.message();
  if (!got) return;
  const auto id = control_id_of(*got);
  const auto own = ack("AA", id);
  const auto framed = "\x0B" + own + "\x1C\x0D";
  switch (how) {
    case Behave::AA:
      return s.frame(own);
    case Behave::AE:
      return s.frame(ack("AE", id, "ERR||PID^1^3|101|E"));
    case Behave::AR:
      return s.frame(ack("AR", id));
    case Behave::AR_lasting:
      return s.frame(ack("AR", id, "ERR||MSH^1^9|200|E"));
    case Behave::CA:
      return s.frame(ack("CA", id));
    case Behave::CE:
      return s.frame(ack("CE", id));
    case Behave::CR:
      return s.frame(ack("CR", id));
    case Behave::error_with_text:
      return s.frame(ack("AE", id, "ERR||PID^1^5|207|E||||王小明 not found"));
    case Behave::never:
      return s.wait_closed();
    case Behave::half_then_close:
      return s.send(framed.substr(0, framed.size() / 2));
    case Behave::half_then_silence:
      s.send(framed.substr(0, framed.size() / 2));
      return s.wait_closed();
    case Behave::foreign_then_own:
      s.frame(ack("AA", "SOMEBODY"));
      return s.frame(own);
    case Behave::foreign_only:
      s.frame(ack("AA", "SOMEBODY"));
      return s.wait_closed();
    case Behave::twice:
      s.frame(own);
      return s.frame(own);
    case Behave::close_after_message:
      return;
    case Behave::reset_after_message:
      return s.reset();
    case Behave::drip:
      return s.drip(framed);
    case Behave::unreadable:
      return s.frame("no message at all");
    case Behave::blank:
      return s.frame(" ");
    case Behave::xml:
      return s.frame("<ACK><MSA><MSA.1>AA</MSA.1></MSA></ACK>");
    case Behave::close_at_once:
      return;
  }
}

bool ends_connection(Behave how) {
  switch (how) {
    case Behave::never:
    case Behave::half_then_close:
    case Behave::half_then_silence:
    case Behave::foreign_only:
    case Behave::close_after_message:
    case Behave::reset_after_message:
    case Behave::close_at_once:
      return true;
    default:
      return false;
  }
}

class MllpKit final : public Kit {
 public:
  explicit MllpKit(std::vector<Behave> script) {
    const auto& certificates = Certificates::all();
    auto steps = std::make_shared<std::vector<Behave>>(std::move(script));
    auto next = std::make_shared<std::size_t>(0);
    peer_ = std::make_unique<ScriptedPeer>(std::vector<ScriptedPeer::Script>{[steps, next](Session& s) {
                                             while (*next < steps->size()) {
                                               const auto how = (*steps)[(*next)++];
                                               behave(s, how);
                                               if (ends_connection(how)) return;
                                             }
                                             s.wait_closed();
                                           }},
                                           *certificates.source("hospital_b", true)->current());
    AdapterSetup setup{
        .engine = &engine,
        .config_dir = certificates.dir(),
        .options = {{"certificate", "hospital_a.pem"}, {"private_key", "hospital_a.key"}, {"trust", "ca.pem"}},
        .peers = {{"b", {{"address", peer_->address()}, {"certificate_sha256", certificates.sha256("hospital_b")}}}}};
    auto made = partner_mllp_entry().create(setup);
    if (!made) throw std::runtime_error(line(made.error()));
    adapter_ = std::move(*made);
    if (auto started = adapter_->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~MllpKit() override { adapter_->stop(1'000); }
  PartnerAdapter& adapter() override { return dynamic_cast<PartnerAdapter&>(*adapter_); }
  std::vector<std::string> received() override { return peer_->received(); }
  int connections() override { return peer_->connections(); }

 private:
  std::unique_ptr<ScriptedPeer> peer_;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace

KitMaker mllp_kit() {
  return {{.name = "partner.mllp", .cannot = {}},
          [](std::vector<Behave> script) { return std::make_unique<MllpKit>(std::move(script)); }};
}

}  // namespace huren::test
