// Each [feed.NAME] with this adapter is one database with one map.
// Promises: the connection's words stay in a file of their own, out of the configuration. Refuses: a map that is not of tables.
#include <array>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/common/options.hpp"
#include "adapters/common/product_map.hpp"
#include "adapters/his/db_view/entry.hpp"
#include "adapters/his/db_view/feed.hpp"
#include "core/base/text.hpp"

namespace huren {
namespace his_db_view {
namespace {

constexpr std::array kOptions{
    AdapterOption{"database", OptionType::text, nullptr, "数据库种类 sqlite | postgresql | odbc", "kind of database: sqlite | postgresql | odbc"},
    AdapterOption{"connection_file", OptionType::path, nullptr, "连接串文件，仅服务账户可读", "file with the connection string; readable by the service account only"},
    AdapterOption{"poll_ms", OptionType::integer, "500", "查看表的间隔", "how often the tables are looked at"},
    AdapterOption{"settle_ms", OptionType::integer, "1000", "一份报告的行多久不变才读取", "how long the rows of one report must stand unchanged"},
};

Result<std::string> connection_of(const std::string& file, const std::string& section) {
  std::ifstream in(file);
  for (std::string row; std::getline(in, row);)
    if (const auto words = trim(row); !words.empty() && words.front() != '#') return std::string(words);
  return Error{"db.connection_file", section + ".connection_file", {file}};
}

class DbView final : public HisAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
    auto out = std::make_unique<DbView>();
    for (const auto& feed : setup.peers)
      if (auto added = out->add(setup, feed); !added) return added.error();
    return std::unique_ptr<Adapter>(std::move(out));
  }
  ~DbView() override { stop(0); }
  Result<void> start() override {
    for (auto& feed : feeds_)
      if (auto started = feed->start(); !started) return stop(0), started;
    return {};
  }
  void stop(std::uint32_t) override {
    for (auto& feed : feeds_) feed->stop();
  }

 private:
  Result<void> add(const AdapterSetup& setup, const Peer& feed) {
    const std::string section = "feed." + feed.code;
    common::OptionReader options(feed.options, kOptions, section, setup.config_dir);
    const auto word = options.text("database");
    const auto file = options.path("connection_file");
    FeedSettings settings;
    settings.name = section;
    settings.poll_ms = static_cast<std::uint32_t>(options.integer("poll_ms", 10, 3'600'000));
    settings.settle_ms = static_cast<std::uint32_t>(options.integer("settle_ms", 0, 3'600'000));
    if (options.fault()) return *options.fault();
    const auto engine = engine_of(word);
    if (!engine) return Error{"transport.option_value", section + ".database", {"database", word, "sqlite, postgresql, odbc"}};
    settings.engine = *engine;
    auto connection = connection_of(file, section);
    if (!connection) return connection.error();
    settings.connection = std::move(*connection);
    auto map = common::product_map(feed, setup.config_dir, section, *setup.engine);
    if (!map) return map.error();
    if (map->kind != mapping::FeedMap::Kind::table) return Error{"feed.map_kind", section + ".mapping", {"table"}};
    settings.map = std::move(*map);
    settings.offset_minutes = common::offset_minutes(feed);
    settings.place_file = common::state_file(feed, setup.config_dir, ".places.json");
    feeds_.push_back(std::make_unique<Feed>(std::move(settings), *setup.engine));
    return {};
  }
  std::vector<std::unique_ptr<Feed>> feeds_;
};

}  // namespace
}  // namespace his_db_view

const AdapterEntry& his_db_view_entry() {
  static constexpr AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                      .id = "his.db_view",
                                      .kind = "huren.his/1",
                                      .summary = "a vendor's middle tables or views on PostgreSQL, SQLite and ODBC",
                                      .options = his_db_view::kOptions.data(),
                                      .option_count = his_db_view::kOptions.size(),
                                      .create = &his_db_view::DbView::create};
  return entry;
}

}  // namespace huren
