// What the writer and the reader of steps share: members by name, documents as OBX. Inside core/mapping.
#pragma once
#include <string_view>

#include "core/hl7/writer.hpp"
#include "core/mapping/referral_message.hpp"
#include "core/mapping/read_context.hpp"

namespace huren::mapping {

// Members of a step that travel as text in NTE-3 under NTE-4's name.
struct TextMember { std::string_view name; std::string model::Step::*member; };
inline constexpr TextMember kTextMembers[] = {
    {"fact_id", &model::Step::fact_id},     {"outcome", &model::Step::outcome},         {"direction", &model::Step::direction},
    {"follows", &model::Step::follows},     {"redirect_to", &model::Step::redirect_to}, {"category", &model::Step::category},
    {"question", &model::Step::question},   {"reason", &model::Step::reason},           {"priority", &model::Step::priority},
};
inline constexpr std::string_view kPackageCode = "package", kAttachmentCode = "attachment";

struct PriorityCode { std::string_view word, code; };  // table 0280: S stat, A as soon as possible, R routine
inline constexpr PriorityCode kPriorities[] = {{"routine", "R"}, {"urgent", "A"}, {"critical", "S"}};

void put_document(hl7::Writer& w, int set_id, const Document& document);
// nullopt with a finding when the content is not base64; the document of the OBX otherwise.
std::optional<Document> read_document(const hl7::Segment& obx, const ReadContext& context);

}  // namespace huren::mapping
