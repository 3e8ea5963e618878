#include "module/engine_loader.hpp"

#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <filesystem>

#include "module/process.hpp"

namespace huren::module {
namespace {

class LoadedEngine final : public Engine {
 public:
  LoadedEngine(boost::dll::shared_library library, std::unique_ptr<EngineLink> link)
      : library_(std::move(library)), link_(std::move(link)) {}
  EngineLink& link() override { return *link_; }

 private:
  boost::dll::shared_library library_;  // declared first: destroyed last
  std::unique_ptr<EngineLink> link_;
};

// The words live in a library that is about to be let go; the id is looked up in this module's catalogue.
Error kept(const Error& fault) {
  const auto* known = catalogue_entry(fault.id);
  return {known ? known->id : std::string_view("module.engine_fault"), fault.where, fault.args};
}

struct Found { boost::dll::shared_library library; const EngineEntry* entry; };

Result<Found> find_engine(const std::string& where) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path path = where.empty() ? fs::path(process::own_folder()) : fs::path(where);
  if (fs::is_directory(path, ignored)) {  // beside libhuren, or installed: in huren/ below its folder
    const auto installed = path / "huren" / "huren-engine.so";
    path /= "huren-engine.so";
    if (!fs::exists(path, ignored) && fs::exists(installed, ignored)) path = installed;
  }
  if (!path.is_absolute() || !fs::exists(path, ignored)) return Error{"module.engine_missing", path.string(), {}};

  boost::dll::shared_library library;
  try {
    library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& fault) {  // its words carry what the loader said, such as a missing library
    return Error{"module.engine_load", path.string(), {fault.what()}};
  }
  if (!library.has("huren_engine_entry")) return Error{"module.engine_foreign", path.string(), {}};
  const auto& entry = library.get<const EngineEntry>("huren_engine_entry");
  if (!entry.signature || std::strcmp(entry.signature, HUREN_ENGINE_SIGNATURE) != 0)
    return Error{"module.engine_foreign", path.string(), {}};
  return Found{std::move(library), &entry};
}

}  // namespace

Result<std::unique_ptr<Engine>> load_engine(const std::string& where, const std::string& config_dir, const std::string& toml, SpoolPort* spool, const HostHooks& hooks) {
  auto found = find_engine(where);
  if (!found) return found.error();
  auto link = found->entry->open(config_dir, toml, spool, hooks);
  if (!link) return kept(link.error());
  return std::unique_ptr<Engine>(std::make_unique<LoadedEngine>(std::move(found->library), *std::move(link)));
}

Findings inspect_by_engine(const std::string& where, const std::string& config_dir, const std::string& toml) {
  const auto found = find_engine(where);
  if (!found) return {{Severity::error, found.error()}};
  auto findings = found->entry->inspect(config_dir, toml);
  for (auto& f : findings) f.error = kept(f.error);
  return findings;
}

}  // namespace huren::module
