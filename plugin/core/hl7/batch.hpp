// Batch files (HL7 v2.5.1 §2.10.3): FHS {BHS {messages} BTS} FTS, or several messages one after another without any of it.
// Promises: split on the raw bytes, so that each message keeps its own charset; a missing or miscounting envelope is a finding
//   and the messages are still given. Refuses: text in which no message begins, more messages than the limit.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/hl7/message.hpp"

namespace huren::hl7 {

struct Batch {
  bool enveloped = false;                 // has BHS
  std::string id;                         // BHS-11
  std::vector<std::string_view> messages; // into the bytes given
  std::optional<int> declared;            // BTS-1
};

struct BatchFile {
  bool enveloped = false;      // has FHS
  std::string id;              // FHS-11
  std::vector<Batch> batches;
  std::optional<int> declared; // FTS-1: batches
  Findings findings;
  [[nodiscard]] std::size_t messages() const;
};

bool is_batch(std::string_view bytes);  // begins with FHS or BHS
// Errors: hl7.empty, hl7.batch_no_message, hl7.too_large, hl7.batch_too_many.
Result<BatchFile> read_batch(std::string_view bytes, std::size_t max_messages = 100'000, std::size_t max_bytes = std::size_t{256} << 20);

// One batch of messages in wire form (each with its own MSH) in FHS BHS … BTS FTS; counts are right.
// header: who sends to whom, when; control_id becomes FHS-11 and BHS-11.
std::string write_batch(const std::vector<std::string>& messages, const Header& header);

}  // namespace huren::hl7
