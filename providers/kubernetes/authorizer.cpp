#include "providers/kubernetes/authorizer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "providers/http/client.hpp"
#include "providers/http/request.hpp"
#include "providers/kubernetes/exec_plugin.hpp"
#include "providers/kubernetes/kubeconfig.hpp"
#include "providers/provider.hpp"

namespace crosstie::kubernetes {
namespace {

namespace asio = boost::asio;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::minutes kWaitMax{2};
constexpr std::chrono::seconds kRenewBefore{20};

}  // namespace

struct Authorizer::Turn {
  explicit Turn(const asio::any_io_executor& executor) : ended(executor, kWaitMax) {}
  asio::steady_timer ended;
};

Authorizer::Authorizer(Credentials credentials, http::Endpoint endpoint, ReadFile read_file)
    : credentials_(std::move(credentials)),
      endpoint_(std::move(endpoint)),
      read_file_(std::move(read_file)) {}
Authorizer::~Authorizer() = default;

bool Authorizer::needs_renewal() const {
  if (!credentials_.exec) return false;
  if (!given_) return true;
  return given_->expires && std::chrono::system_clock::now() + kRenewBefore >= *given_->expires;
}

Task<Result<void>> Authorizer::renew() {
  const auto self = shared_from_this();
  while (needs_renewal() && running_) {
    const std::shared_ptr<Turn> other = running_;
    (void)co_await other->ended.async_wait(kTuple);
    if (running_ == other) running_.reset();  // it was cancelled in the middle
  }
  if (!needs_renewal()) co_return Result<void>{};
  const auto executor = co_await asio::this_coro::executor;
  const auto turn = std::make_shared<Turn>(executor);
  running_ = turn;
  ExecPlugin plugin = *credentials_.exec;
  http::Endpoint endpoint = endpoint_;
  Result<ExecCredential> given = co_await run_exec_plugin(std::move(plugin), std::move(endpoint));
  if (running_ == turn) running_.reset();
  turn->ended.cancel();
  if (!given) co_return given.failure();
  given_ = std::move(*given);
  co_return Result<void>{};
}

Task<Result<Headers>> Authorizer::headers() {
  const auto self = shared_from_this();
  Result<void> renewed = co_await renew();
  if (!renewed) co_return renewed.failure();
  Headers headers;
  std::string token = credentials_.token.reveal();
  if (!credentials_.token_file.empty()) {
    const auto content = read_file_(credentials_.token_file);
    if (!content)
      co_return make_error("the token file cannot be read",
                           credentials_.token_file + " cannot be read.");
    token = *content;
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
      token.pop_back();
  } else if (given_ && !given_->token.empty()) {
    token = given_->token.reveal();
  }
  if (!token.empty()) {
    headers.emplace_back("Authorization", "Bearer " + token);
  } else if (!credentials_.username.empty()) {
    headers.emplace_back("Authorization",
                         "Basic " + http::base64_encode(credentials_.username + ":" +
                                                        credentials_.password.reveal()));
  }
  if (!credentials_.impersonate.empty())
    headers.emplace_back("Impersonate-User", credentials_.impersonate);
  for (const std::string& group : credentials_.impersonate_groups)
    headers.emplace_back("Impersonate-Group", group);
  co_return headers;
}

Task<Result<http::TlsOptions>> Authorizer::tls_options() {
  const auto self = shared_from_this();
  Result<void> renewed = co_await renew();
  if (!renewed) co_return renewed.failure();
  http::TlsOptions options;
  if (given_) {
    options.certificate_pem = given_->certificate_pem;
    options.key_pem = given_->key_pem;
  }
  co_return options;
}

bool Authorizer::forget() {
  if (!credentials_.exec) return !credentials_.token_file.empty();
  given_.reset();
  return true;
}

}  // namespace crosstie::kubernetes
