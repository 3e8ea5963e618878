// The token of a link to the doctor's panel: who may look at whom, sealed so that only this hospital's engine can read it.
// Promises: AES-256-GCM under a key that stays in the data folder, bound to doctor, patient and encounter, with an end; a
//   changed byte opens nothing. Refuses: patient data that anybody but the engine could read in a URL (I7).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace huren::engine {

struct PanelPass {
  std::string patient_id, encounter_id, department, doctor_id, doctor_name;  // as the HIS names them
  std::int64_t until_ms = 0;
  friend bool operator==(const PanelPass&, const PanelPass&) = default;
};

// 32 bytes from the file, which is made (0600) when it is not there.
Result<std::string> panel_key(const std::string& file);
Result<std::string> seal(const PanelPass& pass, std::string_view key);           // base64url, no padding
std::optional<PanelPass> unseal(std::string_view token, std::string_view key);   // nullopt: not ours, or changed; the end is the caller's to judge
std::string panel_link_json(const std::string& url, std::int64_t until_ms, int offset_minutes);

}  // namespace huren::engine
