#pragma once
// The state of a client: pool, TLS context, authorization. Internal to providers/http.
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "providers/http/client.hpp"
#include "providers/http/connection.hpp"
#include "providers/http/response_reader.hpp"
#include "providers/http/tls.hpp"

namespace crosstie::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// Kept by shared_ptr: the client and each coroutine that is in one of its functions.
struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  /// The right to one connection of the pool; gives it back, or drops it, at its end.
  class Lease {
   public:
    Lease() = default;
    /// Of the pool; without an owner it stands outside.
    explicit Lease(std::shared_ptr<Impl> owner) : owner_(std::move(owner)) { ++owner_->in_use; }
    Lease(Lease&& other) noexcept
        : connection(std::move(other.connection)), owner_(std::move(other.owner_)) {}
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    /// The connection is in order and may serve the next request.
    void keep();

    std::shared_ptr<Connection> connection;  // null: to be opened

   private:
    std::shared_ptr<Impl> owner_;
  };

  /// How far a try came.
  struct Progress {
    bool reused = false;
    bool received = false;
    bool written = false;
  };

  Impl(Endpoint endpoint_in, ClientOptions options_in);

  Deadline deadline_of(const Request& request) const;
  Task<Lease> acquire(bool fresh);
  Task<std::optional<Failure>> open(Lease& lease, Deadline deadline);
  std::string head_of(const Request& request, const Headers& authorization) const;
  Task<std::optional<Failure>> write_request(Lease& lease, const Request& request,
                                             const Headers& authorization, Deadline deadline,
                                             Progress& progress);
  Task<std::optional<Failure>> read_more(Lease& lease, ResponseReader& reader, Deadline deadline,
                                         Progress& progress);
  Task<Exchange> transfer(Lease& lease, const Request& request, const Headers& authorization,
                          Progress& progress);
  Task<Exchange> try_once(const Request& request);
  Task<Exchange> send(Request request);
  Task<Exchange> stream(Request request, std::chrono::milliseconds idle_max,
                        std::function<bool(std::string_view)> on_line);
  Task<Result<int>> forward(std::string target, std::uint16_t port);
  Task<Result<Headers>> authorize();
  void log(const Request& request, const Exchange& exchange,
           std::chrono::steady_clock::time_point began) const;

  Endpoint endpoint;
  ClientOptions options;
  std::function<Task<Result<Headers>>()> authorization;
  TlsContext tls;
  std::vector<std::shared_ptr<Connection>> idle;
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiters;
  std::vector<std::weak_ptr<Connection>> forwards;
  int in_use = 0;
  std::mt19937_64 random{std::random_device{}()};
};

/// A request that an HTTP head cannot carry (line breaks in a header, no leading '/'): Failure.
std::optional<Failure> check_request(const Request& request, const Headers& authorization);

}  // namespace crosstie::http
