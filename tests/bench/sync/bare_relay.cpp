#include "tests/bench/sync/bare_relay.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>

#include <list>
#include <utility>

#include "adapters/common/net.hpp"
#include "tests/bench/sync/machine.hpp"
#include "tests/bench/sync/peers.hpp"

namespace huren::bench {
namespace {

constexpr const char* kSchema = "CREATE TABLE message(id INTEGER PRIMARY KEY, control_id TEXT NOT NULL, body BLOB NOT NULL, sent INTEGER NOT NULL DEFAULT 0)";
constexpr std::size_t kMostFrameBytes = std::size_t{1} << 20;

std::unique_ptr<storage::Database> fresh(const std::string& path) {
  auto db = must(storage::Database::open(path, {}));
  must(db->exec(kSchema));
  return db;
}

void send(Poco::Net::StreamSocket& socket, const std::string& bytes) {
  if (socket.sendBytes(bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size())) die("bare relay: not sent");
}

}  // namespace

BareRelay::BareRelay(const std::string& path, int sink_port)
    : db_(fresh(path)), commits_(*db_), listener_(Poco::Net::SocketAddress("127.0.0.1", 0), 128), port_(listener_.address().port()) {
  out_.connect(Poco::Net::SocketAddress("127.0.0.1", static_cast<std::uint16_t>(sink_port)));
  out_.setNoDelay(true);
  acceptor_ = std::thread([this] { accept_loop(); });
  sender_ = std::thread([this] { send_on(); });
}

BareRelay::~BareRelay() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  kept_cv_.notify_one();
  acceptor_.join();
  sender_.join();
}

void BareRelay::accept_loop() {
  common::block_sigpipe();
  std::list<std::thread> talks;
  const auto stopping = [this] {
    const std::lock_guard lock(mutex_);
    return stopping_;
  };
  while (!stopping())
    if (listener_.poll(Poco::Timespan(0, 50'000), Poco::Net::Socket::SELECT_READ))
      talks.emplace_back([this, socket = listener_.acceptConnection()] { talk(socket); });
  for (auto& t : talks) t.join();  // who sent has closed
}

void BareRelay::talk(Poco::Net::StreamSocket socket) {
  common::block_sigpipe();
  socket.setNoDelay(true);
  hl7::MllpDecoder decoder(kMostFrameBytes);
  while (auto frame = receive(socket, decoder)) {
    Kept kept{.body = std::move(*frame)};
    const auto answer = answer_to(kept.body);
    const auto id = control_id_of(kept.body);
    must(commits_.run(
        [&](storage::Database& db) -> Result<void> {
          auto done = storage::Query(db, "INSERT INTO message(control_id,body) VALUES(?,?)").bind(id).bind_blob(kept.body).run();
          kept.row = db.last_rowid();
          return done;
        },
        std::nullopt, storage::GroupCommit::Again::may));
    {
      const std::lock_guard lock(mutex_);
      kept_.push_back(std::move(kept));
    }
    kept_cv_.notify_one();
    send(socket, hl7::frame(answer));
  }
}

void BareRelay::send_on() {
  common::block_sigpipe();
  hl7::MllpDecoder decoder(kMostFrameBytes);
  for (;;) {
    std::vector<Kept> turn;
    {
      std::unique_lock lock(mutex_);
      kept_cv_.wait(lock, [this] { return stopping_ || !kept_.empty(); });
      if (kept_.empty()) return;
      turn.swap(kept_);
    }
    std::string frames;
    for (const auto& kept : turn) frames += hl7::frame(kept.body);
    send(out_, frames);
    for (std::size_t i = 0; i < turn.size(); ++i)
      if (!receive(out_, decoder)) die("bare relay: no answer");
    must(commits_.run(
        [&](storage::Database& db) -> Result<void> {
          for (const auto& kept : turn)
            if (auto done = storage::Query(db, "UPDATE message SET sent=1 WHERE id=?").bind(kept.row).run(); !done) return done;
          return {};
        },
        std::nullopt, storage::GroupCommit::Again::may));
    through_ += static_cast<std::int64_t>(turn.size());
  }
}

}  // namespace huren::bench
