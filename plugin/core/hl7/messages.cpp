#include "core/hl7/messages.hpp"

#include "core/hl7/describe.hpp"
#include "core/hl7/writer.hpp"

namespace huren::hl7 {
namespace {

class FieldWriter {  // Io of describe.hpp
 public:
  explicit FieldWriter(Writer& w) : w_(w) {}
  void leaf(int c, int s, const std::string& v) {
    if (!v.empty()) w_.component(c).subcomponent(s).text(v);
  }
  template <class T> void at(int n, const T& v) {
    w_.field(n);
    parts(*this, v);
  }
  template <class T> void at(int n, const std::vector<T>& all) {
    w_.field(n);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i) w_.repeat();
      parts(*this, all[i]);
    }
  }
  void at(int n, const Timestamp& t) { w_.set(n, t); }
  void values(int n, const std::vector<Components>& all, bool formatted) {
    w_.field(n);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i) w_.repeat();
      row(all[i], formatted);
    }
  }
  void components(int n, const Components& v) {
    w_.field(n);
    row(v, false);
  }
  void parameters(int n, const std::vector<Components>& all) {
    for (const auto& v : all) components(n++, v);
  }
  void formatted(int n, const std::vector<std::string>& all) {
    w_.field(n);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i) w_.repeat();
      w_.formatted(all[i]);
    }
  }

 private:
  void row(const Components& v, bool formatted) {
    for (std::size_t c = 0; c < v.size(); ++c) {
      w_.component(static_cast<int>(c) + 1);
      if (formatted) w_.formatted(v[c]);
      else w_.text(v[c]);
    }
  }
  Writer& w_;
};

class FieldReader {
 public:
  FieldReader(const Segment& s, int zone) : s_(s), zone_(zone) {}
  void leaf(int c, int s, std::string& v) { v = r_.value(c, s); }
  template <class T> void at(int n, T& v) {
    r_ = s_.field(n).repetition(1);
    parts(*this, v);
  }
  template <class T> void at(int n, std::vector<T>& all) {
    const auto f = s_.field(n);
    for (int i = 1; i <= f.repetitions(); ++i) {
      r_ = f.repetition(i);
      parts(*this, all.emplace_back());
    }
  }
  void at(int n, Timestamp& t) { t = parse_hl7_time(s_.value(n), zone_).value_or(Timestamp{}); }
  void values(int n, std::vector<Components>& all, bool) {
    const auto f = s_.field(n);
    for (int i = 1; i <= f.repetitions(); ++i) row(f.repetition(i), all.emplace_back());
  }
  void components(int n, Components& v) { row(s_.field(n).repetition(1), v); }
  void parameters(int n, std::vector<Components>& all) {
    for (; n <= s_.fields(); ++n) components(n, all.emplace_back());
  }
  void formatted(int n, std::vector<std::string>& all) {
    const auto f = s_.field(n);
    for (int i = 1; i <= f.repetitions(); ++i) all.push_back(f.repetition(i).text());
  }

 private:
  static void row(const Repetition& r, Components& v) {
    for (int c = 1; c <= r.components(); ++c) v.push_back(r.component(c).text());
  }
  const Segment s_;
  Repetition r_;
  int zone_;
};

class Out {
 public:
  explicit Out(const Header& h) { w_.msh(h); }
  template <class T> Out& one(std::string_view name, const T& v) {
    w_.segment(name);
    FieldWriter io(w_);
    fields(io, v);
    return *this;
  }
  template <class T> Out& maybe(std::string_view name, const std::optional<T>& v) { return v ? one(name, *v) : *this; }
  template <class T> Out& all(std::string_view name, const std::vector<T>& v) {
    for (const auto& x : v) one(name, x);
    return *this;
  }
  Out& observations(const std::vector<Observation>& v) {
    for (const auto& o : v) one("OBX", o.obx).all("NTE", o.notes);
    return *this;
  }
  Out& specimens(const std::vector<Specimen>& v) {
    for (const auto& s : v) one("SPM", s.spm).all("OBX", s.observations);
    return *this;
  }
  Out& results(const std::vector<ResultGroup>& v) {
    for (const auto& r : v)
      maybe("ORC", r.orc).one("OBR", r.obr).all("NTE", r.notes).observations(r.observations).specimens(r.specimens);
    return *this;
  }
  Writer& writer() { return w_; }
  Result<std::string> finish() { return w_.finish(); }

 private:
  Writer w_;
};

class In {
 public:
  In(const Message& m, int zone) : m_(m), zone_(zone) {}
  [[nodiscard]] std::string_view next() const {  // name of the segment ahead; Z segments are not in the way
    std::size_t i = at_;
    while (i < m_.size() && passed_over(m_.segment(i).name())) ++i;
    return i < m_.size() ? m_.segment(i).name() : std::string_view();
  }
  Segment take() {
    while (passed_over(m_.segment(at_).name())) ++at_;
    return m_.segment(at_++);
  }
  void header(Header& h) {
    h = m_.header();
    take();
    while (next() == "SFT") take();
  }
  template <class T> In& one(std::string_view name, T& v) {
    if (next() != name) {
      if (!fault_) fault_ = Error{"hl7.message_shape", std::string(name), {std::string(name)}};
      return *this;
    }
    FieldReader io(take(), zone_);
    fields(io, v);
    return *this;
  }
  template <class T> In& maybe(std::string_view name, std::optional<T>& v) {
    return next() == name ? one(name, v.emplace()) : *this;
  }
  template <class T> In& all(std::string_view name, std::vector<T>& v) {
    while (next() == name) one(name, v.emplace_back());
    return *this;
  }
  In& observations(std::vector<Observation>& v) {
    while (next() == "OBX") {
      auto& o = v.emplace_back();
      one("OBX", o.obx).all("NTE", o.notes);
    }
    return *this;
  }
  In& specimens(std::vector<Specimen>& v) {
    while (next() == "SPM") {
      auto& s = v.emplace_back();
      one("SPM", s.spm).all("OBX", s.observations);
    }
    return *this;
  }
  In& one_result(ResultGroup& r) {
    return maybe("ORC", r.orc).one("OBR", r.obr).all("NTE", r.notes).observations(r.observations).specimens(r.specimens);
  }
  In& results(std::vector<ResultGroup>& v) {
    while ((next() == "ORC" || next() == "OBR") && !fault_) one_result(v.emplace_back());
    return *this;
  }
  // Inside a prior result: an ORC or OBR ahead that has results (OBX) of its own belongs to it; one without is the next order.
  [[nodiscard]] bool prior_ahead() const {
    bool obr = false;
    for (std::size_t i = at_; i < m_.size(); ++i) {
      const auto name = m_.segment(i).name();
      if (name == "OBX") return obr;
      if (name == "OBR") {
        if (obr) return false;
        obr = true;
      } else if (!(name == "NTE" || (name == "ORC" && !obr) || passed_over(name))) {
        return false;
      }
    }
    return false;
  }
  [[nodiscard]] bool failed() const { return fault_.has_value(); }
  template <class T> Result<T> done(T&& value) {
    if (!fault_ && !next().empty() && next() != "DSC")
      fault_ = Error{"hl7.message_shape", m_.segment(at_).where(), {std::string(next())}};
    if (fault_) return *fault_;
    return std::forward<T>(value);
  }

 private:
  static bool passed_over(std::string_view name) { return name.size() == 3 && name[0] == 'Z'; }
  const Message& m_;
  int zone_;
  std::size_t at_ = 0;
  std::optional<Error> fault_;
};

bool is_type(const Message& m, std::initializer_list<std::string_view> types) {
  const auto type = m.segment(std::size_t{0}).value(9);
  for (const auto t : types)
    if (t == type) return true;
  return false;
}

Error other_type(const Message& m) { return {"hl7.message_shape", "MSH-9", {m.segment(std::size_t{0}).value(9).substr(0, 3)}}; }

// Where the structures differ in a few places only, the trigger tells.
bool merges(const Header& h) { return h.trigger == "A40" || h.trigger == "A39"; }

}  // namespace

Result<std::string> write(const Adt& m) {
  Out o(m.header);
  o.one("EVN", m.evn).one("PID", m.pid).maybe("MRG", m.mrg).maybe("PV1", m.pv1).maybe("PID", m.other).all("DG1", m.diagnoses);
  return o.finish();
}

template <>
Result<Adt> parse<Adt>(const Message& m, int zone) {
  if (!is_type(m, {"ADT"})) return other_type(m);
  Adt v;
  In in(m, zone);
  in.header(v.header);
  in.one("EVN", v.evn).one("PID", v.pid);
  if (merges(v.header) || in.next() == "MRG") in.maybe("MRG", v.mrg);
  in.maybe("PV1", v.pv1).maybe("PID", v.other).all("DG1", v.diagnoses);
  return in.done(std::move(v));
}

Result<std::string> write(const Oru& m) {
  Out o(m.header);
  o.maybe("PID", m.pid).maybe("PV1", m.pv1).results(m.results);
  return o.finish();
}

template <>
Result<Oru> parse<Oru>(const Message& m, int zone) {
  if (!is_type(m, {"ORU"})) return other_type(m);
  Oru v;
  In in(m, zone);
  in.header(v.header);
  in.maybe("PID", v.pid).maybe("PV1", v.pv1).results(v.results);
  return in.done(std::move(v));
}

Result<std::string> write(const Oul& m) {
  Out o(m.header);
  o.maybe("PID", m.pid).maybe("PV1", m.pv1);
  for (const auto& s : m.specimens) {
    o.one("SPM", s.spm);
    o.writer().segment("SAC").set(3, s.container_id);
    for (const auto& r : s.results) o.one("OBR", r.obr).maybe("ORC", r.orc).all("NTE", r.notes).observations(r.observations);
  }
  return o.finish();
}

template <>
Result<Oul> parse<Oul>(const Message& m, int zone) {
  if (!is_type(m, {"OUL"})) return other_type(m);
  Oul v;
  In in(m, zone);
  in.header(v.header);
  in.maybe("PID", v.pid).maybe("PV1", v.pv1);
  while (in.next() == "SPM" && !in.failed()) {
    auto& s = v.specimens.emplace_back();
    in.one("SPM", s.spm);
    if (in.next() == "SAC") s.container_id = in.take().value(3);
    while (in.next() == "OBR") {
      auto& r = s.results.emplace_back();
      in.one("OBR", r.obr).maybe("ORC", r.orc).all("NTE", r.notes).observations(r.observations);
    }
  }
  return in.done(std::move(v));
}

Result<std::string> write(const OrderMessage& m) {
  Out o(m.header);
  o.one("PID", m.pid).maybe("PV1", m.pv1);
  for (const auto& g : m.orders) {
    o.one("ORC", g.orc).maybe("OBR", g.obr).all("NTE", g.notes).all("DG1", g.diagnoses);
    o.observations(g.observations).specimens(g.specimens);
    for (const auto& p : g.prior) o.one("PID", p.pid).maybe("PV1", p.pv1).results(p.results);
  }
  return o.finish();
}

template <>
Result<OrderMessage> parse<OrderMessage>(const Message& m, int zone) {
  if (!is_type(m, {"OML", "OMG"})) return other_type(m);
  OrderMessage v;
  In in(m, zone);
  in.header(v.header);
  in.one("PID", v.pid).maybe("PV1", v.pv1);
  while (in.next() == "ORC" && !in.failed()) {
    auto& g = v.orders.emplace_back();
    in.one("ORC", g.orc).maybe("OBR", g.obr).all("NTE", g.notes).all("DG1", g.diagnoses);
    in.observations(g.observations).specimens(g.specimens);
    while (in.next() == "PID" && !in.failed()) {
      auto& p = g.prior.emplace_back();
      in.one("PID", p.pid).maybe("PV1", p.pv1);
      // The last order of a prior result and the next order both begin with ORC: results (OBX) belong to the prior one.
      while ((in.next() == "ORC" || in.next() == "OBR") && !in.failed()) {
        if (!in.prior_ahead()) break;
        in.one_result(p.results.emplace_back());
      }
    }
  }
  return in.done(std::move(v));
}

Result<std::string> write(const OrderReply& m) {
  Out o(m.header);
  o.one("MSA", m.msa).maybe("PID", m.pid);
  for (const auto& l : m.orders) o.one("ORC", l.orc).maybe("OBR", l.obr).all("SPM", l.specimens);
  return o.finish();
}

template <>
Result<OrderReply> parse<OrderReply>(const Message& m, int zone) {
  if (!is_type(m, {"ORL", "ORG"})) return other_type(m);
  OrderReply v;
  In in(m, zone);
  in.header(v.header);
  in.one("MSA", v.msa);
  while (in.next() == "ERR") in.take();
  in.maybe("PID", v.pid);
  while (in.next() == "ORC" && !in.failed()) {
    auto& l = v.orders.emplace_back();
    in.one("ORC", l.orc).maybe("OBR", l.obr).all("SPM", l.specimens);
  }
  return in.done(std::move(v));
}

Result<std::string> write(const ReferralMessage& m) {
  Out o(m.header);
  o.maybe("MSA", m.msa).maybe("RF1", m.rf1).all("PRD", m.providers).one("PID", m.pid).all("DG1", m.diagnoses);
  for (const auto& r : m.results) o.one("OBR", r.obr).all("NTE", r.notes).observations(r.observations);
  o.maybe("PV1", m.pv1).all("NTE", m.notes);
  return o.finish();
}

template <>
Result<ReferralMessage> parse<ReferralMessage>(const Message& m, int zone) {
  if (!is_type(m, {"REF", "RRI"})) return other_type(m);
  ReferralMessage v;
  In in(m, zone);
  in.header(v.header);
  in.maybe("MSA", v.msa).maybe("RF1", v.rf1).all("PRD", v.providers).one("PID", v.pid).all("DG1", v.diagnoses);
  while (in.next() == "OBR" && !in.failed()) {
    auto& r = v.results.emplace_back();
    in.one("OBR", r.obr).all("NTE", r.notes).observations(r.observations);
  }
  in.maybe("PV1", v.pv1).all("NTE", v.notes);
  return in.done(std::move(v));
}

Result<std::string> write(const DocumentMessage& m) {
  Out o(m.header);
  o.one("EVN", m.evn).one("PID", m.pid).one("PV1", m.pv1).one("TXA", m.txa).observations(m.contents);
  return o.finish();
}

template <>
Result<DocumentMessage> parse<DocumentMessage>(const Message& m, int zone) {
  if (!is_type(m, {"MDM"})) return other_type(m);
  DocumentMessage v;
  In in(m, zone);
  in.header(v.header);
  in.one("EVN", v.evn).one("PID", v.pid).one("PV1", v.pv1).one("TXA", v.txa).observations(v.contents);
  return in.done(std::move(v));
}

Result<std::string> write(const Query& m) {
  Out o(m.header);
  o.one("QRD", m.qrd).one("QRF", m.qrf);
  return o.finish();
}

template <>
Result<Query> parse<Query>(const Message& m, int zone) {
  if (!is_type(m, {"QRY"})) return other_type(m);
  Query v;
  In in(m, zone);
  in.header(v.header);
  in.one("QRD", v.qrd);
  if (in.next() == "QRF") in.one("QRF", v.qrf);
  return in.done(std::move(v));
}

Result<std::string> write(const QueryResult& m) {
  Out o(m.header);
  o.one("MSA", m.msa).one("QRD", m.qrd).maybe("QRF", m.qrf).maybe("PID", m.pid).results(m.results).maybe("QAK", m.qak);
  return o.finish();
}

template <>
Result<QueryResult> parse<QueryResult>(const Message& m, int zone) {
  if (!is_type(m, {"ORF"})) return other_type(m);
  QueryResult v;
  In in(m, zone);
  in.header(v.header);
  in.one("MSA", v.msa).one("QRD", v.qrd).maybe("QRF", v.qrf).maybe("PID", v.pid).results(v.results);
  while (in.next() == "ERR") in.take();
  in.maybe("QAK", v.qak);
  return in.done(std::move(v));
}

Result<std::string> write(const ParameterQuery& m) {
  Out o(m.header);
  o.one("QPD", m.qpd).one("RCP", m.rcp);
  return o.finish();
}

template <>
Result<ParameterQuery> parse<ParameterQuery>(const Message& m, int zone) {
  if (!is_type(m, {"QBP"})) return other_type(m);
  ParameterQuery v;
  In in(m, zone);
  in.header(v.header);
  in.one("QPD", v.qpd).one("RCP", v.rcp);
  return in.done(std::move(v));
}

Result<std::string> write(const ParameterResponse& m) {
  Out o(m.header);
  o.one("MSA", m.msa).one("QAK", m.qak).one("QPD", m.qpd).maybe("PID", m.pid).results(m.results);
  return o.finish();
}

template <>
Result<ParameterResponse> parse<ParameterResponse>(const Message& m, int zone) {
  if (!is_type(m, {"RSP"})) return other_type(m);
  ParameterResponse v;
  In in(m, zone);
  in.header(v.header);
  in.one("MSA", v.msa);
  while (in.next() == "ERR") in.take();
  in.one("QAK", v.qak).one("QPD", v.qpd).maybe("PID", v.pid).results(v.results);
  return in.done(std::move(v));
}

}  // namespace huren::hl7
