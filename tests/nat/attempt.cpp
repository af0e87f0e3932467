// SPDX-License-Identifier: LGPL-2.1-or-later
#include "attempt.h"

#include <sstream>
#include <stdexcept>

namespace p2plive::test {

using namespace std::chrono_literals;

namespace {

int next_number() {
  static int number = 0;
  return ++number;
}

std::vector<std::string> arguments(int self, int other, const char* role, std::uint64_t bytes) {
  return {P2PLIVE_NAT_PEER,
          Internet::services_address,
          std::to_string(Internet::mqtt_port),
          Internet::services_address,
          std::to_string(Internet::stun_port),
          std::to_string(self),
          std::to_string(other),
          role,
          std::to_string(bytes)};
}

/// Skips to the line that begins so, unless it fails before: then `outcome` has the reason.
bool skip_to(Speaker& speaker, const std::string& word, std::string& rest, Outcome& outcome,
             std::chrono::milliseconds patience) {
  while (auto line = speaker.line(patience)) {
    if (line->starts_with(word + " ")) {
      rest = line->substr(word.size() + 1);
      return true;
    }
    if (line->starts_with("failed ") || line->starts_with("closed ")) {
      outcome.reason = line->starts_with("failed ") ? line->substr(7) : *line;
      return false;
    }
  }
  outcome.reason = "says nothing more, waiting for \"" + word + "\"";
  return false;
}

} // namespace

Attempt::Attempt(const Internet& internet, const NetworkNamespace& offerer,
                 const NetworkNamespace& answerer, std::uint64_t bytes) {
  auto a = next_number(), b = next_number();
  log_ = internet.directory() / ("peers-" + std::to_string(a) + ".log");
  answerer_ = std::make_unique<Speaker>(answerer, arguments(b, a, "answer", bytes), log_);
  auto ready = answerer_->line(15s);
  if (ready != "ready")
    throw std::runtime_error("the answerer does not reach the broker: " + ready.value_or("") +
                             processes::log_tail(log_));
  offerer_ = std::make_unique<Speaker>(offerer, arguments(a, b, "offer", bytes), log_);
}

std::string Attempt::end() {
  std::string wrong;
  for (auto* speaker : {offerer_.get(), answerer_.get()})
    if (auto ended = speaker->process().terminate(10s); !ended.ok())
      wrong += ended.describe() + ": " + processes::log_tail(log_, 40);
  return wrong;
}

Outcome Attempt::finish(std::chrono::milliseconds patience) {
  Outcome outcome;
  std::string open, first, second;
  if (!skip_to(*offerer_, "open", open, outcome, patience) ||
      !skip_to(*offerer_, "received", first, outcome, patience) ||
      !skip_to(*answerer_, "received", second, outcome, patience))
    return outcome;
  std::uint64_t bytes = 0;
  std::istringstream(first) >> bytes >> outcome.transfer_milliseconds[0];
  std::istringstream(second) >> bytes >> outcome.transfer_milliseconds[1];
  outcome.connected = true;
  std::istringstream words(open);
  words >> outcome.milliseconds >> outcome.local >> outcome.remote >> std::ws;
  std::getline(words, outcome.family);
  return outcome;
}

} // namespace p2plive::test
