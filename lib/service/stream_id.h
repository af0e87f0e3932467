// StreamId: the text that two URIs of the same content have in common; its MD5 is the RID.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "service/glob.h"
#include "service/http_uri.h"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace p2plive::service {

/// What an operator knows about some of the URIs. A rule fits when one of its hosts and one of its
/// paths match.
struct StreamIdRule {
  std::string name;
  /// Hosts that serve the same: in the StreamId stands the rule's name instead of the host. None:
  /// the rule fits every host, and the host stays.
  std::vector<Glob> hosts;
  /// The path in the StreamId is what the first pattern that matches captures, or all of it where
  /// it captures nothing. None: the rule fits every path, and the path stays.
  std::vector<Glob> paths;
  /// Parameters of the query that tell one content from another; the others are left out.
  std::vector<std::string> keep_parameters;
};

/// The first rule that fits decides; without one the StreamId is host and path (architecture.md).
class StreamIdRules {
public:
  StreamIdRules() = default;
  explicit StreamIdRules(std::vector<StreamIdRule> rules) : rules_(std::move(rules)) {}

  /// `uri` is the media playlist's, before redirects. An error is a sentence for who sent it.
  tl::expected<std::string, std::string> stream_id(std::string_view uri) const;

private:
  std::vector<StreamIdRule> rules_;
};

} // namespace p2plive::service
