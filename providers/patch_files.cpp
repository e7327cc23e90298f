#include "providers/patch_files.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/diagnostic.hpp"
#include "engine/model/result.hpp"
#include "engine/model/schema.hpp"
#include "engine/model/value.hpp"
#include "providers/kubernetes/access.hpp"
#include "providers/kubernetes/elasticsearch_patch_text.hpp"
#include "providers/provider.hpp"

namespace crosstie {
namespace {

constexpr const char* kType = "kubernetes.elasticsearch_patch";

class PatchWriter : public Provider {
 public:
  PatchWriter(Provider& inner, kubernetes::KubernetesAccess& access, PatchSink sink)
      : inner_(inner), access_(access), sink_(std::move(sink)) {}

  const std::vector<ResourceSchema>& schema() const override { return inner_.schema(); }
  Difference diff(const ResourceRequest& request, const Observation& observed) const override {
    return inner_.diff(request, observed);
  }
  Forecast forecast(const ResourceRequest& request, const Observation& observed,
                    const std::string& action) const override {
    return inner_.forecast(request, observed, action);
  }
  Task<std::vector<Observation>> observe(std::vector<ResourceRequest> batch) override {
    return inner_.observe(std::move(batch));
  }
  Task<WriteResult> create(WriteRequest request) override {
    std::optional<WriteResult> written = co_await write(request, request.resource);
    if (written) co_return std::move(*written);
    co_return co_await inner_.create(std::move(request));
  }
  Task<WriteResult> update(WriteRequest request) override {
    std::optional<WriteResult> written = co_await write(request, request.resource);
    if (written) co_return std::move(*written);
    co_return co_await inner_.update(std::move(request));
  }
  Task<WriteResult> remove(WriteRequest request) override {
    ResourceRequest gone = request.resource;
    gone.desired = Value();
    std::optional<WriteResult> written = co_await write(request, std::move(gone));
    if (written) co_return std::move(*written);
    co_return co_await inner_.remove(std::move(request));
  }
  Task<Diagnostics> server_check(WriteRequest request) override {
    return inner_.server_check(std::move(request));
  }
  Task<Result<Value>> settle(WaitRequest request, ProgressSink& progress) override {
    return inner_.settle(std::move(request), progress);
  }

 private:
  /// No result: the write changes no value, or is none that goes to Git.
  Task<std::optional<WriteResult>> write(const WriteRequest& request, ResourceRequest resource) {
    if (resource.type != kType) co_return std::nullopt;
    kubernetes::ObjectName name =
        kubernetes::patched_cluster(request.resource, access_.default_namespace());
    const std::string object = name.print();
    const Result<Value> live = co_await access_.get_object(std::move(name));
    if (!live) co_return WriteResult::failed(live.failure());
    if (live->is_null()) co_return std::nullopt;
    const std::string address = resource.address.print();
    const Result<std::string> text = kubernetes::patch_for_git(resource, *live);
    if (!text) co_return WriteResult::failed(with_address(text.failure(), address));
    if (text->empty()) co_return std::nullopt;
    const Result<std::string> file = sink_(address, *text);
    if (!file) co_return WriteResult::failed(with_address(file.failure(), address));
    co_return WriteResult::failed(with_address(
        {make_error("patch was written to a file and not applied",
                    *file + " holds the change of " + object + "; nothing was sent.",
                    "To go on, put it where the object is kept, and once the cluster has it:\n"
                    "  crosstie apply")},
        address));
  }

  Provider& inner_;
  kubernetes::KubernetesAccess& access_;
  PatchSink sink_;
};

}  // namespace

std::unique_ptr<Provider> make_patch_writer(Provider& inner, PatchSink sink) {
  kubernetes::KubernetesAccess* access = kubernetes::kubernetes_access(&inner);
  if (access == nullptr) return nullptr;
  return std::make_unique<PatchWriter>(inner, *access, std::move(sink));
}

}  // namespace crosstie
