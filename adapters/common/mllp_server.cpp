#include "adapters/common/mllp_server.hpp"

#include <array>
#include <set>
#include <utility>

#include "adapters/common/verdict.hpp"
#include "core/hl7/ack.hpp"
#include "core/hl7/mllp.hpp"

namespace huren::common {
namespace {

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
      settings_(settings),
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
  std::set<std::string_view> remarked;  // a peer's habit is told once a connection, not once a message
  for (;;) {
    stream.set_stop(inside ? &visit.stop : &visit.idle_stop);
    const Io io = stream.read(chunk, deadline);
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
          if (!answer(visit, std::move(event->bytes))) return stream.close_after_drain();
          break;
        case hl7::MllpEvent::Kind::broken: {
          engine_.log(Severity::warning, "mllp.frame_refused",
                      {{"name", name_}, {"source", visit.source}, {"reason", std::string(event->error.id)}});
          const auto reply = event->bytes.empty() ? "" : handler_.refuse(event->bytes, event->error);
          if (!reply.empty() && !send(visit, reply, false)) return stream.close_after_drain();
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
    if (io.status != IoStatus::ok) return stream.close();
    if (!decoder.inside_frame())
      deadline = Deadline(settings_.idle_timeout_ms);
    else if (!inside)
      deadline = Deadline(settings_.frame_timeout_ms);
    inside = decoder.inside_frame();
  }
}

bool MllpServer::answer(const Visit& visit, std::string&& message) {
  const auto head = hl7::peek_header(message);
  const bool never_answered = hl7::is_ack(head) && head.accept_ack.empty();  // answering one would never end
  const Reply reply = handler_.handle(visit.source, std::move(message));
  if (never_answered) return true;
  return send(visit, reply.body, reply.stored) && (reply.later.empty() || send(visit, reply.later, reply.stored));
}

bool MllpServer::send(const Visit& visit, const std::string& reply, bool stored) {
  std::string bytes;
  if (settings_.commit_bytes) bytes = hl7::commit_frame(stored);
  if (!reply.empty()) bytes += hl7::frame(reply);
  if (bytes.empty()) return true;
  const Io io = visit.stream.write(bytes, Deadline(settings_.write_timeout_ms));
  if (io.status == IoStatus::ok) return true;
  engine_.log(Severity::warning, "mllp.reply_unsent",
              {{"name", name_}, {"source", visit.source}, {"reason", std::string(word(io.status))}});
  return false;
}

}  // namespace huren::common
