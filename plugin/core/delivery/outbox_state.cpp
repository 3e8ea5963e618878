#include "huren/store.hpp"

namespace huren::store {

const char* word(OutboxState state) {
  switch (state) {
    case OutboxState::waiting: return "waiting";
    case OutboxState::claimed: return "claimed";
    case OutboxState::on_wire: return "on_wire";
    case OutboxState::delivered: return "delivered";
    case OutboxState::refused: return "refused";
    case OutboxState::doubtful: return "doubtful";
    case OutboxState::parked: return "parked";
    case OutboxState::cancelled: return "cancelled";
    case OutboxState::committed: return "committed";
  }
  return "parked";
}

}  // namespace huren::store
