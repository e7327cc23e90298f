#pragma once
// Raw requests to a simulator, without a socket: parsed as the listener parses them, answered by
// the handler.
#include <boost/asio/io_context.hpp>
#include <string_view>

#include "sandbox/context.hpp"

namespace crosstie::fuzz {

/// Requests of one input; more are left aside.
inline constexpr int kRequestsMax = 8;

/// One loop with the surroundings of a simulator. Time does not pass and waits are instant.
struct Surroundings {
  boost::asio::io_context loop;
  sandbox::Context context{loop.get_executor(), sandbox::Clock(0), sandbox::Ids(1), {}};
};

/// Sends every request of `bytes` (one after the other, as on a kept connection) to the handler and
/// reads each answer, also the first pieces of a stream. Requires that no handler throws and that
/// answers are well-formed.
void send_requests(Surroundings& surroundings, const sandbox::Handler& handler,
                   std::string_view bytes);

}  // namespace crosstie::fuzz
