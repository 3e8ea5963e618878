// One feed: a thread that looks at the tables of one map, hands over what is new and writes back what was recognised.
// Promises: an event is on disk at the engine before its row is marked or passed by; a crash in between hands it in again and
//   the engine knows it by its content; a row that is refused is logged and, where there is a flag, marked; one bad table or
//   row does not hold up the others; events go in the order of the map. Refuses: marking a row that changed while it was being read.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "adapters/common/net.hpp"
#include "adapters/his/db_view/database.hpp"
#include "adapters/common/places.hpp"
#include "adapters/his/db_view/window.hpp"
#include "core/mapping/feed_map.hpp"
#include "huren/adapter.hpp"

namespace huren::his_db_view {

struct FeedSettings {
  std::string name;              // "feed.his"
  mapping::FeedMap map;
  Engine engine = Engine::postgresql;
  std::string connection, place_file;
  int offset_minutes = 480;
  std::uint32_t poll_ms = 500, settle_ms = 1000;
};

class Feed {
 public:
  Feed(FeedSettings settings, EngineServices& engine);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;
  Result<void> start();          // Error feed.place_unreadable; a database that is not there yet is waited for
  void stop();

 private:
  using Rows = std::vector<mapping::Record>;
  using Key = std::vector<std::string>;
  struct Seen { std::string digest; std::int64_t since_ms = 0; bool settled = false; };
  enum class Took { yes, refused, not_yet };
  void run();
  void round();
  void told(const Error& why);
  Result<void> read(const mapping::EventMap& event);
  Result<void> read_by_flag(const mapping::EventMap& event);
  Result<void> read_by_cursor(const mapping::EventMap& event);
  Result<Rows> rows_of(const mapping::EventMap& event, const Key& key);
  // Whether the rows have stood still for long enough to be taken.
  bool settled(const mapping::EventMap& event, const std::string& key, const Rows& rows);
  Result<Took> hand_over(const mapping::EventMap& event, const Rows& rows, const std::string& cursor);
  Result<void> mark(const mapping::EventMap& event, const Key& key, const std::string& word);
  Result<void> write_back();
  Result<void> write_one(const mapping::TableWrite& to, const std::map<std::string, std::optional<std::string>>& columns);

  FeedSettings settings_;
  EngineServices& engine_;
  Database database_;
  common::Places places_;
  common::Waker stop_;
  std::thread thread_;
  std::map<std::string, Window> windows_;             // by event
  std::map<std::string, std::map<std::string, Seen>> seen_;  // by event, by key: what waits to settle or to be approved
  std::string last_fault_;
  bool unsettled_ = false;
};

}  // namespace huren::his_db_view
