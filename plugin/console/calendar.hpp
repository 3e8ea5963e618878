// What ends soon: own certificates, agreements, EQA passes, HR marks; the earliest first. What is renewed already is not told.
#pragma once
#include <string>

#include "console/http.hpp"
#include "core/config/config.hpp"
#include "core/terminology/terminology.hpp"

namespace huren::console {

// {"today", "rows": [{kind, name, until, over, fingerprint?}]}
Json calendar(const config::Config& config, const std::string& config_dir, const terminology::Set& codes, std::int64_t now_ms);

}  // namespace huren::console
