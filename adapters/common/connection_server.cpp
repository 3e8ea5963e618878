#include "adapters/common/connection_server.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <typeinfo>
#include <utility>

namespace huren::common {
namespace {
constexpr int kHousekeepingMs = 5'000;  // certificates are looked at this often even when nobody connects
}

ConnectionServer::ConnectionServer(ConnectionServerSettings settings, Identify identify, Talk talk,
                                   EngineServices& engine)
    : settings_(std::move(settings)), identify_(std::move(identify)), talk_(std::move(talk)), engine_(engine) {}

ConnectionServer::~ConnectionServer() { stop(); }

Result<void> ConnectionServer::start() {
  if (settings_.tls)
    if (auto context = settings_.tls->current(); !context) return context.error();
  try {
    const Poco::Net::SocketAddress address(settings_.listen.host, settings_.listen.port);
    socket_ = Poco::Net::ServerSocket();
    socket_.bind(address, true, false);  // a taken port is a fault, never shared with who has it
    socket_.listen(128);
    socket_.setBlocking(false);  // a client that left between poll and accept must not hold the acceptor
    port_ = socket_.address().port();
  } catch (const Poco::Exception& e) {
    return Error{"transport.cannot_listen", settings_.name, {settings_.listen.text(), e.name()}};
  }
  stop_.lower();
  epoch_ = std::make_shared<Waker>();
  engine_.log(Severity::info, "transport.listening",
              {{"name", settings_.name},
               {"address", Endpoint{settings_.listen.host, port_}.text()},
               {"tls", settings_.tls ? "yes" : "no"}});
  acceptor_ = std::thread([this] { accept_loop(); });
  return {};
}

void ConnectionServer::stop() {
  if (!acceptor_.joinable()) return;
  stop_.raise();
  acceptor_.join();
  epoch_->raise();
  try {
    socket_.close();
  } catch (const Poco::Exception&) {
    // Closed already.
  }
  reap(true);
}

void ConnectionServer::accept_loop() {
  block_sigpipe();
  const int fd = socket_.impl()->sockfd();
  report_tls();
  while (!stop_.raised()) {
    std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
    const int n = ::poll(fds.data(), fds.size(), kHousekeepingMs);
    if (n < 0 && errno != EINTR) return;
    reap(false);
    report_tls();
    if (n > 0 && fds[0].revents != 0) accept_one();
  }
}

void ConnectionServer::accept_one() {
  try {
    // Handed over whole: no reference of the acceptor's outlives the thread's.
    auto socket = std::make_unique<Poco::Net::StreamSocket>(socket_.acceptConnection());
    if (connections_.size() >= settings_.max_connections) {
      engine_.log(Severity::warning, "transport.busy",
                  {{"name", settings_.name}, {"limit", std::to_string(settings_.max_connections)}});
      return socket->close();
    }
    auto& connection = connections_.emplace_back();
    try {
      connection.thread = std::thread([this, &connection, epoch = epoch_, socket = std::move(socket)] {
        serve(*socket, *epoch);
        connection.done = true;
      });
    } catch (const std::system_error&) {
      connections_.pop_back();
      engine_.log(Severity::error, "transport.busy", {{"name", settings_.name}, {"limit", "threads"}});
    }
  } catch (const Poco::Exception&) {
    // The client left before it was accepted, or no descriptor is free: wait a little, then look again.
    pollfd stop{stop_.fd(), POLLIN, 0};
    ::poll(&stop, 1, 10);
  }
}

void ConnectionServer::reap(bool all) {
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (!all && !it->done) {
      ++it;
      continue;
    }
    it->thread.join();
    it = connections_.erase(it);
  }
}

void ConnectionServer::report_tls() {
  if (!settings_.tls) return;
  const auto context = settings_.tls->current();
  const auto change = settings_.tls->take_change();
  for (const auto& e : change.failed)
    engine_.log(Severity::error, "tls.reload_failed", {{"name", settings_.name}, {"reason", line(e)}});
  if (change.reloaded) {
    engine_.log(Severity::info, "tls.reloaded", {{"name", settings_.name}});
    std::exchange(epoch_, std::make_shared<Waker>())->raise();
  }
  if (context) expiry_.check(engine_, (*context)->settings().certificate, (*context)->own_not_after_ms());
}

void ConnectionServer::reject(Stream& stream, const Error& why, const std::string& fingerprint) {
  engine_.log(Severity::warning, "transport.peer_rejected",
              {{"name", settings_.name},
               {"address", stream.peer_address()},
               {"fingerprint", fingerprint},
               {"reason", std::string(why.id)},
               {"text", text(why, Language::en)}});
  stream.close_after_drain();
}

void ConnectionServer::serve(Poco::Net::StreamSocket& socket, const Waker& idle_stop) {
  block_sigpipe();
  try {
    Stream stream(socket, &stop_);
    if (settings_.tls) {
      auto context = settings_.tls->current();
      if (!context) return stream.close();
      auto secured = stream.secure(*context, Deadline(settings_.handshake_timeout_ms), settings_.name);
      if (!secured) return reject(stream, secured.error(), stream.verify_report().fingerprint);
    }
    const auto source = identify_(stream.peer());
    if (source.empty()) return reject(stream, {"transport.unknown_partner", "", {}}, stream.peer().fingerprint);
    talk_({stream, source, idle_stop, stop_});
  } catch (const std::exception& e) {  // Poco or the allocator: this connection ends, the server goes on
    engine_.log(Severity::error, "transport.connection_failed",
                {{"name", settings_.name}, {"reason", typeid(e).name()}});
  }
}

}  // namespace huren::common
