#include "core/cda/header_read.hpp"

#include "core/base/text.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

std::string percent_decoded(std::string_view text) {
  std::string out;
  const auto hex = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return invalid_utf8(out) ? std::string(text) : out;
}

class HeaderReader {
 public:
  HeaderReader(const Head& head, Walk& walk) : head_(head), w_(walk) {}

  HeaderFields run(Node root) {
    w_.each(root, [&](Node n) { return top(n); });
    if (out_.number.empty()) out_.number = !head_.set.extension.empty() ? head_.set.extension : head_.id.extension;
    for (const auto& org : repeated_)
      if (!same_origin(org.value)) w_.keep(org.node);
    return std::move(out_);
  }

 private:
  struct Repeated {
    Node node;
    model::Organisation value;
  };

  bool same_origin(const model::Organisation& o) const {
    return (o.code.empty() || o.code == out_.origin.code) && (o.name.empty() || o.name == out_.origin.name);
  }
  // An organisation that normally repeats the custodian; kept when it turns out to be another.
  void repeats_origin(Node node) {
    repeated_.push_back({node, w_.organisation(node)});
  }

  bool top(Node n) {
    const std::string_view name = n.name();
    // read_head has them
    if (name == "templateId" || name == "id" || name == "title" || name == "effectiveTime" || name == "languageCode" || name == "setId") return true;
    if (name == "code") return w_.label(n);
    if (name == "versionNumber") return head_.version > 0;
    if (name == "realmCode") return attributes(n).code == "CN";
    if (name == "typeId") return attributes(n).extension == "POCD_HD000040" || attributes(n).extension == "POCD_MT000040";
    if (name == "confidentialityCode") return attributes(n).code == "N";
    if (name == "recordTarget") return record_target(n);
    if (name == "author") return author(n);
    if (name == "custodian") return custodian(n);
    if (name == "informationRecipient") return recipient(n);
    if (name == "legalAuthenticator") return verifier(n);
    if (name == "participant") return participant(n);
    if (name == "inFulfillmentOf") return order(n);
    if (name == "documentationOf") return service(n);
    if (name == "relatedDocument") return related(n);
    if (name == "componentOf") return encounter(n);
    if (name == "component") {
      w_.each(n, [&](Node b) {
        if (!is(b, "structuredBody") || out_.body) return false;
        out_.body = b;
        return true;
      });
      return true;
    }
    return false;
  }

  bool record_target(Node n) {
    if (seen_patient_) return false;
    seen_patient_ = true;
    w_.each(n, [&](Node role) {
      if (!is(role, "patientRole")) return false;
      w_.each(role, [&](Node c) { return patient_role(c); });
      return true;
    });
    return true;
  }

  bool patient_role(Node c) {
    const std::string_view name = c.name();
    auto& p = out_.patient;
    if (name == "id") return patient_id(c);
    if (name == "patientType") return patient_type(c);
    if (name == "telecom") {
      const auto a = attributes(c);
      if (!p.phone.empty()) return false;
      if (!a.value.empty()) p.phone = percent_decoded(a.value.starts_with("tel:") ? a.value.substr(4) : a.value);
      return true;
    }
    if (name == "patient") {
      w_.each(c, [&](Node x) { return patient(x); });
      return true;
    }
    return false;
  }

  bool patient_id(Node c) {
    const auto a = attributes(c);
    const auto id = w_.id(c);
    if (id.extension.empty()) return true;
    if (id.root == kReportNumberRoot) return once(out_.number, id.extension);
    if (id.root == kOrderRoot) return once(out_.order_number, id.extension);
    if (id.root == kSpecimenRoot) return once(out_.specimen_id, id.extension);
    if (id.root == kArcLocalId) return once(out_.patient.local_id, id.extension);
    const auto type = identifier_of_root(id.root);
    if (type.empty()) return false;
    out_.patient.identifiers.push_back({std::string(type), id.extension, std::string(a.assigner)});
    return true;
  }
  static bool once(std::string& into, const std::string& value) {
    if (into.empty()) into = value;
    return into == value;
  }

  bool patient_type(Node c) {
    const auto inner = c.child("patienttypeCode") ? c.child("patienttypeCode") : c.child("patientTypeCode");
    w_.take(inner);
    const auto a = attributes(inner);
    std::string_view word;
    if (a.code == "1") word = "outpatient";
    else if (a.code == "2") word = "emergency";
    else if (a.code == "3") word = "inpatient";
    else if (a.code == "9" && a.display == "体检") word = "checkup";
    else return false;
    if (out_.patient_class.empty()) out_.patient_class = word;
    return true;
  }

  bool patient(Node x) {
    const std::string_view name = x.name();
    auto& p = out_.patient;
    const auto a = attributes(x);
    if (name == "id") {
      const auto id = w_.id(x);
      if (id.extension.empty()) return true;
      if (id.root != kResidentIdRoot) return false;
      p.identifiers.insert(p.identifiers.begin(), {"resident_id", id.extension, std::string(a.assigner)});
      return true;
    }
    if (name == "name") {
      if (!p.name.empty()) return false;
      p.name = w_.text(x);
      return true;
    }
    if (name == "administrativeGenderCode") {
      if (a.code == "1" || a.code == "M") p.sex = model::Sex::male;
      else if (a.code == "2" || a.code == "F") p.sex = model::Sex::female;
      else if (a.code == "9" || a.code == "UN") p.sex = model::Sex::not_stated;
      else if (a.code != "0" && a.code != "U" && a.null.empty()) return false;
      return true;
    }
    if (name == "birthTime") {
      if (a.value.empty()) return true;
      const auto date = parse_date(a.value.substr(0, 8));
      if (!date || a.value.size() > 8) {
        if (date) p.birth_date = *date;
        return false;  // a birth time finer than a day is kept as it stood
      }
      p.birth_date = *date;
      return true;
    }
    if (name == "age") {  // derived: the date of birth holds
      if (!p.birth_date.present()) return false;
      const auto years = number_of(a.value);
      const auto own = age_years(p.birth_date, head_.effective);
      if ((a.unit == "岁" || a.unit == "a") && years > 0 && own >= 0 && (years > own + 1 || years + 1 < own)) {
        w_.find(Severity::warning, "cda.age_unlike", x);
        return false;
      }
      return a.unit == "岁" || a.unit == "a";
    }
    return false;
  }

  // name inside an assignedPerson-like element
  bool person(Node n, model::Person& out) {
    w_.each(n, [&](Node c) {
      if (!is(c, "name") || !out.name.empty()) return false;
      out.name = w_.text(c);
      return true;
    });
    return true;
  }
  bool staff_id(Node n, model::Person& out) {
    const auto id = w_.id(n);
    if (id.extension.empty()) return true;
    if (!out.id.empty()) return false;
    out.id = id.extension;
    return id.root == kStaffRoot || id.root == kAuthorRoot;
  }
  bool same_time(Node n) {
    const auto a = attributes(n);
    if (a.value.empty()) return true;
    return w_.time_of(n, a.value) == head_.effective;
  }

  bool author(Node n) {
    if (!out_.author.name.empty() || !out_.author.id.empty()) return false;
    w_.each(n, [&](Node c) {
      if (is(c, "time")) return same_time(c);
      if (!is(c, "assignedAuthor")) return false;
      w_.each(c, [&](Node x) {
        if (is(x, "id")) return staff_id(x, out_.author);
        if (is(x, "assignedPerson")) return person(x, out_.author);
        if (is(x, "representedOrganization")) {
          repeats_origin(x);
          return true;
        }
        return false;
      });
      return true;
    });
    return true;
  }

  bool custodian(Node n) {
    w_.each(n, [&](Node c) {
      if (!is(c, "assignedCustodian")) return false;
      w_.each(c, [&](Node x) {
        if (!is(x, "representedCustodianOrganization")) return false;
        out_.origin = w_.organisation(x);
        return true;
      });
      return true;
    });
    return true;
  }

  bool recipient(Node n) {
    if (!out_.recipient.code.empty() || !out_.recipient.name.empty()) return false;
    w_.each(n, [&](Node c) {
      if (!is(c, "intendedRecipient")) return false;
      w_.each(c, [&](Node x) {
        if (is(x, "id")) return staff_id(x, out_.recipient_person);
        if (is(x, "informationRecipient")) return person(x, out_.recipient_person);
        if (is(x, "receivedOrganization")) {
          out_.recipient = w_.organisation(x);
          return true;
        }
        return false;
      });
      return true;
    });
    return true;
  }

  bool verifier(Node n) {
    w_.each(n, [&](Node c) {
      if (is(c, "time")) return same_time(c);
      if (is(c, "signatureCode")) return attributes(c).code == "S";
      if (!is(c, "assignedEntity")) return false;
      w_.each(c, [&](Node x) {
        if (is(x, "id")) return staff_id(x, out_.verifier);
        if (is(x, "code")) return attributes(x).code.empty() && (attributes(x).display.empty() || attributes(x).display == "审核医师");
        if (is(x, "assignedPerson")) return person(x, out_.verifier);
        return false;
      });
      return true;
    });
    return true;
  }

  bool participant(Node n) {
    const std::string_view type = n.attribute("typeCode");
    const auto entity = n.child("associatedEntity");
    if (type == "REF" && out_.requester.name.empty() && out_.requester.id.empty()) {
      w_.each(n, [&](Node c) {
        if (is(c, "templateId")) return true;
        if (is(c, "time")) return attributes(c).value.empty();
        if (!is(c, "associatedEntity")) return false;
        w_.each(c, [&](Node x) {
          if (is(x, "id")) return staff_id(x, out_.requester);
          if (is(x, "associatedPerson")) return person(x, out_.requester);
          return false;
        });
        return true;
      });
      return true;
    }
    if (type == "PRF" && entity.child("scopingOrganization") && out_.department.empty()) {
      w_.each(n, [&](Node c) {
        if (!is(c, "associatedEntity")) return false;
        w_.each(c, [&](Node x) {
          if (!is(x, "scopingOrganization")) return false;
          w_.each(x, [&](Node y) {
            if (is(y, "name")) {
              if (!out_.department.empty()) return false;
              out_.department = w_.text(y);
              return true;
            }
            if (!is(y, "asOrganizationPartOf")) return false;
            w_.each(y, [&](Node z) {
              if (!is(z, "wholeOrganization")) return false;
              repeats_origin(z);
              return true;
            });
            return true;
          });
          return true;
        });
        return true;
      });
      return true;
    }
    return false;
  }

  bool order(Node n) {
    w_.each(n, [&](Node c) {
      if (!is(c, "order")) return false;
      w_.each(c, [&](Node x) { return is(x, "id") && once(out_.order_number, w_.id(x).extension) && attributes(x).root == kOrderRoot; });
      return true;
    });
    return true;
  }

  bool service(Node n) {
    w_.each(n, [&](Node c) {
      if (!is(c, "serviceEvent")) return false;
      w_.each(c, [&](Node x) {
        if (!is(x, "code") || !(out_.service == model::Code{})) return false;
        out_.service = w_.code(x);
        return true;
      });
      return true;
    });
    return true;
  }

  bool related(Node n) {  // ids are in the head
    const std::string_view type = n.attribute("typeCode");
    auto& seen = type == "RPLC" ? seen_replaced_ : seen_appended_;
    if ((type != "RPLC" && type != "APND") || seen) return false;
    seen = true;
    w_.each(n, [&](Node c) {
      if (!is(c, "parentDocument")) return false;
      w_.each(c, [&](Node x) {
        if (is(x, "id")) return x == c.child("id");
        if (is(x, "setId")) return type == "RPLC" && w_.id(x) == head_.set;
        return is(x, "versionNumber") && number_of(attributes(x).value) > 0;
      });
      return true;
    });
    return true;
  }

  bool encounter(Node n) {
    w_.each(n, [&](Node c) {
      if (!is(c, "encompassingEncounter")) return false;
      w_.each(c, [&](Node x) { return encounter_part(x); });
      return true;
    });
    return true;
  }

  bool encounter_part(Node x) {
    if (is(x, "id")) {
      const auto id = w_.id(x);
      if (id.extension.empty()) return true;
      if (!out_.encounter_id.empty()) return false;
      out_.encounter_id = id.extension;
      return id.root == kArcEncounter;
    }
    if (is(x, "code")) {
      const auto a = attributes(x);
      std::string word;
      if (a.code == "AMB") word = "outpatient";
      else if (a.code == "IMP" || a.code == "ACUTE") word = "inpatient";
      else if (a.code == "EMER") word = "emergency";
      else if (a.code.empty() && x.child("originalText")) word = w_.text(x.child("originalText"));
      else return false;
      out_.patient_class = word;
      return true;
    }
    if (is(x, "effectiveTime")) {
      const auto a = attributes(x);
      if (a.value.empty() && !x.first_child()) return true;
      out_.encounter_time = x;
      if (!a.value.empty()) out_.encounter_from = w_.time_of(x, a.value);
      if (const auto low = x.child("low")) out_.encounter_from = w_.time(low);
      if (const auto high = x.child("high")) out_.encounter_to = w_.time(high);
      return true;
    }
    if (is(x, "location")) {
      w_.each(x, [&](Node y) {
        if (!is(y, "healthCareFacility")) return false;
        w_.each(y, [&](Node z) {
          if (!is(z, "serviceProviderOrganization")) return false;
          repeats_origin(z);
          return true;
        });
        return true;
      });
      return true;
    }
    return false;
  }

  const Head& head_;
  Walk& w_;
  HeaderFields out_;
  std::vector<Repeated> repeated_;
  bool seen_patient_ = false, seen_replaced_ = false, seen_appended_ = false;
};

}  // namespace

HeaderFields read_header(Node root, const Head& head, Walk& walk) { return HeaderReader(head, walk).run(root); }

}  // namespace huren::cda
