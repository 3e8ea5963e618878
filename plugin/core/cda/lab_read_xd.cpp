// IHE XD-LAB: the specimen act with its batteries, collection and observations.
// Promises: nested organizers become one list in the order of the document. Refuses: what stands in none of these; it is kept.

#include "core/base/text.hpp"
#include "core/cda/lab_read_parts.hpp"
#include "core/cda/lab_reader.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {

bool LabReader::xd_act(Node act) {
  w_.each(act, [&](Node n) {
    const std::string_view name = n.name();
    if (name == "code") return w_.label(n);
    if (name == "templateId" || name == "id") return true;
    if (name == "statusCode") {
      if (!status_given_) r_.status = status_of_act(attributes(n));
      if (attributes(n).code != "completed") status_given_ = true;
      return true;
    }
    return name == "entryRelationship" && xd_part(n);
  });
  return true;
}

bool LabReader::xd_part(Node n) {
  w_.each(n, [&](Node c) {
    if (is(c, "organizer")) return xd_organizer(c);
    if (is(c, "procedure")) return xd_collection(c);
    if (is(c, "act")) {
      if (read_comment(w_, c, r_.notes)) return true;
      return n.attribute("typeCode") == "RSON" && read_reason(w_, c, r_.amendment_reason);
    }
    if (!is(c, "observation")) return false;
    if (status_observation(c)) return true;
    if (data_element(c).empty()) {
      xd_observation(c);
      return true;
    }
    return report_level(c);
  });
  return true;
}

bool LabReader::xd_collection(Node p) {
  w_.each(p, [&](Node c) {
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
    if (act.child("code").attribute("code") != "SPRECEIVE") return false;
    w_.each(c, [&](Node a) {
      if (a != act) return false;
      w_.each(a, [&](Node x) {
        if (is(x, "effectiveTime")) r_.specimen.received_at = w_.time(x);
        return is(x, "templateId") || is(x, "code") || is(x, "effectiveTime");
      });
      return true;
    });
    return true;
  });
  return true;
}

bool LabReader::xd_organizer(Node g) {
  w_.each(g, [&](Node c) {
    const std::string_view name = c.name();
    if (name == "templateId" || name == "id") return true;
    if (name == "statusCode") return plainly_done(c) || status_of_act(attributes(c)) == r_.status;
    if (name == "code") {
      const auto code = w_.code(c);
      if (r_.panel == model::Code{}) r_.panel = code;
      return r_.panel == code;
    }
    if (name == "specimen") return specimen_role(c);
    if (name != "component") return false;
    w_.each(c, [&](Node x) {
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

void LabReader::xd_observation(Node x) {
  LabItem item;
  item.any = true;
  w_.each(x, [&](Node c) {
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
