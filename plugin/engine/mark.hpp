// What is in hand, in a small file: it outlives the process, so that an event or a message which kills the engine again and
// again is known at the next start and set aside instead of tried for ever (I8).
// Promises: one short write to mapped memory for each item, which the file keeps when the process dies; no call of the system, no
//   sync: it guards against our own crash, not against power loss.
// Refuses: to matter for correctness: with the file gone or garbled everything is simply tried once more.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace huren::engine {

class Mark {
 public:
  // handed: not in the inbox yet, known by its content, as is what is being read on its connection.
  enum class Kind : char { event = 'E', message = 'M', handed = 'H', reading = 'R' };

  explicit Mark(const std::string& path, int lines = 1);
  ~Mark();
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;

  // How many processes in a row died with this item in hand.
  [[nodiscard]] int deaths(Kind kind, std::int64_t id) const;

  // [thread: one] A file of one line.
  void begin(Kind kind, std::int64_t id) noexcept;
  void end() noexcept;  // all of them are committed

  // [thread: any] A line each. What a process has died over keeps its line until it comes again; where all are taken nothing is kept.
  class Held {
   public:
    Held(Mark& mark, Kind kind, std::int64_t id) noexcept;
    ~Held();
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Mark& mark_;
    std::size_t line_;
  };

 private:
  struct Line {
    char kind = '-';  // as the last process left it
    std::int64_t id = 0;
    int times = 0;
    bool taken = false;
    [[nodiscard]] bool is(Kind k, std::int64_t i) const { return times > 0 && kind == static_cast<char>(k) && id == i; }
  };
  void write(std::size_t line, char kind, std::int64_t id, int times) noexcept;
  std::size_t take(Kind kind, std::int64_t id) noexcept;
  void give_back(std::size_t line) noexcept;
  char* text_ = nullptr;  // mapped from the file; null: nothing is kept
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace huren::engine
