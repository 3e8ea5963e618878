// What the parts of one engine share. Built by engine.cpp before any thread starts, constant afterwards but for the signals.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "core/config/config.hpp"
#include "core/recognition/order_check.hpp"
#include "core/terminology/terminology.hpp"
#include "engine/clock.hpp"
#include "engine/documents.hpp"
#include "engine/identity.hpp"
#include "engine/log.hpp"
#include "engine/profiles.hpp"
#include "huren/adapter.hpp"

namespace huren::engine {

struct Context {
  const config::Config& config;
  const Clock& clock;
  Log& log;
  store::Store& store;
  std::shared_ptr<const terminology::Set> codes;
  const Profiles& profiles;
  const Documents& documents;
  std::string panel_key = {};  // seals links to the doctor's panel (engine/panel_link.hpp); "": no console
  std::string index_key = {};  // the alliance's, for tokens (engine/exchange/index.hpp); "": no index
  // Signal: a transaction of the applier has asked partners something (exchange::ask_partners); its commit may not have come yet.
  std::shared_ptr<std::atomic<bool>> asked = std::make_shared<std::atomic<bool>>(false);

  [[nodiscard]] Timestamp now() const { return from_epoch_ms(clock.now_ms(), config.hospital.offset_minutes); }
  [[nodiscard]] Date today() const { return terminology::day_of(clock.now_ms(), config.hospital.offset_minutes); }
  [[nodiscard]] const config::Partner* partner(std::string_view code) const {
    for (const auto& p : config.partners)
      if (p.code == code) return &p;
    return nullptr;
  }
};

// In force on the day (from and to inclusive).
inline bool in_force(const model::Agreement& a, const Date& day) { return terminology::holds({a.from, a.to}, day); }

}  // namespace huren::engine
