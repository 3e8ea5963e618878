// A message structure in HL7's abstract syntax as a small automaton, and the cheapest explanation of a message by it.
// Promises: ambiguous structures (OML_O21's ORDER and PRIOR_RESULT) are explored side by side, so no valid message is
//   refused; time is linear in the number of segments. Refuses: unbalanced brackets (nullopt).
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace huren::hl7 {

struct StructureFault {
  bool missing = false;      // else: unexpected
  std::size_t at = 0;        // index of the segment that is unexpected, or before which one is missing
  std::string_view segment;  // the name
};

class Structure {
 public:
  // "MSH [{SFT}] {ORDER: [ORC] OBR [{NTE}]}"; A|B is a choice, <G: ...> a required group.
  static std::optional<Structure> parse(std::string_view abstract_syntax);
  [[nodiscard]] bool knows(std::string_view segment) const { return id_of(segment) >= 0; }
  // names: the message's segments that count (no Z segments).
  [[nodiscard]] std::vector<StructureFault> faults(const std::vector<std::string_view>& names) const;

 private:
  friend class StructureParser;
  enum class Kind { empty, take, skip };
  struct Edge { Kind kind; int to; int name; };
  struct Take { int name, to; };
  [[nodiscard]] int id_of(std::string_view segment) const;  // -1: not in this structure
  void follow_empty_edges();
  [[nodiscard]] bool accepts(const std::vector<int>& names) const;
  std::vector<std::vector<Edge>> states_;
  std::vector<std::vector<Take>> takes_;  // of a state: what can be taken from it and from where its empty edges lead
  std::vector<bool> ends_;                // of a state: empty edges lead from it to the end
  int start_ = 0, accept_ = 0;
  std::vector<std::string> names_;
};

}  // namespace huren::hl7
