// What every fallible function of huren returns: a value, or one Error that a person can act on.
// Promises: an Error names the fault by its catalogue id, says where it is, and holds no patient data.
// Refuses: exceptions as results; texts written at the place of the fault (they live in schemas/catalog/messages).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace huren {

enum class Severity { info, warning, error };
enum class Language { zh, en };

// id:    catalogue id "room.fault", always a literal ("hl7.segment_missing")
// where: a domain location: "OBX[3]-5", "/ClinicalDocument/recordTarget", "local.toml:17", "/observations/2/value"
// args:  values for {0} {1}... of the catalogue text: codes, names of keys, limits. Never patient data.
struct Error {
  std::string_view id;
  std::string where;
  std::vector<std::string> args;
};

// One remark among many: readers collect all of them instead of stopping at the first.
struct Finding {
  Severity severity = Severity::error;
  Error error;
};
using Findings = std::vector<Finding>;

[[nodiscard]] inline bool has_error(const Findings& findings) {
  for (const auto& f : findings)
    if (f.severity == Severity::error) return true;
  return false;
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return !error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

// The catalogue (schemas/catalog/messages/*.csv, compiled in). status is a huren_status.
struct CatalogueEntry {
  std::string_view id, zh, en;
  int status = -901;
  std::string_view hl7_code;  // HL7 table 0357, empty: 207
};
const CatalogueEntry* catalogue_entry(std::string_view id);
std::string text(const Error& error, Language language);  // the sentence, places filled in; location not included
std::string line(const Error& error);                     // "where: zh / en [id]" for logs and huren_last_error
int status_of(const Error& error);                        // HUREN_E_INTERNAL for an id that the catalogue lacks

}  // namespace huren
