// partner.https over real TLS sockets against ScriptedPeer, the peer's HTTP written by hand.
#include "adapters/partner/https/entry.hpp"
#include "tests/conformance/partner/kit.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/scripted_peer.hpp"

namespace huren::test {
namespace {

constexpr const char* kType = "application/hl7-v2; charset=utf-8";

std::string whole(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/hl7-v2\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// True: the connection goes on.
bool behave(Session& s, Behave how) {
  if (how == Behave::close_at_once) return false;
  const auto got = s.request();
  if (!got) return false;
  const auto id = control_id_of(*got);
  const auto own = ack("AA", id);
  const auto ok = [&](const std::string& body) { return s.respond("200 OK", kType, body), true; };
  switch (how) {
    case Behave::AA:
      return ok(own);
    case Behave::AE:
      return ok(ack("AE", id, "ERR||PID^1^3|101|E"));
    case Behave::AR:
      return ok(ack("AR", id));
    case Behave::AR_lasting:
      return ok(ack("AR", id, "ERR||MSH^1^9|200|E"));
    case Behave::CA:
      return ok(ack("CA", id));
    case Behave::CE:
      return ok(ack("CE", id));
    case Behave::CR:
      return ok(ack("CR", id));
    case Behave::error_with_text:
      return ok(ack("AE", id, "ERR||PID^1^5|207|E||||王小明 not found"));
    case Behave::never:
      s.wait_closed();
      return false;
    case Behave::half_then_close:
      s.send(whole(own).substr(0, whole(own).size() - 20));
      return false;
    case Behave::half_then_silence:
      s.send(whole(own).substr(0, 20));
      s.wait_closed();
      return false;
    case Behave::foreign_only:
      return ok(ack("AA", "SOMEBODY"));
    case Behave::close_after_message:
      return false;
    case Behave::reset_after_message:
      s.reset();
      return false;
    case Behave::drip:
      s.drip(whole(own));
      return true;
    case Behave::unreadable:
      return ok("no message at all");
    case Behave::blank:
      return ok(" ");
    case Behave::xml:
      return ok("<ACK><MSA><MSA.1>AA</MSA.1></MSA></ACK>");
    case Behave::foreign_then_own:
    case Behave::twice:
    case Behave::close_at_once:
      return false;
  }
  return false;
}

class HttpsKit final : public Kit {
 public:
  explicit HttpsKit(std::vector<Behave> script) {
    const auto& certificates = Certificates::all();
    auto steps = std::make_shared<std::vector<Behave>>(std::move(script));
    auto next = std::make_shared<std::size_t>(0);
    peer_ = std::make_unique<ScriptedPeer>(std::vector<ScriptedPeer::Script>{[steps, next](Session& s) {
                                             while (*next < steps->size())
                                               if (!behave(s, (*steps)[(*next)++])) return;
                                             s.wait_closed();
                                           }},
                                           *certificates.source("hospital_b", true)->current());
    auto made = partner_https_entry().create(
        {.engine = &engine,
         .config_dir = certificates.dir(),
         .options = {{"certificate", "hospital_a.pem"}, {"private_key", "hospital_a.key"}, {"trust", "ca.pem"}},
         .peers = {{"b",
                    {{"address", peer_->address()},
                     {"path", "/hl7"},
                     {"certificate_sha256", certificates.sha256("hospital_b")}}}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter_ = std::move(*made);
    if (auto started = adapter_->start(); !started) throw std::runtime_error(line(started.error()));
  }
  ~HttpsKit() override { adapter_->stop(1'000); }
  PartnerAdapter& adapter() override { return dynamic_cast<PartnerAdapter&>(*adapter_); }
  std::vector<std::string> received() override { return peer_->received(); }
  int connections() override { return peer_->connections(); }

 private:
  std::unique_ptr<ScriptedPeer> peer_;
  std::unique_ptr<Adapter> adapter_;
};

}  // namespace

KitMaker https_kit() {
  return {{.name = "partner.https", .cannot = {Behave::foreign_then_own, Behave::twice}},
          [](std::vector<Behave> script) { return std::make_unique<HttpsKit>(std::move(script)); }};
}

}  // namespace huren::test
