#include "engine/loader.hpp"

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <filesystem>

namespace huren::engine {

struct Loader::Library {
  boost::dll::shared_library handle;
};

Loader::Loader(std::string folder, std::vector<const AdapterEntry*> builtin) : folder_(std::move(folder)), builtin_(std::move(builtin)) {}
Loader::~Loader() = default;

Result<const AdapterEntry*> Loader::find(const std::string& id, std::string_view kind) {
  const auto fits = [&](const AdapterEntry* e) -> Result<const AdapterEntry*> {
    if (std::string_view(e->kind) != kind) return Error{"engine.adapter_kind", id, {id, e->kind, std::string(kind)}};
    return e;
  };
  for (const auto* e : builtin_)
    if (id == e->id) return fits(e);

  std::string file = id;
  std::replace(file.begin(), file.end(), '.', '-');
  std::error_code ec;
  const auto path = std::filesystem::absolute(std::filesystem::path(folder_) / ("huren-" + file + ".so"), ec);
  if (ec || !std::filesystem::exists(path, ec)) return Error{"engine.adapter_missing", id, {id, folder_}};
  try {
    auto library = std::make_unique<Library>();
    library->handle.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    const auto& entry = library->handle.get<const AdapterEntry>("huren_adapter_entry");
    if (std::string_view(entry.signature) != HUREN_ADAPTER_SIGNATURE) return Error{"engine.adapter_signature", id, {id}};
    if (id != entry.id) return Error{"engine.adapter_signature", id, {id}};
    libraries_.push_back(std::move(library));
    return fits(&entry);
  } catch (const std::exception& e) {
    return Error{"engine.adapter_load", id, {id, e.what()}};
  }
}

Result<std::unique_ptr<Adapter>> Loader::make(const std::string& id, std::string_view kind, AdapterSetup setup) {
  auto entry = find(id, kind);
  if (!entry) return entry.error();
  for (std::size_t i = 0; i < (*entry)->option_count; ++i) {
    const auto& option = (*entry)->options[i];
    if (!option.fallback) continue;
    setup.options.try_emplace(option.name, option.fallback);
    for (auto& peer : setup.peers) peer.options.try_emplace(option.name, option.fallback);
  }
  try {
    return (*entry)->create(setup);
  } catch (const std::exception& e) {
    return Error{"engine.adapter_load", id, {id, e.what()}};
  }
}

}  // namespace huren::engine
