// What the applier has in hand, in a small file: it outlives the process, so that an event or a message which kills the
// engine again and again is known at the next start and set aside instead of tried for ever (I8).
// Promises: one short write to mapped memory for each item, which the file keeps when the process dies; no call of the system, no
//   sync: it guards against our own crash, not against power loss.
// Refuses: to matter for correctness: with the file gone or garbled everything is simply tried once more.
#pragma once
#include <cstdint>
#include <string>

namespace huren::engine {

class Mark {
 public:
  enum class Kind : char { event = 'E', message = 'M', handed = 'H' };  // handed: not in the inbox yet, known by its content

  explicit Mark(const std::string& path);
  ~Mark();
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  // How many processes in a row died with this item in hand.
  [[nodiscard]] int deaths(Kind kind, std::int64_t id) const;
  void begin(Kind kind, std::int64_t id) noexcept;
  void end() noexcept;  // all of them are committed

 private:
  void write(char kind, std::int64_t id, int times) noexcept;
  char* line_ = nullptr;  // mapped from the file; null: nothing is kept
  char left_kind_ = '-';
  std::int64_t left_id_ = 0;
  int left_times_ = 0;
};

}  // namespace huren::engine
