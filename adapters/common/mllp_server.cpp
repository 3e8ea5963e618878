#include "adapters/common/mllp_server.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/hl7/ack.hpp"
#include "core/hl7/mllp.hpp"

namespace huren::common {
namespace {

constexpr int kHousekeepingMs = 30'000;  // certificates are looked at this often even when nobody connects

std::string_view word(IoStatus status) {
  switch (status) {
    case IoStatus::closed: return "closed";
    case IoStatus::timed_out: return "timed_out";
    case IoStatus::stopped: return "stopped";
    case IoStatus::alert: return "alert";
    default: return "failed";
  }
}

}  // namespace

MllpServer::MllpServer(MllpServerSettings settings, MllpHandler handler, EngineServices& engine)
    : settings_(std::move(settings)), handler_(std::move(handler)), engine_(engine) {}

MllpServer::~MllpServer() { stop(); }

Result<void> MllpServer::start() {
  if (settings_.tls)
    if (auto context = settings_.tls->current(); !context) return context.error();
  try {
    const Poco::Net::SocketAddress address(settings_.listen.host, settings_.listen.port);
    socket_ = Poco::Net::ServerSocket();
    socket_.bind(address, true);
    socket_.listen(128);
    socket_.setBlocking(false);  // a client that left between poll and accept must not hold the acceptor
    port_ = socket_.address().port();
  } catch (const Poco::Exception& e) {
    return Error{"transport.cannot_listen", settings_.name, {settings_.listen.text(), e.name()}};
  }
  stop_.lower();
  engine_.log(Severity::info, "mllp.listening",
              {{"name", settings_.name},
               {"address", Endpoint{settings_.listen.host, port_}.text()},
               {"tls", settings_.tls ? "yes" : "no"}});
  acceptor_ = std::thread([this] { accept_loop(); });
  return {};
}

void MllpServer::stop() {
  if (!acceptor_.joinable()) return;
  stop_.raise();
  acceptor_.join();
  try {
    socket_.close();
  } catch (const Poco::Exception&) {
    // Closed already.
  }
  reap(true);
}

void MllpServer::accept_loop() {
  block_sigpipe();
  const int fd = socket_.impl()->sockfd();
  report_tls();
  while (!stop_.raised()) {
    std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    const int n = ::poll(fds.data(), fds.size(), kHousekeepingMs);
    if (n < 0 && errno != EINTR) return;
    reap(false);
    report_tls();
    if (n <= 0 || fds[0].revents == 0) continue;
    try {
      auto socket = socket_.acceptConnection();
      if (connections_.size() >= settings_.max_connections) {
        engine_.log(Severity::warning, "mllp.busy",
                    {{"name", settings_.name}, {"limit", std::to_string(settings_.max_connections)}});
        socket.close();
        continue;
      }
      auto& connection = connections_.emplace_back();
      connection.thread = std::thread([this, socket, &connection]() mutable {
        serve(std::move(socket));
        connection.done = true;
      });
    } catch (const std::system_error&) {  // no thread to be had
      connections_.pop_back();
      engine_.log(Severity::error, "mllp.busy", {{"name", settings_.name}, {"limit", "threads"}});
    } catch (const Poco::Exception&) {
      // The client left before it was accepted, or no descriptor is free: wait a little, then look again.
      pollfd stop{stop_.fd(), POLLIN, 0};
      ::poll(&stop, 1, 10);
    }
  }
}

void MllpServer::reap(bool all) {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!all && !it->done) {
      ++it;
      continue;
    }
    it->thread.join();
    it = connections_.erase(it);
  }
}

void MllpServer::report_tls() {
  if (!settings_.tls) return;
  const auto context = settings_.tls->current();
  const auto change = settings_.tls->take_change();
  for (const auto& e : change.failed)
    engine_.log(Severity::error, "tls.reload_failed", {{"name", settings_.name}, {"reason", line(e)}});
  if (change.reloaded) engine_.log(Severity::info, "tls.reloaded", {{"name", settings_.name}});
  if (context) expiry_.check(engine_, (*context)->settings().certificate, (*context)->own_not_after_ms());
}

void MllpServer::serve(Poco::Net::StreamSocket socket) {
  block_sigpipe();
  try {
    Stream stream(std::move(socket), &stop_);
    if (settings_.tls) {
      auto context = settings_.tls->current();
      if (!context) return stream.close();
      auto secured = stream.secure(*context, Deadline(settings_.handshake_timeout_ms), settings_.name);
      if (!secured) {
        engine_.log(Severity::warning, "mllp.peer_rejected",
                    {{"name", settings_.name},
                     {"address", stream.peer_address()},
                     {"fingerprint", stream.verify_report().fingerprint},
                     {"reason", std::string(secured.error().id)},
                     {"text", text(secured.error(), Language::en)}});
        return stream.close_after_drain();
      }
    }
    const auto source = handler_.identify(stream.peer());
    if (source.empty()) {
      engine_.log(Severity::warning, "mllp.peer_rejected",
                  {{"name", settings_.name},
                   {"address", stream.peer_address()},
                   {"fingerprint", stream.peer().fingerprint},
                   {"reason", "transport.unknown_partner"},
                   {"text", text(Error{"transport.unknown_partner", "", {}}, Language::en)}});
      return stream.close_after_drain();
    }
    talk(stream, source);
  } catch (const std::exception& e) {  // Poco or the allocator: this connection ends, the server goes on
    engine_.log(Severity::error, "mllp.connection_failed", {{"name", settings_.name}, {"reason", typeid(e).name()}});
  }
}

void MllpServer::talk(Stream& stream, const std::string& source) {
  hl7::MllpDecoder decoder(settings_.max_frame_bytes);
  std::array<char, 16 * 1024> chunk{};
  Deadline deadline(settings_.idle_timeout_ms);
  bool inside = false;
  for (;;) {
    const Io io = stream.read(chunk, deadline);
    if (io.status == IoStatus::ok)
      decoder.feed({chunk.data(), io.bytes});
    else if (decoder.inside_frame() && io.status != IoStatus::stopped)
      engine_.log(Severity::warning, "mllp.frame_cut",
                  {{"name", settings_.name},
                   {"source", source},
                   {"reason", std::string(word(io.status))},
                   {"bytes", std::to_string(decoder.buffered())}});
    while (auto event = decoder.next()) {
      switch (event->kind) {
        case hl7::MllpEvent::Kind::frame:
          if (!answer(stream, source, std::move(event->bytes))) return stream.close_after_drain();
          break;
        case hl7::MllpEvent::Kind::broken: {
          engine_.log(Severity::warning, "mllp.frame_refused",
                      {{"name", settings_.name}, {"source", source}, {"reason", std::string(event->error.id)}});
          const auto reply = event->bytes.empty() ? "" : handler_.refuse(event->bytes, event->error);
          if (!reply.empty() && !send(stream, source, reply, false)) return stream.close_after_drain();
          if (event->error.id == "mllp.oversize") return stream.close_after_drain();  // its rest is not worth reading
          break;
        }
        case hl7::MllpEvent::Kind::remark:
          engine_.log(Severity::info, "mllp.remark",
                      {{"name", settings_.name}, {"source", source}, {"remark", std::string(event->error.id)}});
          break;
        case hl7::MllpEvent::Kind::commit:
        case hl7::MllpEvent::Kind::nak: break;  // nothing of ours waits for one here
      }
    }
    if (io.status != IoStatus::ok) return stream.close();
    if (decoder.inside_frame()) {
      if (!inside) deadline = Deadline(settings_.frame_timeout_ms);
    } else {
      deadline = Deadline(settings_.idle_timeout_ms);
    }
    inside = decoder.inside_frame();
  }
}

bool MllpServer::answer(Stream& stream, const std::string& source, std::string&& message) {
  if (hl7::is_ack(hl7::peek_header(message))) {  // answering one would never end
    if (handler_.acknowledged)
      handler_.acknowledged(source, message);
    else
      engine_.log(Severity::info, "mllp.ack_ignored", {{"name", settings_.name}, {"source", source}});
    return true;
  }
  const Reply reply = handler_.handle(source, std::move(message));
  return send(stream, source, reply.body, reply.stored);
}

bool MllpServer::send(Stream& stream, const std::string& source, const std::string& reply, bool stored) {
  std::string bytes;
  if (settings_.commit_bytes) bytes = hl7::commit_frame(stored);
  if (!reply.empty()) bytes += hl7::frame(reply);
  if (bytes.empty()) return true;
  const Io io = stream.write(bytes, Deadline(settings_.write_timeout_ms));
  if (io.status == IoStatus::ok) return true;
  engine_.log(Severity::warning, "mllp.reply_unsent",
              {{"name", settings_.name}, {"source", source}, {"reason", std::string(word(io.status))}});
  return false;
}

}  // namespace huren::common
