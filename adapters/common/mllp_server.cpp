#include "adapters/common/mllp_server.hpp"

#include <array>
#include <set>
#include <utility>

#include "adapters/common/verdict.hpp"
#include "core/hl7/ack.hpp"
#include "core/hl7/mllp.hpp"

namespace huren::common {
namespace {

// What came without waiting is handled together up to here; the rest follows.
constexpr std::size_t kMostTogether = 32;
constexpr std::size_t kMostBytesTogether = std::size_t{1} << 20;

std::string_view word(IoStatus status) {
  switch (status) {
    case IoStatus::closed:
      return "closed";
    case IoStatus::timed_out:
      return "timed_out";
    case IoStatus::stopped:
      return "stopped";
    case IoStatus::alert:
      return "alert";
    default:
      return "failed";
  }
}

}  // namespace

MllpServer::MllpServer(ConnectionServerSettings connections, MllpServerSettings settings, MllpHandler handler,
                       EngineServices& engine)
    : name_(connections.name),
      settings_(std::move(settings)),
      handler_(std::move(handler)),
      engine_(engine),
      server_(
          std::move(connections), handler_.identify, [this](const Visit& visit) { talk(visit); }, engine) {}

void MllpServer::talk(const Visit& visit) {
  auto& stream = visit.stream;
  hl7::MllpDecoder decoder(settings_.max_frame_bytes);
  std::array<char, 16 * 1024> chunk{};
  Deadline deadline(settings_.idle_timeout_ms);
  bool inside = false;
  std::vector<Inbound> frames;  // not yet handled
  std::size_t bytes = 0;        // of them
  std::set<std::string_view> remarked;  // a peer's habit is told once a connection, not once a message
  for (;;) {
    stream.set_stop(inside ? &visit.stop : &visit.idle_stop);
    const Io io = stream.read(chunk, frames.empty() ? deadline : Deadline(0));
    if (!frames.empty() && io.status == IoStatus::timed_out) {  // no more at hand after all
      if (!answer(visit, frames)) return stream.close_after_drain();
      continue;
    }
    if (io.status == IoStatus::ok)
      decoder.feed({chunk.data(), io.bytes});
    else if (decoder.inside_frame() && io.status != IoStatus::stopped)
      engine_.log(Severity::warning, "mllp.frame_cut",
                  {{"name", name_},
                   {"source", visit.source},
                   {"reason", std::string(word(io.status))},
                   {"bytes", std::to_string(decoder.buffered())}});
    while (auto event = decoder.next()) {
      switch (event->kind) {
        case hl7::MllpEvent::Kind::frame:
          bytes = frames.empty() ? event->bytes.size() : bytes + event->bytes.size();
          frames.push_back({.source = visit.source, .content_type = settings_.content_type, .body = std::move(event->bytes)});
          if (frames.size() == kMostTogether && !answer(visit, frames)) return stream.close_after_drain();
          break;
        case hl7::MllpEvent::Kind::broken: {
          if (!answer(visit, frames)) return stream.close_after_drain();
          engine_.log(Severity::warning, "mllp.frame_refused",
                      {{"name", name_}, {"source", visit.source}, {"reason", std::string(event->error.id)}});
          std::string refusal;
          if (!event->bytes.empty())
            if (const auto reply = handler_.refuse(event->bytes, event->error); !reply.empty()) add(refusal, reply, false);
          if (!send(visit, refusal)) return stream.close_after_drain();
          if (event->error.id == "mllp.oversize") return stream.close_after_drain();  // its rest is not worth reading
          break;
        }
        case hl7::MllpEvent::Kind::remark:
          if (remarked.insert(event->error.id).second)
            engine_.log(Severity::info, "mllp.remark",
                        {{"name", name_}, {"source", visit.source}, {"remark", std::string(event->error.id)}});
          break;
        case hl7::MllpEvent::Kind::commit:
        case hl7::MllpEvent::Kind::nak:
          break;  // nothing of ours waits for one here
      }
    }
    const bool more = !frames.empty() && io.status == IoStatus::ok && bytes < kMostBytesTogether && (decoder.inside_frame() || io.bytes == chunk.size()) && stream.readable();
    if (!more && !answer(visit, frames)) return stream.close_after_drain();
    if (io.status != IoStatus::ok) return stream.close();
    if (!decoder.inside_frame())
      deadline = Deadline(settings_.idle_timeout_ms);
    else if (!inside)
      deadline = Deadline(settings_.frame_timeout_ms);
    inside = decoder.inside_frame();
  }
}

bool MllpServer::answer(const Visit& visit, std::vector<Inbound>& messages) {
  if (messages.empty()) return true;
  const auto replies = handler_.handle(messages);
  std::string bytes;
  for (std::size_t i = 0; i < messages.size() && i < replies.size(); ++i) {
    const auto head = hl7::peek_header(messages[i].body);
    if (hl7::is_ack(head) && head.accept_ack.empty()) continue;  // answering one would never end
    add(bytes, replies[i].body, replies[i].stored);
    if (!replies[i].later.empty()) add(bytes, replies[i].later, replies[i].stored);
  }
  messages.clear();
  return send(visit, bytes);
}

void MllpServer::add(std::string& bytes, const std::string& reply, bool stored) const {
  if (settings_.commit_bytes) bytes += hl7::commit_frame(stored);
  if (!reply.empty()) bytes += hl7::frame(reply);
}

bool MllpServer::send(const Visit& visit, const std::string& bytes) {
  if (bytes.empty()) return true;
  const Io io = visit.stream.write(bytes, Deadline(settings_.write_timeout_ms));
  if (io.status == IoStatus::ok) return true;
  engine_.log(Severity::warning, "mllp.reply_unsent",
              {{"name", name_}, {"source", visit.source}, {"reason", std::string(word(io.status))}});
  return false;
}

}  // namespace huren::common
