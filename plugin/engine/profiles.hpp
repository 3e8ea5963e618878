// By which profile the messages of each partner and feed are checked: a built-in one, or a CSV file beside local.toml.
// Promises: every faulty file is a finding with line and words; a source that is not configured has its kind's default.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/config/config.hpp"
#include "core/hl7/profile.hpp"

namespace huren::engine {

inline constexpr std::string_view kFeedPrefix = "feed:";

class Profiles {
 public:
  void add(std::string source, hl7::Profile profile) { by_source_.insert_or_assign(std::move(source), std::move(profile)); }
  [[nodiscard]] const hl7::Profile& of(std::string_view source) const;

 private:
  std::map<std::string, hl7::Profile, std::less<>> by_source_;  // "city_hospital", "feed:lis"
};

struct LoadedProfiles { Profiles profiles; Findings findings; };
LoadedProfiles load_profiles(const config::Config& config, const std::string& config_dir);

}  // namespace huren::engine
