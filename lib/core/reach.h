// How many of the others a viewer can be connected with.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>

namespace p2plive::core {

/// Share of the viewers tried that could be connected, of the latest ones; half before anything is
/// known (Laplace's rule of succession). Which attempts count is Membership's to say.
class Reach {
public:
  void attempted(bool path);

  double share() const { return share_after(attempts_); }
  bool known() const { return attempts_ >= enough_; }
  /// Known, and so that few others can be met (hard_to_reach).
  bool low() const { return low_after(0); }
  /// It would be, if nothing came of `under_way` attempts.
  bool low_after(std::size_t under_way) const;
  /// As Announce::reach, if nothing came of `under_way` attempts; half while that is not enough.
  unsigned percent_after(std::size_t under_way) const;

private:
  static constexpr double enough_ = 8;
  double share_after(double attempts) const { return (paths_ + 1) / (attempts + 2); }

  double paths_ = 0; ///< of the latest attempts those that had one
  double attempts_ = 0;
};

} // namespace p2plive::core
