#include "core/base/result.hpp"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "core/base/csv.hpp"
#include "core/base/embedded.hpp"
#include "core/base/fill.hpp"

namespace huren {
namespace embedded {
std::span<const File> messages();
}
namespace {

struct Catalogue {
  std::vector<std::vector<std::string>> rows;  // owns the texts
  std::unordered_map<std::string_view, CatalogueEntry> by_id;

  Catalogue() {
    for (const auto& file : embedded::messages()) {
      auto table = parse_csv(file.text);
      if (!table) continue;  // unit test base/catalogue reads every file and fails on a bad one
      for (std::size_t i = 1; i < table->size(); ++i)
        if ((*table)[i].size() == 5) rows.push_back(std::move((*table)[i]));
    }
    for (const auto& r : rows) {
      CatalogueEntry entry{.id = r[0], .zh = r[3], .en = r[4], .status = -901, .hl7_code = r[2]};
      std::from_chars(r[1].data(), r[1].data() + r[1].size(), entry.status);
      by_id.emplace(entry.id, entry);
    }
  }
};

const Catalogue& catalogue() {
  static const auto& c = *new Catalogue;  // never destroyed: a thread of the host may ask while the process exits
  return c;
}

}  // namespace

const CatalogueEntry* catalogue_entry(std::string_view id) {
  const auto it = catalogue().by_id.find(id);
  return it == catalogue().by_id.end() ? nullptr : &it->second;
}

std::string text(const Error& error, Language language) {
  const auto* entry = catalogue_entry(error.id);
  if (!entry) return std::string(error.id);
  return fill(language == Language::zh ? entry->zh : entry->en, error.args.size(), [&](std::size_t n) -> const std::string& { return error.args[n]; });
}

std::string line(const Error& error) {
  std::string out = error.where.empty() ? "" : error.where + ": ";
  return out + text(error, Language::zh) + " / " + text(error, Language::en) + " [" + std::string(error.id) + "]";
}

int status_of(const Error& error) {
  const auto* entry = catalogue_entry(error.id);
  return entry ? entry->status : -901;
}

}  // namespace huren
