#include "engine/profiles.hpp"

#include "engine/files.hpp"

namespace huren::engine {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

Result<hl7::Profile> load(const std::string& name, const std::string& key, const std::string& config_dir) {
  if (const auto* known = hl7::Profile::named(name)) return *known;
  const auto path = std::filesystem::path(config_dir) / name;
  auto csv = name.empty() ? std::nullopt : read_file(path);
  if (!csv) return Error{"hl7.no_profile", key, {name}};
  if (csv->size() > kMostBytes) return Error{"hl7.too_large", key, {std::to_string(csv->size()), std::to_string(kMostBytes)}};
  return hl7::Profile::parse(*csv, name);
}

}  // namespace

const hl7::Profile& Profiles::of(std::string_view source) const {
  if (const auto it = by_source_.find(source); it != by_source_.end()) return it->second;
  static const hl7::Profile* const partners = hl7::Profile::named("alliance");
  static const hl7::Profile* const feeds = hl7::Profile::named("feed");
  return source.starts_with(kFeedPrefix) ? *feeds : *partners;
}

LoadedProfiles load_profiles(const config::Config& config, const std::string& config_dir) {
  LoadedProfiles out;
  const auto take = [&](std::string source, const std::string& name, const std::string& key) {
    auto profile = load(name, key, config_dir);
    if (profile)
      out.profiles.add(std::move(source), *std::move(profile));
    else
      out.findings.push_back({Severity::error, profile.error()});
  };
  for (const auto& p : config.partners) take(p.code, p.profile, "partner." + p.code + ".profile");
  for (const auto& f : config.feeds) take(std::string(kFeedPrefix) + f.name, f.profile, "feed." + f.name + ".profile");
  return out;
}

}  // namespace huren::engine
