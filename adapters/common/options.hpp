// Typed reading of one section's options, with the defaults that the adapter declares.
// Promises: the first fault is kept with its place ("partner.city_hospital.address"); paths come out absolute.
// Refuses: options that the adapter does not declare (asking for one is a fault of the adapter).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/common/net.hpp"
#include "huren/adapter.hpp"

namespace huren::common {

class OptionReader {
 public:
  OptionReader(const Options& options, std::span<const AdapterOption> declared, std::string section,
               std::string config_dir);

  [[nodiscard]] bool has(std::string_view name) const;  // set, and not empty
  std::string text(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
  bool boolean(std::string_view name);
  std::string path(std::string_view name);  // "" stays ""
  Endpoint address(std::string_view name);
  std::string sha256(std::string_view name);  // "" stays ""
  [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }

 private:
  std::string raw(std::string_view name);
  void fail(Error error);
  const Options& options_;
  std::span<const AdapterOption> declared_;
  std::string section_, config_dir_;
  std::optional<Error> fault_;
};

}  // namespace huren::common
