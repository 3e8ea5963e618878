#include "tests/bench/sync/peers.hpp"

#include <array>
#include <chrono>
#include <list>
#include <memory>

#include "adapters/common/stream.hpp"

namespace huren::bench {
namespace {

std::string field(std::string_view message, int number) {  // of MSH, which is the first segment
  std::size_t at = 0;
  for (int i = 1; i < number; ++i) at = message.find('|', at) + 1;
  return std::string(message.substr(at, message.find('|', at) - at));
}

std::optional<std::string> frame_at_hand(hl7::MllpDecoder& decoder) {
  while (auto event = decoder.next())
    if (event->kind == hl7::MllpEvent::Kind::frame) return std::move(event->bytes);
  return std::nullopt;
}

std::optional<std::string> next_frame(common::Stream& stream, hl7::MllpDecoder& decoder, std::uint32_t wait_ms) {
  std::array<char, 16 * 1024> chunk{};
  const common::Deadline deadline(wait_ms);
  for (;;) {
    if (auto frame = frame_at_hand(decoder)) return frame;
    const auto io = stream.read(chunk, deadline);
    if (io.status != common::IoStatus::ok) return std::nullopt;
    decoder.feed({chunk.data(), io.bytes});
  }
}

}  // namespace

std::string control_id_of(std::string_view message) { return field(message, 10); }

std::string answer_to(std::string_view message) {
  const auto id = control_id_of(message);
  return "MSH|^~\\&|B|B|A|A|20261122083000||ACK^R01^ACK|S" + id + "|P|2.5.1\rMSA|AA|" + id + "\r";
}

std::optional<std::string> receive(Poco::Net::StreamSocket& socket, hl7::MllpDecoder& decoder) {
  std::array<char, 16 * 1024> chunk;
  for (;;) {
    if (auto frame = frame_at_hand(decoder)) return frame;
    const int got = socket.receiveBytes(chunk.data(), static_cast<int>(chunk.size()));
    if (got <= 0) return std::nullopt;
    decoder.feed({chunk.data(), static_cast<std::size_t>(got)});
  }
}

Sink::Sink() : listener_(Poco::Net::SocketAddress("127.0.0.1", 0), 128), port_(listener_.address().port()), acceptor_([this] { accept_loop(); }) {}

Sink::~Sink() {
  stopping_ = true;
  acceptor_.join();
}

void Sink::accept_loop() {
  common::block_sigpipe();
  std::list<std::thread> talks;
  while (!stopping_) {
    if (!listener_.poll(Poco::Timespan(0, 50'000), Poco::Net::Socket::SELECT_READ)) continue;
    talks.emplace_back([this, socket = listener_.acceptConnection()] {
      common::Stream stream(socket, nullptr);
      hl7::MllpDecoder decoder(std::size_t{1} << 24);
      while (!stopping_) {
        if (stream.wait_readable(common::Deadline(100)) == common::IoStatus::timed_out) continue;
        std::string answers;
        for (auto frame = next_frame(stream, decoder, 1'000); frame; frame = frame_at_hand(decoder)) {
          ++received_;
          answers += hl7::frame(answer_to(*frame));
        }
        if (answers.empty() || stream.write(answers, common::Deadline(5'000)).status != common::IoStatus::ok) break;
      }
      stream.close();
    });
  }
  for (auto& t : talks) t.join();
}

std::string oru(const std::string& control_id, int patient) {
  static const std::string results = [] {
    std::string out;
    for (int i = 1; i <= 25; ++i)
      out += "OBX|" + std::to_string(i) + "|NM|GLU" + std::to_string(i) + "^葡萄糖^L^14749-6^^LN||5.42|mmol/L|3.9-6.1|N|||F|||20261122070000+0800||L0007^李强|HK^己糖激酶法^L\r";
    return out;
  }();
  return "MSH|^~\\&|LIS|HB-COUNTY-01|HIS|HB-CITY-01|20261122083000+0800||ORU^R01^ORU_R01|" + control_id +
         "|P|2.5.1|||||CHN|UNICODE UTF-8\rPID|1||A-" + std::to_string(patient) + "^^^HB-COUNTY-01^PI||陈东珅||19491231|F\rORC|RE||" + control_id +
         "\rOBR|1||" + control_id + "|SH01^生化^L|||20261122070000+0800|||||||||||||||20261122083000+0800|||F\r" + results;
}

// Blocking sockets: a message is one write and one read here, so that the hospital's share of what is measured stays large.
Figures send_for(int port, int connections, double seconds, const std::string& run) {
  struct Line {
    Poco::Net::StreamSocket socket;
    hl7::MllpDecoder decoder{std::size_t{1} << 20};
  };
  std::vector<Line> lines(static_cast<std::size_t>(connections));
  for (auto& line : lines) {
    line.socket.connect(Poco::Net::SocketAddress("127.0.0.1", static_cast<std::uint16_t>(port)), Poco::Timespan(5, 0));
    line.socket.setNoDelay(true);
    line.socket.setReceiveTimeout(Poco::Timespan(10, 0));
  }
  const auto f = measure(connections, seconds, [&](int t, int i) {
    const auto id = run + std::to_string(t) + "N" + std::to_string(i);
    auto& line = lines[static_cast<std::size_t>(t)];
    const auto message = hl7::frame(oru(id, (t * 7919 + i) % 2000));
    if (line.socket.sendBytes(message.data(), static_cast<int>(message.size())) != static_cast<int>(message.size())) die("relay: not sent");
    const auto answer = receive(line.socket, line.decoder);
    if (!answer) die("relay: no answer");
    if (answer->find("MSA|AA|" + id) == std::string::npos) die("relay: no AA: " + *answer);
  });
  for (auto& line : lines) line.socket.close();
  return f;
}

}  // namespace huren::bench
