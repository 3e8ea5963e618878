#include "store.hpp"

namespace huren {
namespace {

constexpr AdapterOption kOptions[] = {
    {"directory", OptionType::path, "data", "存放数据库文件的目录，相对于配置文件所在目录",
     "Directory of the database file, relative to the configuration's folder"},
};

Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
  const auto found = setup.options.find("directory");
  std::string directory = found == setup.options.end() || found->second.empty() ? kOptions[0].fallback : found->second;
  if (directory.front() != '/' && !setup.config_dir.empty()) directory = setup.config_dir + "/" + directory;
  if (const auto backup = setup.options.find("restore_from"); backup != setup.options.end()) {
    auto former = store::sqlite::SqliteStore::restore(backup->second, directory);
    if (!former) return former.error();
  }
  auto store = store::sqlite::SqliteStore::open(directory, {});
  if (!store) return store.error();
  return std::unique_ptr<Adapter>(std::move(*store));
}

}  // namespace

const AdapterEntry& store_sqlite_entry() {
  static constexpr AdapterEntry kEntry{HUREN_ADAPTER_SIGNATURE, "store.sqlite", "huren.store/1",
                                       "SQLite, WAL, one file a hospital", kOptions, std::size(kOptions), &create};
  return kEntry;
}

}  // namespace huren
