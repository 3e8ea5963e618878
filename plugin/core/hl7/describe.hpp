// Where each value of segments.hpp stands in its segment: one description, walked by the writer and by the reader, so that
// the two cannot differ. Io has at(field, value) for whole fields; parts(io, value) gives a data type's components.
#pragma once
#include <concepts>
#include <type_traits>

#include "core/hl7/segments.hpp"

namespace huren::hl7 {

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

template <class Io, Is<Hd> T> void parts_of(Io& io, T& v, int c) {  // an HD inside a component: subcomponents
  io.leaf(c, 1, v.name);
  io.leaf(c, 2, v.id);
  io.leaf(c, 3, v.type);
}
template <class Io, Is<std::string> T> void parts(Io& io, T& v) { io.leaf(1, 1, v); }
template <class Io, Is<Cwe> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.code);
  io.leaf(2, 1, v.text);
  io.leaf(3, 1, v.system);
  io.leaf(4, 1, v.other_code);
  io.leaf(5, 1, v.other_text);
  io.leaf(6, 1, v.other_system);
  io.leaf(9, 1, v.original);
}
template <class Io, Is<Cx> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.id);
  parts_of(io, v.authority, 4);
  io.leaf(5, 1, v.type);
}
template <class Io, Is<Xpn> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.family);
  io.leaf(2, 1, v.given);
  io.leaf(7, 1, v.type);
}
template <class Io, Is<Xcn> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.id);
  io.leaf(2, 1, v.family);
  io.leaf(3, 1, v.given);
  parts_of(io, v.authority, 9);
}
template <class Io, Is<Xon> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.name);
  parts_of(io, v.authority, 6);
  io.leaf(10, 1, v.id);
}
template <class Io, Is<Xad> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.street);
  io.leaf(3, 1, v.city);
  io.leaf(4, 1, v.province);
  io.leaf(5, 1, v.zip);
  io.leaf(6, 1, v.country);
}
template <class Io, Is<Pl> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.point_of_care);
  io.leaf(2, 1, v.room);
  io.leaf(3, 1, v.bed);
  io.leaf(4, 1, v.facility);
}
template <class Io, Is<Ei> T> void parts(Io& io, T& v) {
  io.leaf(1, 1, v.id);
  io.leaf(2, 1, v.name_space);
  io.leaf(3, 1, v.universal_id);
  io.leaf(4, 1, v.universal_type);
}

template <class Io, Is<Evn> T> void fields(Io& io, T& s) {
  io.at(2, s.recorded_at);
  io.at(4, s.reason);
  io.at(6, s.occurred_at);
}
template <class Io, Is<Pid> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(3, s.ids);
  io.at(5, s.names);
  io.at(7, s.born);
  io.at(8, s.sex);
  io.at(11, s.addresses);
  io.at(13, s.phones);
  io.at(18, s.account);
}
template <class Io, Is<Mrg> T> void fields(Io& io, T& s) {
  io.at(1, s.ids);
  io.at(7, s.names);
}
template <class Io, Is<Pv1> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(2, s.patient_class);
  io.at(3, s.location);
  io.at(6, s.prior_location);
  io.at(7, s.attending);
  io.at(10, s.service);
  io.at(19, s.visit);
  io.at(44, s.admitted_at);
  io.at(45, s.discharged_at);
}
template <class Io, Is<Orc> T> void fields(Io& io, T& s) {
  io.at(1, s.control);
  io.at(2, s.placer);
  io.at(3, s.filler);
  io.at(5, s.status);
  io.at(9, s.entered_at);
  io.at(12, s.provider);
  io.at(16, s.reason);
  io.at(21, s.facility);
}
template <class Io, Is<Obr> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(2, s.placer);
  io.at(3, s.filler);
  io.at(4, s.service);
  io.at(7, s.observed_at);
  io.at(8, s.observed_end);
  io.at(13, s.clinical_info);
  io.at(16, s.provider);
  io.at(22, s.reported_at);
  io.at(24, s.section);
  io.at(25, s.status);
  io.at(31, s.reasons);
  io.at(48, s.duplicate_reason);
}
template <class Io, Is<Obx> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(2, s.value_type);
  io.at(3, s.code);
  io.at(4, s.sub_id);
  io.values(5, s.values, s.value_type == "FT");
  io.at(6, s.units);
  io.at(7, s.range);
  io.at(8, s.flags);
  io.at(11, s.status);
  io.at(14, s.observed_at);
  io.at(16, s.observers);
  io.at(17, s.methods);
  io.at(18, s.equipment);
  io.at(19, s.analysed_at);
  io.at(23, s.performer);
  io.at(24, s.performer_address);
}
template <class Io, Is<Nte> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(2, s.source);
  io.formatted(3, s.comments);
}
template <class Io, Is<Spm> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(2, s.specimen_id);
  io.at(4, s.type);
  io.at(17, s.collected_at);
  io.at(18, s.received_at);
}
template <class Io, Is<Dg1> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(3, s.code);
  io.at(5, s.at);
  io.at(6, s.type);
}
template <class Io, Is<Rf1> T> void fields(Io& io, T& s) {
  io.at(1, s.status);
  io.at(2, s.priority);
  io.at(3, s.type);
  io.at(4, s.disposition);
  io.at(5, s.category);
  io.at(6, s.originating_id);
  io.at(7, s.effective_at);
  io.at(8, s.expires_at);
  io.at(10, s.reasons);
  io.at(11, s.external_ids);
}
template <class Io, Is<Prd> T> void fields(Io& io, T& s) {
  io.at(1, s.roles);
  io.at(2, s.names);
  io.at(4, s.location);
  io.values(7, s.ids, false);
}
template <class Io, Is<Txa> T> void fields(Io& io, T& s) {
  io.at(1, s.set_id);
  io.at(2, s.type);
  io.at(3, s.presentation);
  io.at(4, s.activity_at);
  io.at(9, s.originator);
  io.at(12, s.document);
  io.at(13, s.parent);
  io.at(17, s.completion);
  io.at(18, s.confidentiality);
  io.at(19, s.availability);
}
template <class Io, Is<Msa> T> void fields(Io& io, T& s) {
  io.at(1, s.code);
  io.at(2, s.control_id);
  io.at(3, s.text);
}
template <class Io, Is<Qrd> T> void fields(Io& io, T& s) {
  io.at(1, s.at);
  io.at(2, s.format);
  io.at(3, s.priority);
  io.at(4, s.id);
  io.components(7, s.quantity);
  io.at(8, s.who);
  io.at(9, s.what);
  io.at(10, s.department);
}
template <class Io, Is<Qrf> T> void fields(Io& io, T& s) {
  io.at(1, s.where);
  io.at(2, s.from);
  io.at(3, s.to);
}
template <class Io, Is<Qpd> T> void fields(Io& io, T& s) {
  io.at(1, s.name);
  io.at(2, s.tag);
  io.parameters(3, s.parameters);
}
template <class Io, Is<Rcp> T> void fields(Io& io, T& s) {
  io.at(1, s.priority);
  io.components(2, s.limit);
}
template <class Io, Is<Qak> T> void fields(Io& io, T& s) {
  io.at(1, s.tag);
  io.at(2, s.status);
  io.at(3, s.name);
}

}  // namespace huren::hl7
