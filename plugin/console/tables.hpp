// The hospital's own code tables as console and huren-ctl change them: a whole table, one row of it, many mapped items.
// Promises: what is put is taken whole or not at all, every bad row told with line and column; each change stands in the
//   history and can be put back; a change that rests on an older text is refused. Refuses: taking a packaged row away (it
//   ends on a day instead); mapping anything that nobody accepted.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "console/files.hpp"
#include "console/http.hpp"
#include "core/config/config.hpp"
#include "core/recognition/coverage.hpp"
#include "core/terminology/tables.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::console {

inline constexpr std::string_view kCatalogue = "catalogue.csv", kLocal = "local_items.csv";  // the hospital's own list of items; what they mean

struct Refusal { Error error; Findings findings{}; };
struct Outcome { Json json = Json::object(); std::optional<Refusal> refused{}; };

struct Facts { std::vector<terminology::LocalFacts> rows; Findings findings; };
Facts read_catalogue(std::string_view csv);

using Values = std::map<std::string, std::string>;  // column → text
// text: the hospital's own CSV or "". was: the key of the row that is replaced or taken out; without it the row is a new one.
Result<std::string> with_row(const terminology::TableSpec& spec, const std::string& text, const Values& row, const std::optional<Values>& was, bool remove);

struct Mapped { std::string code, name, unit, item, panel; };  // item and panel both empty: not mapped any more
Result<std::string> with_mapping(const std::string& text, const std::vector<Mapped>& wishes);

class Tables {
 public:
  explicit Tables(std::string config_dir) : config_dir_(std::move(config_dir)) {}
  [[nodiscard]] static bool known(std::string_view table);  // of the vocabulary; not the catalogue
  [[nodiscard]] config::Config config() const;              // local.toml as it is on disk: [codes] may name other files than the running engine reads
  [[nodiscard]] std::string own(std::string_view table) const;
  [[nodiscard]] terminology::Loaded load(const std::map<std::string, std::string>& instead = {}) const;

  // Heading, rows in force, which of them are the hospital's own, what each column takes.
  [[nodiscard]] Outcome shown(std::string_view table) const;
  // Every item that doctors can order here with what it means, what it may mean, and whether it can be recognised.
  [[nodiscard]] Outcome mapping(const Date& today) const;
  // The own text of the table with that row; columns that are not named stay as they are in force.
  [[nodiscard]] Result<std::string> row_text(std::string_view table, const Values& row, const std::optional<Values>& was, bool remove) const;
  // change: its file is filled in. Nothing is written in a dry run.
  std::optional<Refusal> put(History& history, std::string_view table, const std::string& text, Change change, bool dry_run) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(std::string_view table) const;
  std::string config_dir_;
};

// The standard items and panels of a day, for choosing by hand.
Json standard_items(const terminology::Set& set, const Date& today);

}  // namespace huren::console
