// Whatever takes part in the simulated network: a viewer, or something that behaves badly.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ids.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace p2plive::sim {

using core::PeerId;

/// Called by the network, always from the event queue and never from within a call to the network.
class Node {
public:
  explicit Node(const PeerId& id) : id_(id) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const PeerId& id() const { return id_; }

  /// As core::Swarm has them.
  virtual bool offer_arrived(const PeerId& from) = 0;
  virtual void opened(const PeerId& peer) = 0;
  virtual void message(const PeerId& from, std::span<const std::uint8_t> bytes) = 0;
  /// That is about to be called: the processor is to fetch what it will need, in steps.
  virtual void prepare_message(const PeerId&, unsigned) const {}
  virtual void buffered(const PeerId& to, std::size_t bytes) = 0;
  virtual void closed(const PeerId& peer) = 0;
  virtual void unreachable(const PeerId& peer) { closed(peer); }

private:
  PeerId id_;
};

} // namespace p2plive::sim
