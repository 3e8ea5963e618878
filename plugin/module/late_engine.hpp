// In the engine's place while its store cannot be opened: tries again every now and then, and is the engine from then on.
// Promises: until then a query has no answer, a poll finds nothing, health says why; nothing has to be opened anew.
#pragma once
#include <functional>
#include <memory>

#include "module/engine_loader.hpp"

namespace huren::module {

std::unique_ptr<Engine> await_engine(std::function<Result<std::unique_ptr<Engine>>()> load, const Error& why, const HostHooks& hooks);

}  // namespace huren::module
