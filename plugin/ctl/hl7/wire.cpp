#include "ctl/hl7/wire.hpp"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <list>

#include "core/hl7/charset.hpp"
#include "core/hl7/mllp.hpp"

namespace huren::ctl {
namespace {

using Clock = std::chrono::steady_clock;
using Poco::Net::Socket;
using Poco::Net::StreamSocket;

void send_all(StreamSocket& socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const int n = socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()), MSG_NOSIGNAL);
    if (n <= 0) throw Poco::Net::NetException("closed");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string said(const Error& e, Language language) { return (e.where.empty() ? "" : e.where + ": ") + text(e, language) + " [" + std::string(e.id) + "]"; }

std::string shown(const Findings& findings, Language language) {
  std::string out;
  for (const auto& f : findings) out += "\n  " + said(f.error, language);
  return out;
}

}  // namespace

struct MllpClient::State {
  StreamSocket socket;
  hl7::MllpDecoder decoder;
  int timeout_ms = 0;
  std::string fault;
};

MllpClient::MllpClient(const std::string& host, std::uint16_t port, int timeout_ms) : state_(std::make_unique<State>()) {
  state_->timeout_ms = timeout_ms;
  try {
    state_->socket.connect(Poco::Net::SocketAddress(host, port), Poco::Timespan(timeout_ms / 1000, timeout_ms % 1000 * 1000));
    state_->socket.setNoDelay(true);
  } catch (const Poco::Exception& e) {
    state_->fault = e.name();
  }
}

MllpClient::~MllpClient() = default;

Result<Sent> MllpClient::send(const std::string& message) {
  auto& s = *state_;
  if (!s.fault.empty()) return Error{"mllp.connect", "", {s.fault}};
  const auto header = hl7::peek_header(message);
  Sent committed;
  const auto without_more = [&](Error why) -> Result<Sent> {
    if (!committed.commit) return why;
    committed.still_owed = true;
    return committed;
  };
  const auto deadline = Clock::now() + std::chrono::milliseconds(s.timeout_ms);
  try {
    send_all(s.socket, hl7::frame(message));
    std::array<char, 16384> chunk{};
    while (true) {
      while (auto event = s.decoder.next()) {
        if (event->kind != hl7::MllpEvent::Kind::frame) continue;
        auto ack = hl7::parse_ack(event->bytes);
        if (!ack) return ack.error();
        const auto verdict = hl7::judge(header, *ack);
        if (verdict == hl7::AckVerdict::stranger) continue;
        if (verdict != hl7::AckVerdict::committed) return Sent{*std::move(ack), verdict, committed.commit, false};
        committed = {*ack, verdict, *ack, false};
      }
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(deadline - Clock::now()).count();
      if (left <= 0 || !s.socket.poll(Poco::Timespan(left), Socket::SELECT_READ))
        return without_more({"mllp.no_answer", "", {std::to_string(s.timeout_ms)}});
      const int n = s.socket.receiveBytes(chunk.data(), static_cast<int>(chunk.size()));
      if (n <= 0) return without_more({"mllp.closed", "", {}});
      s.decoder.feed(std::string_view(chunk.data(), static_cast<std::size_t>(n)));
    }
  } catch (const Poco::Exception&) {
    return without_more({"mllp.closed", "", {}});
  }
}

namespace {

struct Connection {
  StreamSocket socket;
  hl7::MllpDecoder decoder;
  Clock::time_point last;
};

class Listener {
 public:
  Listener(const ListenOptions& options, std::ostream& out) : options_(options), out_(out) {}

  Result<void> run() {
    try {
      Poco::Net::ServerSocket server(Poco::Net::SocketAddress("0.0.0.0", options_.port));
      out_ << "listening on " << server.address().port() << std::endl;
      while (!options_.messages || count_ < options_.messages) step(server);
    } catch (const Poco::Exception& e) {
      return Error{"mllp.listen", "", {std::to_string(options_.port), e.name()}};
    }
    return {};
  }

 private:
  void step(Poco::Net::ServerSocket& server) {
    Socket::SocketList read{server}, write, except;
    for (auto& c : connections_) read.push_back(c.socket);
    Socket::select(read, write, except, Poco::Timespan(0, 200'000));
    for (const auto& ready : read) {
      if (ready == server) {
        auto& c = connections_.emplace_back();
        c.socket = server.acceptConnection();
        c.socket.setNoDelay(true);
        c.last = Clock::now();
      }
    }
    for (auto c = connections_.begin(); c != connections_.end();) {
      const bool ready = std::find(read.begin(), read.end(), c->socket) != read.end();
      c = (ready && !receive(*c)) || timed_out(*c) ? connections_.erase(c) : std::next(c);
    }
  }

  bool timed_out(const Connection& c) {
    if (!c.decoder.inside_frame() || Clock::now() - c.last < std::chrono::milliseconds(options_.frame_timeout_ms)) return false;
    out_ << said({"mllp.slow", "", {std::to_string(options_.frame_timeout_ms)}}, options_.language) << std::endl;
    return true;
  }

  bool receive(Connection& c) {
    std::array<char, 16384> chunk{};
    try {
      const int n = c.socket.receiveBytes(chunk.data(), static_cast<int>(chunk.size()));
      c.last = Clock::now();
      if (n <= 0) c.decoder.close();
      else c.decoder.feed(std::string_view(chunk.data(), static_cast<std::size_t>(n)));
      while (auto event = c.decoder.next()) handle(c, *event);
      return n > 0;
    } catch (const Poco::Exception&) {
      return false;
    }
  }

  void handle(Connection& c, const hl7::MllpEvent& event) {
    using Kind = hl7::MllpEvent::Kind;
    if (event.kind == Kind::remark || event.kind == Kind::broken) out_ << said(event.error, options_.language) << std::endl;
    if (event.kind == Kind::broken) refuse(c, event.bytes, event.error);
    if (event.kind != Kind::frame) return;
    ++count_;
    keep(event.bytes);
    const auto m = hl7::Message::view(event.bytes);
    if (!m) {
      out_ << "AR " << said(m.error(), options_.language) << std::endl;
      return refuse(c, event.bytes, m.error());
    }
    const auto header = m->header();
    if (hl7::is_ack(header)) {
      out_ << "ACK, not acknowledged" << std::endl;
      return;
    }
    auto findings = hl7::check(*m, options_.profile ? *options_.profile : hl7::Profile::standard());
    std::erase_if(findings, [](const Finding& f) { return f.severity == Severity::info; });
    const auto code = hl7::ack_code(options_.forced_code).value_or(has_error(findings) ? hl7::AckCode::AE : hl7::AckCode::AA);
    const auto mode = hl7::ack_mode(header);
    auto asked = context();
    if (m->charset() == Charset::gb18030) asked.charset = Charset::gb18030;
    std::string said;
    const bool commit = hl7::is_commit(code);  // only when forced
    if (commit || (mode.enhanced && hl7::wanted(mode.accept, true))) {
      const auto first = commit ? code : hl7::AckCode::CA;
      said += std::string(to_string(first)) + ' ';
      answer(c, hl7::build_ack(header, first, {}, asked));
    }
    if (!commit && hl7::wanted(mode.application, code == hl7::AckCode::AA)) {
      said += std::string(to_string(code)) + ' ';
      asked.control_id = context().control_id;
      answer(c, hl7::build_ack(header, code, findings, asked));
    }
    out_ << (said.empty() ? "no answer wanted " : said) << header.type << '^' << header.trigger << ' ' << header.control_id << shown(findings, options_.language) << std::endl;
  }

  void refuse(Connection& c, std::string_view bytes, const Error& why) {
    const bool enhanced = hl7::ack_mode(hl7::peek_header(bytes)).enhanced;
    answer(c, hl7::build_nak(bytes, enhanced ? hl7::AckCode::CR : hl7::AckCode::AR, why, context()));
  }
  void answer(Connection& c, const std::string& ack) { send_all(c.socket, hl7::frame(ack)); }

  hl7::AckContext context() {
    hl7::AckContext c;
    c.control_id = std::to_string(now_ms()) + std::to_string(++acks_);
    c.time = from_epoch_ms(now_ms(), 480);
    return c;
  }

  void keep(const std::string& bytes) {
    if (options_.folder.empty()) return;
    std::ofstream file(std::filesystem::path(options_.folder) / (std::to_string(count_) + ".hl7"), std::ios::binary);
    file << bytes;
  }

  const ListenOptions& options_;
  std::ostream& out_;
  std::list<Connection> connections_;
  int count_ = 0, acks_ = 0;
};

}  // namespace

Result<void> listen(const ListenOptions& options, std::ostream& out) { return Listener(options, out).run(); }

}  // namespace huren::ctl
