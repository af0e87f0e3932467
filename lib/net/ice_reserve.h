// ICE transports that gather before anybody needs them, so that no offer and no answer has to wait
// for a STUN server.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "net/ice_transport.h"
#include "net/timer.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

typedef struct _GMainContext GMainContext;

namespace p2plive::net {

/// Lives on the context's thread. Keeps none until it is told where to gather and how many to keep.
class IceReserve {
public:
  /// A NAT may forget a mapping that nothing has used for 30 s, though it should keep it for two
  /// minutes (RFC 4787 section 4.3); libnice does not refresh it before it checks pairs. The offer
  /// and the answer must have crossed by then.
  static constexpr std::chrono::seconds fresh_for{20};
  /// So many transports may grow old in a row, for each that is kept, without one being taken; then
  /// nobody seems to need them, and nothing is kept until somebody does.
  static constexpr unsigned most_unused = 3;

  explicit IceReserve(GMainContext* context, std::chrono::nanoseconds old_after = fresh_for);
  ~IceReserve();
  IceReserve(const IceReserve&) = delete;
  IceReserve& operator=(const IceReserve&) = delete;

  /// Where to gather; what has been gathered elsewhere is dropped. `controlling` is of no account.
  void use(IceTransport::Options options);
  /// How many to keep from now on; what is too much is let go of later, not from within. More than
  /// before: somebody needs them.
  void keep(std::size_t count);
  /// The addresses of this machine have changed: all are gathered anew.
  void renew();

  /// One that has gathered, or has begun to; null when there is none. Rather one that has the role
  /// already: libnice's checks take 20 ms longer after a change of it. Its place is filled later,
  /// not from within.
  std::unique_ptr<IceTransport> take(bool controlling, std::function<void()> wake);

  std::size_t kept() const { return kept_.size(); }
  std::size_t gathered() const; ///< of those kept

private:
  void settle();
  std::size_t controlling() const; ///< of those kept; about half
  void drop_old();
  bool add();

  GMainContext* context_;
  std::chrono::nanoseconds old_after_;
  Timer timer_;
  bool usable_ = false; ///< `options_` have been given
  IceTransport::Options options_;
  std::size_t count_ = 0;
  std::size_t unused_ = 0;                         ///< grown old since one was taken
  std::deque<std::unique_ptr<IceTransport>> kept_; ///< the oldest first
};

} // namespace p2plive::net
