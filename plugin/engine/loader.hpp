// Finds an adapter by its id, among those linked in (tests) and the modules beside the engine, and makes one.
// Promises: a module is loaded by absolute path, RTLD_NOW | RTLD_LOCAL; its signature is compared before anything else
//   in it is touched; the library outlives every object made from it.
// Refuses: a module of another build, of the wrong kind, or whose id is not its file's name.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "huren/adapter.hpp"

namespace huren::engine {

class Loader {
 public:
  Loader(std::string folder, std::vector<const AdapterEntry*> builtin);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // id: "partner.mllp" → folder/huren-partner-mllp.so. kind: "huren.partner/1".
  Result<const AdapterEntry*> find(const std::string& id, std::string_view kind);
  // The options of setup are completed with the entry's fallbacks.
  Result<std::unique_ptr<Adapter>> make(const std::string& id, std::string_view kind, AdapterSetup setup);

 private:
  struct Library;
  std::string folder_;
  std::vector<const AdapterEntry*> builtin_;
  std::vector<std::unique_ptr<Library>> libraries_;
};

}  // namespace huren::engine
