#include "core/mapping/groups.hpp"

namespace huren::mapping {
namespace {

class Cutter {
 public:
  explicit Cutter(const hl7::Message& message) {
    const auto type = message.segment(std::size_t{0}).field(9);
    const auto trigger = type.value(2);
    order_control_after_ = type.value(1) == "OUL";
    // OUL^R22 and R23 name the specimen before its orders, all others after (v2.5.1 §7.3).
    specimen_first_ = order_control_after_ && (trigger == "R22" || trigger == "R23");
  }

  void take(const hl7::Segment& s) {
    const auto name = s.name();
    if (name == "PID") {
      pid_ = s;
      pv1_ = orc_ = spm_ = {};
      open_ = false;
    } else if (name == "PV1") {
      pv1_ = s;
      if (open_) current().pv1 = s;
    } else if (name == "ORC") {
      orc(s);
    } else if (name == "OBR") {
      obr(s);
    } else if (name == "SPM") {
      spm(s);
    } else if (name == "OBX") {
      if (open_) current().observations.push_back({s, {}});
      else out_.left_over.push_back(s);
    } else if (name == "NTE") {
      note(s);
    } else if (open_) {
      current().others.push_back(s);
    }
    last_ = name;
  }

  Groups finish() { return std::move(out_); }

 private:
  OrderGroup& current() { return out_.orders.back(); }

  void orc(const hl7::Segment& s) {
    if (order_control_after_ && open_ && !current().orc.exists() && current().observations.empty()) {
      current().orc = s;
      return;
    }
    orc_ = s;
    open_ = false;
  }

  // One ORC may stand before several OBR: they belong to one order.
  void obr(const hl7::Segment& s) {
    OrderGroup group;
    group.pid = pid_;
    group.pv1 = pv1_;
    group.orc = orc_;
    group.obr = s;
    group.spm = spm_;
    if (!specimen_first_) spm_ = {};
    out_.orders.push_back(std::move(group));
    open_ = true;
  }

  void spm(const hl7::Segment& s) {
    if (specimen_first_ || !open_) {
      spm_ = s;
      if (specimen_first_) {
        open_ = false;
        orc_ = {};
      }
    } else if (!current().spm.exists()) {
      current().spm = s;
    } else {
      out_.left_over.push_back(s);
    }
  }

  void note(const hl7::Segment& s) {
    const bool of_order = last_ == "OBR" || last_ == "ORC" || (last_ == "NTE" && note_of_order_);
    const bool of_result = last_ == "OBX" || (last_ == "NTE" && note_of_result_);
    note_of_order_ = open_ && of_order;
    note_of_result_ = open_ && of_result;
    if (note_of_result_) current().observations.back().notes.push_back(s);
    else if (note_of_order_) current().notes.push_back(s);
    else out_.left_over.push_back(s);
  }

  Groups out_;
  hl7::Segment pid_, pv1_, orc_, spm_;
  bool specimen_first_ = false, order_control_after_ = false, open_ = false;
  bool note_of_order_ = false, note_of_result_ = false;
  std::string_view last_;
};

}  // namespace

Groups cut(const hl7::Message& message) {
  Cutter cutter(message);
  for (const auto segment : message) cutter.take(segment);
  return cutter.finish();
}

}  // namespace huren::mapping
