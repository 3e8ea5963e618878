#include "adapters/common/options.hpp"

#include <charconv>
#include <filesystem>
#include <utility>

#include "adapters/common/tls_context.hpp"
#include "core/base/text.hpp"

namespace huren::common {

OptionReader::OptionReader(const Options& options, std::span<const AdapterOption> declared, std::string section,
                           std::string config_dir)
    : options_(options), declared_(declared), section_(std::move(section)), config_dir_(std::move(config_dir)) {}

bool OptionReader::has(std::string_view name) const {
  const auto it = options_.find(std::string(name));
  return it != options_.end() && !it->second.empty();
}

void OptionReader::fail(Error error) {
  if (!fault_) fault_ = std::move(error);
}

std::string OptionReader::raw(std::string_view name) {
  if (const auto it = options_.find(std::string(name)); it != options_.end() && !it->second.empty()) return it->second;
  for (const auto& option : declared_)
    if (option.name == name && option.fallback) return option.fallback;
  fail({"transport.option_missing", section_, {std::string(name)}});
  return "";
}

std::string OptionReader::text(std::string_view name) { return raw(name); }

std::int64_t OptionReader::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto value = raw(name);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error == std::errc{} && end == value.data() + value.size() && out >= least && out <= most) return out;
  fail({"transport.option_value",
        section_ + "." + std::string(name),
        {std::string(name), value, std::to_string(least) + ".." + std::to_string(most)}});
  return least;
}

bool OptionReader::boolean(std::string_view name) {
  const auto value = raw(name);
  if (value != "true" && value != "false")
    fail({"transport.option_value", section_ + "." + std::string(name), {std::string(name), value, "true, false"}});
  return value == "true";
}

std::string OptionReader::path(std::string_view name) {
  const auto value = raw(name);
  if (value.empty()) return value;
  const std::filesystem::path path(value);
  return path.is_absolute() ? value : (std::filesystem::path(config_dir_) / path).lexically_normal().string();
}

Endpoint OptionReader::address(std::string_view name) {
  const auto value = raw(name);
  if (value.empty()) return {};
  auto out = parse_endpoint(value, section_ + "." + std::string(name));
  if (out) return *out;
  fail(out.error());
  return {};
}

std::string OptionReader::sha256(std::string_view name) {
  const auto value = raw(name);
  if (value.empty()) return value;
  auto out = normal_fingerprint(value);
  if (out.empty())
    fail({"transport.option_value", section_ + "." + std::string(name), {std::string(name), value, "SHA-256"}});
  return out;
}

}  // namespace huren::common
