#include "core/recognition/order_check.hpp"

namespace huren::recognition {

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "pass";
    case Verdict::advise: return "advise";
    case Verdict::fail: break;
  }
  return "fail";
}

const char* word(Outcome outcome) {
  switch (outcome) {
    case Outcome::recognised: return "recognised";
    case Outcome::partial: return "partial";
    case Outcome::advisory: return "advisory";
    case Outcome::none: break;
  }
  return "none";
}

const char* word(Aspect aspect) {
  switch (aspect) {
    case Aspect::identity: return "identity";
    case Aspect::status: return "status";
    case Aspect::item: return "item";
    case Aspect::specimen: return "specimen";
    case Aspect::window: return "window";
    case Aspect::quality: return "quality";
    case Aspect::method: return "method";
    case Aspect::unit: return "unit";
    case Aspect::level: return "level";
    case Aspect::situation: return "situation";
    case Aspect::abnormal: return "abnormal";
    case Aspect::agreement: break;
  }
  return "agreement";
}

}  // namespace huren::recognition
