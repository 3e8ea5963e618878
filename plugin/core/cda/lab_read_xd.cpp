// IHE XD-LAB: the specimen act with its batteries, collection and observations.
// Promises: nested organizers become one list in the order of the document. Refuses: what stands in none of these; it is kept.
#include <cstring>

#include "core/base/text.hpp"
#include "core/cda/lab_read_parts.hpp"
#include "core/cda/lab_reader.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {

bool LabReader::xd_act(pugi::xml_node act) {
  w_.each(act, [&](pugi::xml_node n) {
    const std::string_view name = n.name();
    if (name == "code" || name == "templateId" || name == "id") return true;
    if (name == "statusCode") {
      if (!status_given_) r_.status = status_of_act(attributes(n));
      if (attributes(n).code != "completed") status_given_ = true;
      return true;
    }
    return name == "entryRelationship" && xd_part(n);
  });
  return true;
}

bool LabReader::xd_part(pugi::xml_node n) {
  w_.each(n, [&](pugi::xml_node c) {
    if (is(c, "organizer")) return xd_organizer(c);
    if (is(c, "procedure")) return xd_collection(c);
    if (is(c, "act")) {
      if (read_comment(w_, c, r_.notes)) return true;
      if (std::strcmp(n.attribute("typeCode").value(), "RSON") != 0 || !r_.amendment_reason.empty()) return false;
      r_.amendment_reason = w_.text(c.child("text"));
      return true;
    }
    if (!is(c, "observation")) return false;
    if (exact_status(c, r_.status)) {
      status_given_ = true;
      return true;
    }
    if (data_element(c).empty()) {
      xd_observation(c);
      return true;
    }
    return report_level(c);
  });
  return true;
}

bool LabReader::xd_collection(pugi::xml_node p) {
  w_.each(p, [&](pugi::xml_node c) {
    if (is(c, "templateId") || is(c, "code")) return true;
    if (is(c, "effectiveTime")) {
      const auto a = attributes(c);
      if (!a.value.empty()) r_.specimen.collected_at = w_.time_of(c, a.value);
      else if (const auto low = c.child("low")) r_.specimen.collected_at = w_.time(low);
      return true;
    }
    if (is(c, "participant")) return specimen_role(c);
    if (!is(c, "entryRelationship")) return false;
    const auto act = c.child("act");
    if (std::strcmp(act.child("code").attribute("code").value(), "SPRECEIVE") != 0) return false;
    r_.specimen.received_at = w_.time(act.child("effectiveTime"));
    return true;
  });
  return true;
}

bool LabReader::xd_organizer(pugi::xml_node g) {
  w_.each(g, [&](pugi::xml_node c) {
    const std::string_view name = c.name();
    if (name == "templateId" || name == "statusCode" || name == "id") return true;
    if (name == "code") {
      if (r_.panel == model::Code{}) r_.panel = w_.code(c);
      return true;
    }
    if (name == "specimen") return specimen_role(c);
    if (name != "component") return false;
    w_.each(c, [&](pugi::xml_node x) {
      if (is(x, "organizer")) return xd_organizer(x);
      if (is(x, "procedure")) return xd_collection(x);
      if (is(x, "act")) return read_comment(w_, x, r_.notes);
      if (!is(x, "observation")) return false;
      xd_observation(x);
      return true;
    });
    return true;
  });
  return true;
}

void LabReader::xd_observation(pugi::xml_node x) {
  LabItem item;
  item.any = true;
  w_.each(x, [&](pugi::xml_node c) {
    const std::string_view name = c.name();
    if (name == "id") return item_id(c, item);
    if (name == "value") return read_quantity(w_, c, item.o);
    if (name != "code") return read_result_part(w_, c, name, item);
    const auto a = attributes(c);
    if (a.system == kLoinc) item.o.loinc = std::string(trim(a.code));
    read_translations(w_, c, item.o);
    if (!item.own && item.o.local == model::Code{} && !a.code.empty())
      item.o.local = {std::string(trim(a.code)), std::string(a.display), a.system == kLoinc ? "LN" : system_of_oid(a.system, a.system_name)};
    return true;
  });
  add(std::move(item));
}

}  // namespace huren::cda
