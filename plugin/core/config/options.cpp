// The declared options, read once from the compiled-in schemas/catalog/options.csv.
#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/config/config.hpp"

namespace huren {
namespace embedded {
std::span<const File> options();
}

namespace config {

const std::vector<OptionRow>& declared() {
  static const auto& rows = *[] {  // never destroyed: a thread of the host may ask while the process exits
    auto* out = new std::vector<OptionRow>;
    for (const auto& file : embedded::options()) {
      const auto table = parse_csv(file.text);
      if (!table) continue;  // the unit test of the catalogue fails on a file that does not parse
      for (std::size_t i = 1; i < table->size(); ++i)
        if (const auto& r = (*table)[i]; r.size() == 6) out->push_back({r[0], r[1], r[2], r[3], r[4], r[5]});
    }
    return out;
  }();
  return rows;
}

}  // namespace config
}  // namespace huren
