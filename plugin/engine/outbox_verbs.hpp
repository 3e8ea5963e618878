// What a person may do to a message that waits: retry, release, park, cancel. For huren-ctl and the console alike.
// Promises: all of them or none; each is audited. Refuses: what is on the wire (the engine's) or delivered (over).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "huren/store.hpp"

namespace huren::engine {

// By its number, however long the outbox is; without its body. Error ctl.no_row.
Result<store::OutboxRow> outbox_message(store::Reader& reader, std::int64_t id);

struct OutboxChange { std::int64_t id = 0; store::OutboxState from = store::OutboxState::waiting, to = store::OutboxState::waiting; };
// who: of the audit trail. dry_run: says what would change. Errors ctl.no_row, and one for each state that the verb does not
// fit, which names the verb that does: ctl.waits_already being_sent delivered_already parked_already cancelled_already
// release_refused release_doubtful release_committed.
Result<std::vector<OutboxChange>> change_outbox(store::Store& store, std::string_view verb, const std::vector<std::int64_t>& ids, const std::string& who,
                                                std::int64_t now_ms, bool dry_run);

// A remark is stored in both languages, one line of core/base or two, "where: zh / en [id] | where: zh / en [id]": one half
// of it, without its ids or with them.
std::string remark_in(std::string_view remark, Language language, bool with_id = false);

}  // namespace huren::engine
